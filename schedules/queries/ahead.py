"""Who is on duty in the days ahead, and from when: the people who must be reachable by then."""

from collections.abc import Collection, Iterable
from datetime import datetime

from schedules.domain import ranks
from schedules.domain.guard import AHEAD
from schedules.domain.model import Span
from schedules.queries.rules import load

Asked = tuple[int, int]  # schedule, rank


def people_ahead(
    schedule_ids: Iterable[int], now: datetime, *, rank: int = ranks.FIRST
) -> dict[int, dict[int, datetime]]:
    """For each schedule: person -> when their first shift of the next 30 days begins (or began)."""
    asked = {(pk, rank) for pk in schedule_ids}
    return {pk: found for (pk, _), found in ranked_ahead(asked, now).items()}


def ranked_ahead(asked: Collection[Asked], now: datetime) -> dict[Asked, dict[int, datetime]]:
    """The same for several ranks, in the order of their shifts."""
    end = now + AHEAD
    values = load({pk for pk, _ in asked}, start=now, end=end)
    return {(pk, rank): _first(ranks.spans(values[pk], now, end, rank)) for pk, rank in asked}


def _first(spans: Iterable[Span]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for span in spans:
        for user in span.users:
            found.setdefault(user, span.start)
    return found
