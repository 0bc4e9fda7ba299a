"""What a calendar feed is made of, and whether it is the same as last time."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Membership, User, UserStatus
from core.crypto import key_hash
from schedules.domain import resolver
from schedules.domain.feed import Wanted, owner_of
from schedules.domain.shifts import Shift, shifts
from schedules.models import CalendarFeed, FeedKind, Schedule
from schedules.queries.rules import Rules, read, visible_to, with_person

BACK, AHEAD = timedelta(days=30), timedelta(days=365)
UNUSED = timedelta(days=180)  # an address that nothing reads for so long is dead
FeedShift = tuple[Schedule, Shift, Wanted]
FORMAT = 1  # grows when the same shifts are written in another way


@dataclass(frozen=True, slots=True)
class FeedContent:
    """Schedules with the rules of the period; `only` names whose shifts count (None: everybody's).

    The period [start, end) begins and ends at midnight UTC, so that it moves once a day.
    """

    schedules: list[Schedule]
    only: dict[int, frozenset[int] | None]
    rules: Rules
    start: datetime
    end: datetime


def feeds_of(owner: User) -> QuerySet[CalendarFeed]:
    """The person's feeds that work, the newest first."""
    rows = CalendarFeed.objects.filter(owner=owner, revoked_at=None)
    return rows.select_related("schedule", "user", "team", "owner").order_by("-id")


def feed_for(token: str, now: datetime) -> CalendarFeed | None:
    """The working feed of an active owner behind a secret address, in one query; else None."""
    rows = CalendarFeed.objects.select_related("owner", "schedule", "user", "team")
    found = rows.filter(
        token_hash=key_hash(token), revoked_at=None, owner__status=UserStatus.ACTIVE
    ).first()
    return None if found is None or is_asleep(found, now) else found


def is_asleep(feed: CalendarFeed, now: datetime) -> bool:
    """Nothing has read it for half a year: it is dead until a new one is made."""
    return now - (feed.last_used_at or feed.created_at) > UNUSED


def feed_content(feed: CalendarFeed, now: datetime) -> FeedContent | None:
    """What the owner may still see of it; None when that is nothing any more."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = today - BACK, today + AHEAD
    rows = visible_to(feed.owner, now)
    only: dict[int, frozenset[int] | None] = {}
    if feed.kind == FeedKind.SCHEDULE:
        only = {feed.schedule_id or 0: None}
    elif feed.kind == FeedKind.PERSON and feed.user:
        only = dict.fromkeys(with_person(feed.user, start), frozenset([feed.user.pk]))
    elif feed.team_id:
        only = _of_team(feed.team_id, start)
    schedules = list(rows.filter(pk__in=only))
    if feed.kind == FeedKind.SCHEDULE and not schedules:
        return None
    reach = resolver.SHIFT_SEARCH
    rules = read([row.pk for row in schedules], start=start - reach, end=end)
    return FeedContent(schedules, only, rules, start, end)


def _of_team(team_id: int, since: datetime) -> dict[int, frozenset[int] | None]:
    """Members' shifts wherever they stand, and everybody's in the schedules that the team owns."""
    members = Membership.objects.filter(team_id=team_id).select_related("user")
    only: dict[int, frozenset[int] | None] = {}
    for row in members:
        for schedule in with_person(row.user, since):
            only[schedule] = (only.get(schedule) or frozenset()) | {row.user_id}
    owned = Schedule.objects.filter(team_id=team_id).values_list("pk", flat=True)
    return only | dict.fromkeys(owned, None)


def fingerprint(feed: CalendarFeed, content: FeedContent, origin: str) -> str:
    """The same as long as everything is that decides what the feed says. Reads nothing."""
    parts = [FORMAT, feed.pk, feed.name, feed.busy, feed.alarm_minutes, origin, content.start]
    for schedule in content.schedules:
        value = content.rules.values[schedule.pk]
        only = content.only[schedule.pk]
        parts += [schedule.public_id, schedule.name, only and sorted(only)]
        parts += [value.layers, value.overrides, sorted(value.inactive)]
    parts += sorted((pk, user.name) for pk, user in content.rules.people.items())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]


def feed_shifts(feed: CalendarFeed, content: FeedContent) -> list[FeedShift]:
    """Every shift of the feed as it is to be told, in order of start."""
    found = [
        (schedule, shift, _wanted(feed, schedule, shift, content.rules))
        for schedule in content.schedules
        for shift in shifts(content.rules.values[schedule.pk], content.start, content.end)
        if _counts(shift, content.only[schedule.pk])
    ]
    return sorted(found, key=lambda one: one[1].start)


def _counts(shift: Shift, only: frozenset[int] | None) -> bool:
    return only is None or shift.user in only


def _wanted(feed: CalendarFeed, schedule: Schedule, shift: Shift, rules: Rules) -> Wanted:
    user = rules.people[shift.user]
    who = "On call" if feed.kind == FeedKind.PERSON else f"{user} on call"
    owner = owner_of(schedule.public_id, user.public_id)
    return Wanted(owner, shift.start, shift.end, f"{who}: {schedule}"[:300])
