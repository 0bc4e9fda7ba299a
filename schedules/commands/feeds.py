"""Writers of calendar feeds: make, revoke, note a use, remember what was told."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import Team, User
from audit import commands as audit
from core.actor import Actor
from core.crypto import key_hash
from core.errors import Conflict, ValidationFailed
from schedules import queries
from schedules.domain.feed import Told, Wanted, reconcile
from schedules.models import CalendarFeed, FeedEvent, FeedKind, Schedule

MAX_FEEDS = 50
LONGEST_ALARM = 7 * 24 * 60
NOTE_USE_EVERY = timedelta(hours=1)


def create_feed(
    owner: User,
    *,
    by: Actor,
    now: datetime,
    schedule: Schedule | None = None,
    user: User | None = None,
    team: Team | None = None,
    name: str = "",
    busy: bool = False,
    alarm_minutes: int | None = None,
) -> tuple[CalendarFeed, str]:
    """A feed of exactly one schedule, person or team, and its secret token, never shown again.

    Raises ValidationFailed, or Conflict when the person has MAX_FEEDS already.
    """
    kinds = {FeedKind.SCHEDULE: schedule, FeedKind.PERSON: user, FeedKind.TEAM: team}
    given = [(kind, row) for kind, row in kinds.items() if row is not None]
    if len(given) != 1:
        message = "Name one schedule, one person or one team"
        raise ValidationFailed(message, field="scheduleId", reason="required")
    if alarm_minutes is not None and not 0 <= alarm_minutes <= LONGEST_ALARM:
        raise ValidationFailed("A reminder comes 0 to 10080 minutes before", field="alarmMinutes")
    kind, subject = given[0]
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if queries.feeds_of(owner).count() >= MAX_FEEDS:
            raise Conflict(f"No more than {MAX_FEEDS} calendar feeds; revoke one first")
        feed = CalendarFeed.objects.create(
            kind=kind,
            owner=owner,
            schedule=schedule,
            user=user,
            team=team,
            name=" ".join(name.split())[:120] or f"On call: {subject}"[:120],
            token_hash=key_hash(token),
            busy=busy,
            alarm_minutes=alarm_minutes,
            created_at=now,
        )
        _trace("calendar_feed.created", feed, by, now)
    return feed, token


def revoke_feed(feed: CalendarFeed, *, by: Actor, now: datetime) -> None:
    """The address answers 404 from now on; what it told is forgotten."""
    with transaction.atomic():
        if CalendarFeed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=now):
            FeedEvent.objects.filter(feed=feed).delete()
            _trace("calendar_feed.revoked", feed, by, now)


def note_feed_use(feed: CalendarFeed, now: datetime) -> None:
    """Remembers the use, at most one write an hour however often programs ask."""
    if feed.last_used_at and now - feed.last_used_at < NOTE_USE_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTE_USE_EVERY)
    CalendarFeed.objects.filter(stale, pk=feed.pk).update(last_used_at=now)


def tell_feed(
    feed: CalendarFeed, wanted: Sequence[Wanted], *, since: datetime, now: datetime
) -> list[Told]:
    """What the feed tells now, remembered so that the next change raises its SEQUENCE.

    What ended by `since` is told no more. Two readers at once agree: the feed's row is locked.
    """
    with transaction.atomic():
        CalendarFeed.objects.select_for_update().get(pk=feed.pk)
        rows = {row.uid: row for row in FeedEvent.objects.filter(feed=feed)}
        known = [_told(row) for row in rows.values() if row.end > since]
        told = reconcile(known, wanted, now)
        _remember(feed, rows, told)
    return told


def _remember(feed: CalendarFeed, rows: dict[str, FeedEvent], told: list[Told]) -> None:
    """Writes what differs; rows of the past and of old removals go."""
    fresh, changed = [], []
    for one in told:
        row = rows.pop(one.uid, None)
        if row is None:
            fresh.append(FeedEvent(feed=feed, **_fields(one)))
        elif _told(row) != one:
            changed.append(FeedEvent(pk=row.pk, feed=feed, **_fields(one)))
    FeedEvent.objects.bulk_create(fresh)
    if changed:
        FeedEvent.objects.bulk_update(changed, [*_fields(told[0]).keys() - {"uid"}])
    if rows:
        FeedEvent.objects.filter(pk__in=[row.pk for row in rows.values()]).delete()


def _told(row: FeedEvent) -> Told:
    return Told(
        row.uid, row.start, row.end, row.summary, row.sequence, row.modified_at, row.removed_at
    )


def _fields(one: Told) -> dict[str, object]:
    return {
        "uid": one.uid,
        "start": one.start,
        "end": one.end,
        "summary": one.summary,
        "sequence": one.sequence,
        "modified_at": one.modified,
        "removed_at": one.removed,
    }


def _trace(action: str, feed: CalendarFeed, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="calendar_feed",
        target_id=feed.public_id,
        target_label=feed.name,
        changes={"kind": feed.kind, "owner": feed.owner.public_id},
    )
