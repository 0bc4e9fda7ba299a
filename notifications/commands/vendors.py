"""Provider accounts for the doors at which vendors call: by the name that stands in the address."""

from collections.abc import Collection

from notifications import accounts
from notifications.channels.base import Account
from notifications.models import Provider


def account(public_id: str, kinds: Collection[str]) -> Account | None:
    """An account of one of these kinds, also a switched-off one: what it sent is still answered."""
    if not public_id.isprintable():
        return None  # PostgreSQL refuses to look for a NUL
    row = Provider.objects.filter(public_id=public_id, kind__in=list(kinds)).first()
    return _account(row) if row else None


def enabled(kind: str) -> list[Account]:
    """The accounts of a kind that are switched on, in the admin's order."""
    rows = Provider.objects.filter(kind=kind, enabled=True)
    return [found for row in rows if (found := _account(row))]


def _account(row: Provider) -> Account | None:
    try:
        return Account(row.kind, row.public_id, accounts.fields_of(row))
    except (ValueError, KeyError):
        return None  # settings that cannot be read prove nothing
