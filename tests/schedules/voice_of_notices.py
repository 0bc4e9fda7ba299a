"""What people are told of their shifts: the errand runs through a fortnight, rows are read back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from notifications.models import Delivery
from schedules import commands, queries
from schedules.domain import resolver
from schedules.models import Schedule, ShiftNotice

# The errand looks back for a day, so that one run in a while hears of everything.
PACE = timedelta(hours=23)


def tell_all(random: Random, schedule: Schedule, start: datetime, end: datetime) -> None:
    """Runs the errand over [start, end), mostly soon after a hand-off, while it is news."""
    (value,) = queries.load([schedule.pk], start=start, end=end + PACE).values()
    now = start
    while now < end + PACE:
        while commands.tell_shifts(now):
            pass  # as many as there are
        last = resolver.spans(value, now, now + PACE)[-1].start
        step = last - now if last > now else PACE
        now += min(step + timedelta(minutes=random.randrange(-50, 50)), PACE)


def told(schedule: Schedule, at: datetime, begun: set[int], since: datetime) -> set[int]:
    """Whom the notices up to `at` leave on call, when `begun` were at `since`."""
    there = set(begun)
    rows = ShiftNotice.objects.filter(schedule=schedule, at__gt=since, at__lte=at)
    for notice in rows.exclude(kind="SOON").order_by("at", "id"):
        if notice.kind == "START":
            assert notice.user_id not in there, ("came twice", notice.user_id, notice.at)
            there.add(notice.user_id)
        else:
            assert notice.user_id in there, ("went twice", notice.user_id, notice.at)
            there.remove(notice.user_id)
    return there


def promised(schedule: Schedule) -> Iterator[tuple[int, datetime, datetime]]:
    """Person, start and end of each shift of which somebody was told until when it lasts."""
    for row in Delivery.objects.filter(subject_kind="shift", subject_id=schedule.pk):
        facts = dict(row.message["facts"])
        if "From" in facts and facts["Until"].endswith("UTC"):
            yield row.user_id, _moment(facts["From"]), _moment(facts["Until"])


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%a %d %b %Y, %H:%M UTC").replace(tzinfo=UTC)
