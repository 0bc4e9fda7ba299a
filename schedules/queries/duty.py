"""Who of some people is on duty at one instant, in whatever schedule."""

from collections.abc import Collection
from datetime import datetime

from schedules.domain import ranks
from schedules.queries.instant import on_call
from schedules.queries.rules import live

DUTIES = (ranks.FIRST, ranks.FIRST + 1)  # on call, and the secondary


def on_duty(user_ids: Collection[int], at: datetime) -> set[int]:
    """Those of them who are on call, or second, anywhere."""
    ids = list(live().values_list("pk", flat=True))
    found = {
        entry.user.pk
        for rank in DUTIES
        for entries in on_call(ids, at, rank=rank).values()
        for entry in entries
    }
    return found & set(user_ids)
