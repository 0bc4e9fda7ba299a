"""What a provider hands back: the delivery it speaks of, and the accounts that prove it."""

from django.core import signing

from notifications import accounts
from notifications.channels.base import Account
from notifications.models import Provider

__all__ = ["Account", "accounts_of", "delivery_of", "token_of"]

SALT = "opsknight.notifications.callback"
LIFETIME_SECONDS = 3 * 24 * 3600  # receipts of phones that were switched off come days later


def token_of(delivery_id: int) -> str:
    """Names a delivery in an address that a provider calls, for those that do not sign it."""
    return signing.dumps(delivery_id, salt=SALT)


def delivery_of(token: str) -> int | None:
    """The delivery of a genuine and fresh token, else None."""
    try:
        found = signing.loads(token, salt=SALT, max_age=LIFETIME_SECONDS)
    except signing.BadSignature:
        return None
    return found if isinstance(found, int) else None


def accounts_of(kind: str) -> list[Account]:
    """All accounts of a kind, also switched-off ones: what they sent before is still answered."""
    rows = Provider.objects.filter(kind=kind).order_by("position", "id")
    return [Account(kind, row.public_id, _fields(row)) for row in rows]


def _fields(row: Provider) -> dict[str, str]:
    """None when they cannot be read: without a secret nothing is believed."""
    try:
        return accounts.fields_of(row)
    except ValueError:
        return {}
