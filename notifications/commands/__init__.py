"""The writers of notifications, one name space: `from notifications import commands`."""

from notifications.commands.deliveries import cancel, shift_due_times, take_in_strays
from notifications.commands.enqueue import DirectRequest, PageRequest, enqueue, enqueue_direct
from notifications.commands.methods import (
    add_method,
    ensure_default_method,
    ensure_default_methods,
    follow_address,
    remove_method,
    send_test,
    set_enabled,
    set_rules,
)
from notifications.commands.notices import mark_read, notify
from notifications.commands.provider_tests import send_provider_test

__all__ = [
    "DirectRequest",
    "PageRequest",
    "add_method",
    "cancel",
    "enqueue",
    "enqueue_direct",
    "ensure_default_method",
    "ensure_default_methods",
    "follow_address",
    "mark_read",
    "notify",
    "remove_method",
    "send_provider_test",
    "send_test",
    "set_enabled",
    "set_rules",
    "shift_due_times",
    "take_in_strays",
]
