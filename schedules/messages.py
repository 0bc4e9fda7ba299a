"""What people read about their shifts: facts into words, times in their own zone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core import config, language
from core.domain.phrase import mark
from notifications.domain.message import Action, Message
from schedules.domain.handoffs import Facts, Kind, Notice
from schedules.models import HandoffNote, Schedule

NEWS = {
    Kind.START: mark("You are on call now: {schedule}"),
    Kind.END: mark("Your shift is over: {schedule}"),
}


def shift_message(
    schedule: Schedule,
    notice: Notice,
    told: Facts,
    people: Mapping[int, User],
    notes: Iterable[HandoffNote],
    *,
    now: datetime,
    sure: bool = True,
) -> Message:
    """The notice as a message to its person; `people` by primary key.

    `sure` False: it is not known that a page would wake them, and the message says so.
    """
    code = language.resolve(people[notice.user].language)
    with language.speaking(code):
        message = _message(schedule, notice, told, people, notes, now, code)
        return message if sure else _doubting(message)


def _doubting(message: Message) -> Message:
    reach = config.absolute(reverse("notifications:reach"))
    words = _("A page may not wake you. See how you are reached before you rely on it.")
    return replace(
        message,
        body="\n\n".join(part for part in (words, message.body) if part),
        actions=(*message.actions, Action(_("How you are reached"), reach)),
    )


def _message(
    schedule: Schedule,
    notice: Notice,
    told: Facts,
    people: Mapping[int, User],
    notes: Iterable[HandoffNote],
    now: datetime,
    code: str,
) -> Message:
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
        actions=(Action(_("Leave a note"), leave),) if over else (),
        urgency="LOW",
        tag=_("On call"),
        language=code,
    )


def title(schedule: Schedule, notice: Notice, now: datetime) -> str:
    """ "You are on call now: Payments", "Your shift starts in 55 min: Payments"."""
    if notice.kind == Kind.SOON:
        span = language.duration(notice.at - now)
        return _("Your shift starts in {span}: {schedule}").format(span=span, schedule=schedule)
    return _(NEWS[notice.kind]).format(schedule=schedule)


def moment(at: datetime, zone: ZoneInfo) -> str:
    """ "Mon 9 Mar 2026, 09:00 GMT": with the offset of that instant."""
    return language.moment(at, zone, language.OF_A_SHIFT)


def notes_text(notes: Iterable[HandoffNote]) -> str:
    """The notes as they were written: plain text."""
    return "\n\n".join(f"{note.author_name}: {note.text}" for note in notes)


def _facts(
    notice: Notice, told: Facts, zone: ZoneInfo, others: Sequence[User]
) -> tuple[tuple[str, str], ...]:
    names = ", ".join(str(user) for user in others) or _("nobody")
    if notice.kind == Kind.END:
        return ((_("Until"), moment(notice.at, zone)), (_("On call now"), names))
    until = moment(told.until, zone) if told.until else _("no end in sight")
    return (
        (_("From"), moment(notice.at, zone)),
        (_("Until"), until),
        (_("On call before"), names),
    )


def _ask(others: Sequence[User]) -> str:
    if not others:
        return _("Nobody is on call after you.")
    names = _(" and ").join(str(user) for user in others)
    return _("Is there anything that {names} should know?").format(names=names)
