"""Writers of incoming calendars: add, remove, ask for, and read those that are due."""

from datetime import datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import User, check_time_zone
from audit import commands as audit
from core import clock, egress
from core.actor import Actor
from core.crypto import UNREADABLE
from core.errors import Conflict, Forbidden, ValidationFailed
from schedules import queries
from schedules.calendars import fence
from schedules.calendars.reading import MAX_BYTES, Reading, Unreadable
from schedules.models import AbsenceCalendar, TimeOff

MAX_CALENDARS = 5
BACK, AHEAD = timedelta(days=30), timedelta(days=400)
FETCH_SECONDS = 8.0
# The same file means other days a day later: only within one a 304 is enough.
LAID_OUT_FOR = timedelta(days=1)
PATIENCE = timedelta(minutes=1)
TURN_SECONDS = 2.0
OK, NOT_MODIFIED = 200, 304
URL_MAX, NAME, WORD = 2000, 120, 60


def add_calendar(
    person: User,
    *,
    name: str,
    url: str,
    time_zone: str,
    by: Actor,
    now: datetime,
    word: str = "",
) -> AbsenceCalendar:
    """A calendar whose events count as time off; it is read soon, then every hour.

    Only the person may: the address is a secret. Raises Forbidden, ValidationFailed or Conflict.
    """
    _require_self(person, by)
    address = _address(url)
    _check_zone(time_zone)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if queries.calendars_of(person).count() >= MAX_CALENDARS:
            raise Conflict(f"At most {MAX_CALENDARS} calendars; remove one first")
        row = AbsenceCalendar.objects.create(
            user=person,
            name=" ".join(name.split())[:NAME] or "Calendar",
            url=address,
            time_zone=time_zone,
            word=" ".join(word.split())[:WORD],
            created_at=now,
        )
        _audit("absence_calendar.added", row, by=by, now=now)
    return row


def remove_calendar(row: AbsenceCalendar, *, by: Actor, now: datetime) -> None:
    """Its events go with it."""
    _require_self(row.user, by, or_admin=True)
    with transaction.atomic():
        _audit("absence_calendar.removed", row, by=by, now=now)
        row.delete()


def ask_for_calendar(row: AbsenceCalendar, *, by: Actor, now: datetime) -> None:
    """It is read next. Raises Conflict within a minute of the last time."""
    _require_self(row.user, by, or_admin=True)
    rows = AbsenceCalendar.objects.filter(pk=row.pk, checked_at__lte=now - PATIENCE)
    waits = row.checked_at is None
    if not waits and not rows.update(checked_at=None):
        raise Conflict("It was read a moment ago; try again in a minute")


def read_calendars() -> int:
    """Reads what is due, one after the other, for about two seconds; returns how many."""
    begun, done = monotonic(), 0
    while monotonic() - begun < TURN_SECONDS:
        row = queries.calendars_due(clock.now()).select_related("user").first()
        if row is None or not _claim(row, clock.now()):
            break
        read_calendar(row, clock.now())
        done += 1
    return done


def read_calendar(row: AbsenceCalendar, now: datetime) -> None:
    """Fetches and stores. Whatever goes wrong keeps the last good copy and says why."""
    try:
        answer = _fetch(row, now)
        if answer.status == NOT_MODIFIED:
            _note(row, good_at=now)
            return
        found = _read(row, answer, now)
    except (egress.EgressError, Unreadable) as error:
        # Without the tag the whole file comes next time, and what it says of itself with it.
        _note(row, problem=_words(error), etag="")
        return
    etag = answer.headers.get("etag", "")[:300]
    with transaction.atomic():
        if _note(row, good_at=now, read_at=now, etag=etag, problem=found.left_out[:300]):
            _store(row, found, now)


def _claim(row: AbsenceCalendar, now: datetime) -> bool:
    """One reader takes it; should that die, it is read an hour later."""
    same = AbsenceCalendar.objects.filter(pk=row.pk, checked_at=row.checked_at)
    return bool(same.update(checked_at=now))


