"""Our own keys for web push: made at first use, renewed without losing a device."""

import json
from datetime import datetime

from django.db import IntegrityError, transaction

from audit import commands as audit
from core import config, webpush
from core.actor import SYSTEM, Actor
from core.crypto import UNREADABLE
from core.errors import Conflict
from core.webpush import KeyPair
from notifications import accounts
from notifications.models import Provider
from notifications.providers.webpush import KIND, pairs_of

FIRST = "prv_webpush"  # a fixed id: of two processes that make the first keys one must lose
OLDER_KEPT = 5
SWITCHED_OFF = "Web push is switched off. An admin can switch it on among the providers."
UNREADABLE_ROW = "The keys of web push cannot be read: FIELD_KEYS does not open them"


def public_key(*, now: datetime) -> str:
    """What browsers subscribe with. Raises Conflict when an admin switched web push off."""
    return _pairs(_account(now))[0].public


def rotate_keys(*, by: Actor, now: datetime) -> str:
    """A new pair for what subscribes from now on; older ones stay for their devices.

    Returns the new public key. Raises Conflict when web push is switched off.
    """
    first = _account(now)
    with transaction.atomic():
        row = Provider.objects.select_for_update().get(pk=first.pk)
        older, new = _pairs(row)[:OLDER_KEPT], webpush.new_pair()
        kept = json.dumps([[pair.public, pair.private] for pair in older])
        fields = {**_fields(row), **_named(new), "older_keys": kept}
        row.config = json.dumps(fields)
        row.save(update_fields=["config", "updated_at"])
        _audit("provider.keys_rotated", row, new, by, now)
    accounts.forget()
    return new.public


def _account(now: datetime) -> Provider:
    rows = Provider.objects.filter(kind=KIND.key).order_by("-enabled", "position", "id")
    row = rows.first() or _made(now)
    if not row.enabled:
        raise Conflict(SWITCHED_OFF)
    return row


def _made(now: datetime) -> Provider:
    pair = webpush.new_pair()
    fields = {**_named(pair), "subject": _subject()}
    try:
        with transaction.atomic():
            row = Provider.objects.create(public_id=FIRST, kind=KIND.key, config=json.dumps(fields))
            _audit("provider.created", row, pair, SYSTEM, now)
    except IntegrityError:  # another process was faster: its keys count
        row = Provider.objects.get(public_id=FIRST)
    accounts.forget()
    return row


def _subject() -> str:
    """Whom a push service may complain to; "" lets the sender say the public address."""
    origin = config.public_url()
    return origin if origin.startswith("https://") else ""


def _fields(row: Provider) -> dict[str, str]:
    if row.config == UNREADABLE:
        raise Conflict(UNREADABLE_ROW)
    return dict(json.loads(row.config))


def _pairs(row: Provider) -> list[KeyPair]:
    pairs = pairs_of(_fields(row))
    if not pairs:
        raise Conflict("The account of web push has no keys: remove it, and new ones are made")
    return pairs


def _named(pair: KeyPair) -> dict[str, str]:
    return {"public_key": pair.public, "private_key": pair.private}


def _audit(action: str, row: Provider, pair: KeyPair, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="provider",
        target_id=row.public_id,
        target_label=KIND.label,
        changes={"kind": KIND.key, "public_key": pair.public},
    )
