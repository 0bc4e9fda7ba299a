"""Notes: what people write down, and whom they call by it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from core.actor import Actor
from core.errors import ValidationFailed
from incidents.commands.mentioning import Callee, mention, mentions_of
from incidents.commands.records import lock, log
from incidents.models import EventType, Incident, Note

MAX_NOTE = 10_000


def add_note(
    incident: Incident,
    content: str,
    *,
    author: User,
    by: Actor,
    now: datetime,
    is_internal: bool = False,
    tell: Iterable[Callee] = (),
) -> Note:
    """Those whom it calls by `@name`, and `tell`, hear of it at once.

    Raises ValidationFailed for an empty note or one over 10,000 characters, and when somebody who
    is called may not see the incident; NotFound when it was deleted meanwhile.
    """
    text = content.strip().replace("\x00", "\ufffd")
    if not text:
        raise ValidationFailed("Write something first", field="content", reason="required")
    if len(text) > MAX_NOTE:
        raise ValidationFailed(f"Note is longer than {MAX_NOTE} characters", field="content")
    calls = mentions_of(incident, text, more=tell)
    with transaction.atomic():
        incident = lock(incident)
        note = Note.objects.create(
            incident=incident,
            author=author,
            author_label=by.label[:200],
            content=text,
            is_internal=is_internal,
            created_at=now,
        )
        log(incident, EventType.NOTE_ADDED, by=by, now=now, details={"note_id": note.public_id})
        mention(note, calls, by=by, now=now)
    note.unknown_names = calls.unknown
    return note


def keep_note_of_resolution(incident: Incident, text: str, *, by: Actor, now: datetime) -> Note:
    """What fixed it. Nothing about whom it calls may stand in the way of resolving."""
    calls = mentions_of(incident, text, strict=False)
    note = Note.objects.create(
        incident=incident,
        author_id=by.user_pk,
        author_label=by.label[:200],
        content=text,
        created_at=now,
    )
    mention(note, calls, by=by, now=now)
    return note
