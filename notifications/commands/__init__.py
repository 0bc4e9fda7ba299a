"""The writers of notifications, one name space: `from notifications import commands`."""

from notifications.commands.deliveries import cancel, shift_due_times, take_in_strays
from notifications.commands.devices import (
    Subscription,
    add_device,
    note_answer,
    renew_device,
    retire_gone,
)
from notifications.commands.direct import close_pushes
from notifications.commands.enqueue import DirectRequest, PageRequest, enqueue, enqueue_direct
from notifications.commands.low_digest import let_go, set_low_digest
from notifications.commands.methods import (
    add_method,
    change_method,
    ensure_default_method,
    ensure_default_methods,
    follow_address,
    move_method,
    remove_method,
    send_test,
    set_enabled,
)
from notifications.commands.notices import mark_read, notify
from notifications.commands.provider_tests import connect_provider, send_provider_test
from notifications.commands.push_keys import public_key, rotate_keys
from notifications.commands.quiet import clear_quiet_hours, set_quiet_hours
from notifications.commands.receipts import answered, opened
from notifications.commands.rules import RuleSpec, set_rules
from notifications.commands.verification import (
    confirm,
    forget_sent_codes,
    mailbox_proven,
    send_code,
)

__all__ = [
    "DirectRequest",
    "PageRequest",
    "RuleSpec",
    "Subscription",
    "add_device",
    "add_method",
    "answered",
    "cancel",
    "change_method",
    "clear_quiet_hours",
    "close_pushes",
    "confirm",
    "connect_provider",
    "enqueue",
    "enqueue_direct",
    "ensure_default_method",
    "ensure_default_methods",
    "follow_address",
    "forget_sent_codes",
    "let_go",
    "mailbox_proven",
    "mark_read",
    "move_method",
    "note_answer",
    "notify",
    "opened",
    "public_key",
    "remove_method",
    "renew_device",
    "retire_gone",
    "rotate_keys",
    "send_code",
    "send_provider_test",
    "send_test",
    "set_enabled",
    "set_low_digest",
    "set_quiet_hours",
    "set_rules",
    "shift_due_times",
    "take_in_strays",
]
