"""Writers of the board's public links."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from audit import commands as audit
from core import config
from core.actor import Actor
from core.crypto import key_hash
from core.errors import Conflict, ValidationFailed
from schedules import queries
from schedules.models import BoardLink, NameForm, Schedule

MAX_LINKS = 50
NOTE_USE_EVERY = timedelta(hours=1)


def create_board_link(
    *,
    name: str,
    schedules: Sequence[Schedule],
    name_form: str,
    by: Actor,
    now: datetime,
) -> tuple[BoardLink, str]:
    """A public read-only address and its secret token, never shown again; no schedules: all.

    Raises Conflict while public boards are switched off, or when there are MAX_LINKS already.
    """
    if not config.get("public_boards"):
        raise Conflict("Public boards are switched off; an admin allows them in the settings")
    if name_form not in NameForm.values:
        raise ValidationFailed(f"One of {', '.join(NameForm.values)}", field="nameForm")
    if queries.board_links().count() >= MAX_LINKS:
        raise Conflict(f"No more than {MAX_LINKS} public links; switch one off first")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        link = BoardLink.objects.create(
            name=" ".join(name.split())[:120] or "Who is on call",
            token_hash=key_hash(token),
            name_form=name_form,
            created_at=now,
            created_by=by.label[:200],
        )
        link.schedules.set(schedules)
        _trace("board_link.created", link, by, now)
    return link, token


def revoke_board_link(link: BoardLink, *, by: Actor, now: datetime) -> None:
    """The address answers 404 from now on."""
    with transaction.atomic():
        if BoardLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now):
            _trace("board_link.revoked", link, by, now)


def note_board_use(link: BoardLink, now: datetime) -> None:
    """Remembers the use, at most one write an hour."""
    if link.last_used_at and now - link.last_used_at < NOTE_USE_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTE_USE_EVERY)
    BoardLink.objects.filter(stale, pk=link.pk).update(last_used_at=now)


def _trace(action: str, link: BoardLink, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="board_link",
        target_id=link.public_id,
        target_label=link.name,
        changes={"schedules": [schedule.public_id for schedule in link.schedules.all()]},
    )
