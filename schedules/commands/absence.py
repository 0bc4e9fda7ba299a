"""Writers of time off: add, cancel, and tell once whose duty it meets."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from audit import commands as audit
from core import config, language
from core.actor import Actor
from core.errors import Conflict, Forbidden, ValidationFailed
from notifications import commands as notifications
from notifications.domain.message import Action, Message
from notifications.domain.quiet import is_far
from schedules import queries
from schedules.models import TimeOff
from schedules.queries import Clash

LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=3 * 366)
MAX_ENTRIES = 500
NOTE = 200
SUBJECT = "time-off"
NAMED = 6
BATCH = 50


def add_time_off(
    person: User, *, start: datetime, end: datetime, by: Actor, now: datetime, note: str = ""
) -> TimeOff:
    """Time in which the person is away; entries may overlap. It takes nobody off call.

    Raises Forbidden, ValidationFailed (ends before it starts, over already, too long or too far
    ahead) or Conflict (too many).
    """
    _require(person, by)
    if end <= start:
        raise ValidationFailed("The end lies before the start", field="end")
    if end <= now:
        raise ValidationFailed("That is over already", field="end", reason="past")
    if end - start > LONGEST:
        raise ValidationFailed("Time off lasts at most a year", field="end")
    if start - now > FURTHEST:
        raise ValidationFailed("Time off begins within three years", field="start")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if queries.live_time_off().filter(user=person, end__gt=now).count() >= MAX_ENTRIES:
            raise Conflict(f"At most {MAX_ENTRIES} entries; cancel some or make them longer")
        row = TimeOff.objects.create(
            user=person, start=start, end=end, note=" ".join(note.split())[:NOTE], created_at=now
        )
        _audit("time_off.added", row, by=by, now=now)
    return row


def cancel_time_off(row: TimeOff, *, by: Actor, now: datetime) -> None:
    """It counts no more; one read from a calendar stays cancelled when that is read again."""
    _change(row, cancelled_at=now, by=by, now=now, action="time_off.cancelled")


def restore_time_off(row: TimeOff, *, by: Actor, now: datetime) -> None:
    """Takes the cancelling back."""
    _change(row, cancelled_at=None, by=by, now=now, action="time_off.restored")


def _change(
    row: TimeOff, *, cancelled_at: datetime | None, by: Actor, now: datetime, action: str
) -> None:
    _require(row.user, by)
    with transaction.atomic():
        wanted = TimeOff.objects.filter(pk=row.pk, cancelled_at__isnull=cancelled_at is not None)
        if wanted.update(cancelled_at=cancelled_at):
            _audit(action, row, by=by, now=now)
    row.cancelled_at = cancelled_at


def tell_conflicts(now: datetime) -> int:
    """Tells of duty within new time off: the person and the team's lead, each once.

    All new entries of a person make one message for each schedule. Claimed by conditional update,
    so that any number of workers may call it. Returns how many people were looked at.
    """
    people = queries.people_untold(now, limit=BATCH)
    for person in people:
        with transaction.atomic():
            _tell(person, now)
    return len(people)


def _tell(person: User, now: datetime) -> None:
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    rows = list(queries.untold(now).filter(user=person))
    if not rows:
        return  # another worker was quicker
    TimeOff.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=now)
    new = [(row.start, row.end) for row in rows]
    last = max(end for _, end in new)
    by_schedule: dict[int, list[Clash]] = {}
    for clash in queries.clashes_of(person, start=now, end=last, within=new):
        by_schedule.setdefault(clash.schedule.pk, []).append(clash)
    requests = [
        notifications.PageRequest(
            subject_kind=SUBJECT,
            subject_id=rows[0].pk,
            page_key=f"{pk}.{reader.pk}",
            user=reader,
            message=_message(person, clashes, reader),
            urgency="LOW",
            quiet=True,
            may_wait=is_far(min(clash.start for clash in clashes), now),
        )
        for pk, clashes in by_schedule.items()
        for reader in queries.told_of_clash(clashes[0].schedule, person)
    ]
    if requests:
        notifications.enqueue(requests, now=now)


def _message(person: User, clashes: list[Clash], reader: User) -> Message:
    code = language.resolve(reader.language)
    with language.speaking(code):
        return _letter(person, clashes, reader, code)


def _letter(person: User, clashes: list[Clash], reader: User, code: str) -> Message:
    schedule = clashes[0].schedule
    title = _("{who} is on call in {schedule} while away")
    if reader.pk == person.pk:
        title = _("You are on call in {schedule} while away")
    url = config.absolute(reverse("schedules:conflicts", args=[schedule.public_id]))
    shifts = [(_("On call"), _when(clash, reader)) for clash in clashes[:NAMED]]
    if len(clashes) > NAMED:
        shifts.append((_("And"), _("{count} more").format(count=len(clashes) - NAMED)))
    return Message(
        kind="time-off",
        subject_id=schedule.public_id,
        title=title.format(who=person.name, schedule=schedule.name),
        facts=((_("Schedule"), schedule.name), (_("Person"), person.name), *shifts),
        body=_(
            "Time off takes nobody off call. Arrange cover, or the page goes to whoever is away."
        ),
        url=url,
        actions=(Action(_("Find cover"), url, "primary"),),
        urgency="LOW",
        tag=_("Time off"),
        language=code,
    )


def _when(clash: Clash, reader: User) -> str:
    start = language.day_and_time(clash.start, reader.zone, language.TO_THE_MINUTE)
    return f"{start} – {language.moment(clash.end, reader.zone, language.WITHIN_A_YEAR)}"


def _require(person: User, by: Actor) -> None:
    """Raises Forbidden. The system, which reads calendars, may."""
    if by.user_pk is None and by.type == "system":
        return
    viewer = User.objects.filter(pk=by.user_pk).first() if by.user_pk else None
    if viewer is None or not queries.keeps_time_off_of(viewer, person):
        raise Forbidden("Time off is entered by the person, the lead of a team, or an admin")


def _audit(action: str, row: TimeOff, *, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="time_off",
        target_id=row.public_id,
        target_label=row.user.name,
        changes={"start": row.start.isoformat(), "end": row.end.isoformat()},
    )