def _fetch(row: AbsenceCalendar, now: datetime) -> egress.Response:
    if row.url == UNREADABLE:
        raise Unreadable("Its address cannot be decrypted; remove it and add it again")
    headers = {"Accept": "text/calendar"}
    fresh = row.read_at is not None and row.read_at > now - LAID_OUT_FOR
    if row.etag and fresh:
        headers["If-None-Match"] = row.etag
    return egress.request(
        "GET", row.url, headers=headers, timeout=FETCH_SECONDS, max_body=MAX_BYTES + 1
    )


def _read(row: AbsenceCalendar, answer: egress.Response, now: datetime) -> Reading:
    if answer.status != OK:
        moved = " (it has moved: use the new address)" if 300 <= answer.status < 400 else ""
        raise Unreadable(f"The server answered {answer.status}{moved}")
    if answer.truncated:
        too_large = len(answer.body) > MAX_BYTES
        limit = f"It is larger than {MAX_BYTES // 1_000_000} MB"
        raise Unreadable(limit if too_large else "The answer broke off")
    start, end = now - BACK, now + AHEAD
    return fence.read(answer.body, zone=row.time_zone, start=start, end=end, word=row.word)


def _note(row: AbsenceCalendar, **values: object) -> bool:
    """False when the calendar was removed meanwhile."""
    return bool(AbsenceCalendar.objects.filter(pk=row.pk).update(**values))


def _store(row: AbsenceCalendar, found: Reading, now: datetime) -> None:
    """What is new comes, what is gone goes; what stays keeps its row, told or cancelled.

    Days that only came within reach since the last time are no news.
    """
    reached = row.read_at + AHEAD if row.read_at else None
    wanted = {(one.uid, one.start, one.end): one for one in found.entries}
    rows = TimeOff.objects.filter(calendar=row, end__gt=now - BACK)
    known = {(old.uid, old.start, old.end): old.pk for old in rows}
    gone = [pk for key, pk in known.items() if key not in wanted]
    TimeOff.objects.filter(pk__in=gone).delete()
    TimeOff.objects.bulk_create(
        TimeOff(
            user_id=row.user_id,
            calendar=row,
            uid=one.uid,
            start=one.start,
            end=one.end,
            note=one.title[:200],
            created_at=now,
            told_at=now if reached and one.start >= reached else None,
        )
        for key, one in wanted.items()
        if key not in known
    )


def _words(error: egress.EgressError | Unreadable) -> str:
    text = error.reason if isinstance(error, egress.EgressError) else str(error)
    return (text[:1].upper() + text[1:])[:300]


def _address(url: str) -> str:
    """The address to call; webcal is https. Raises ValidationFailed."""
    address = url.strip()
    scheme, mark, rest = address.partition("://")
    if mark and scheme.lower() in {"webcal", "webcals"}:
        address = f"https://{rest}"
    if len(address) > URL_MAX:
        raise ValidationFailed("The address is too long", field="url")
    try:
        egress.check_url(address)
    except egress.EgressBlocked as error:
        raise ValidationFailed(
            f"This address cannot be used: {error.reason}", field="url"
        ) from error
    return address


def _check_zone(name: str) -> None:
    try:
        check_time_zone(name)
        ZoneInfo(name)
    except Exception as error:
        message = f"“{name[:64]}” is not a known time zone; use a name like Europe/Berlin"
        raise ValidationFailed(message, field="timeZone") from error


def _require_self(person: User, by: Actor, *, or_admin: bool = False) -> None:
    if by.user_pk == person.pk:
        return
    viewer = User.objects.active().filter(pk=by.user_pk).first() if by.user_pk else None
    if not (or_admin and viewer and viewer.is_admin):
        raise Forbidden("A calendar belongs to its person alone")


def _audit(action: str, row: AbsenceCalendar, *, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="absence_calendar",
        target_id=row.public_id,
        target_label=row.name,
    )
