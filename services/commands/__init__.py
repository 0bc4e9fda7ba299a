"""The only writers of the catalogue, one function per verb."""

from services.commands.catalogue import (
    archive_service,
    create_integration,
    create_service,
    delete_integration,
    revoke_old_keys,
    rotate_key,
    set_integration_enabled,
    update_service,
)
from services.commands.levels import save_level
from services.commands.records import NAME_LENGTH
from services.commands.webhooks import (
    add_webhook,
    change_webhook,
    delete_webhook,
    send_webhook_test,
)

__all__ = [
    "NAME_LENGTH",
    "add_webhook",
    "archive_service",
    "change_webhook",
    "create_integration",
    "create_service",
    "delete_integration",
    "delete_webhook",
    "revoke_old_keys",
    "rotate_key",
    "save_level",
    "send_webhook_test",
    "set_integration_enabled",
    "update_service",
]
