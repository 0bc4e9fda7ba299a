"""What people read about their shifts: facts into words, times in their own zone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse

from accounts.models import User
from core import config
from core.timetext import duration
from notifications.domain.message import Action, Message
from schedules.domain.handoffs import Facts, Kind, Notice
from schedules.models import HandoffNote, Schedule

TAG = "On call"
NEWS = {Kind.START: "You are on call now", Kind.END: "Your shift is over"}


def shift_message(
    schedule: Schedule,
    notice: Notice,
    told: Facts,
    people: Mapping[int, User],
    notes: Iterable[HandoffNote],
    *,
    now: datetime,
) -> Message:
    """The notice as a message to its person; `people` by primary key."""
    user = people[notice.user]
    others = [people[other] for other in told.others if other in people]
    page = config.absolute(reverse("schedules:detail", args=[schedule.public_id]))
    leave = config.absolute(reverse("schedules:notes", args=[schedule.public_id]))
    over = notice.kind == Kind.END
    return Message(
        kind="shift",
        subject_id=schedule.public_id,
        title=title(schedule, notice, now),
        facts=_facts(notice, told, user.zone, others),
        body=_ask(others) if over else notes_text(notes),
        url=page,
        actions=(Action("Leave a note", leave),) if over else (),
        urgency="LOW",
        tag=TAG,
    )


def title(schedule: Schedule, notice: Notice, now: datetime) -> str:
    """ "You are on call now: Payments", "Your shift starts in 55 min: Payments"."""
    if notice.kind == Kind.SOON:
        return f"Your shift starts in {duration(notice.at - now)}: {schedule}"
    return f"{NEWS[notice.kind]}: {schedule}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """ "Mon 9 Mar 2026, 09:00 GMT": with the offset of that instant."""
    local = at.astimezone(zone)
    name = local.tzname() or ""
    known = name if name.isalpha() else f"UTC{local:%z}"
    return f"{local:%a %-d %b %Y, %H:%M} {known}"


def notes_text(notes: Iterable[HandoffNote]) -> str:
    """The notes as they were written: plain text."""
    return "\n\n".join(f"{note.author_name}: {note.text}" for note in notes)


def _facts(
    notice: Notice, told: Facts, zone: ZoneInfo, others: Sequence[User]
) -> tuple[tuple[str, str], ...]:
    names = ", ".join(str(user) for user in others) or "nobody"
    if notice.kind == Kind.END:
        return (("Until", moment(notice.at, zone)), ("On call now", names))
    until = moment(told.until, zone) if told.until else "no end in sight"
    return (("From", moment(notice.at, zone)), ("Until", until), ("On call before", names))


def _ask(others: Sequence[User]) -> str:
    if not others:
        return "Nobody is on call after you."
    return f"Is there anything that {' and '.join(str(user) for user in others)} should know?"
