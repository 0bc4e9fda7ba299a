"""Whose turn it is, claimed in the transaction that pages: no turn is taken twice, none stalls."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import connection

from escalation.domain.engine import Plan, TargetKind
from escalation.models import TeamTurn
from escalation.queries.rings import last_turns

# A turn that another process holds is waited for so long, counted from when the page was due.
PATIENCE = timedelta(seconds=2)


class Turns:
    """The turns of some teams. `held`: teams whose row another transaction has locked."""

    def __init__(self, last: dict[int, int], held: Collection[int] = ()) -> None:
        self.last = last
        self.held = frozenset(held)
        self._taken: set[int] = set()

    def waits(self, plan: Plan | None, due: datetime, now: datetime) -> bool:
        """Whether to leave the page to the next call: a turn is being taken, and it is not late.

        Beyond PATIENCE the page goes out although two may then have the same turn.
        """
        if not self.held or plan is None or now - due > PATIENCE:
            return False
        return not self.held.isdisjoint(teams_in_turn([plan]))

    def take(self, team: int, user_id: int) -> None:
        self.last[team] = user_id
        self._taken.add(team)

    def save(self) -> None:
        rows = [TeamTurn(team_id=pk, last_user_id=self.last[pk]) for pk in self._taken - self.held]
        if rows:
            TeamTurn.objects.bulk_update(rows, ["last_user_id"])


def claim_turns(plans: Iterable[Plan]) -> Turns:
    """Locks the turns that these plans may take until the transaction ends; no query without."""
    teams = teams_in_turn(plans)
    if not teams:
        return Turns({})
    skip = connection.features.has_select_for_update_skip_locked
    rows = TeamTurn.objects.select_for_update(skip_locked=skip).filter(team__in=teams)
    last = dict(rows.order_by("pk").values_list("team_id", "last_user_id"))
    missing = teams - last.keys()
    if not missing:
        return Turns(last)
    seen = last_turns(missing)
    return Turns(last | seen, held=seen.keys())


def begin_turns(teams: Collection[int]) -> None:
    """Teams that are paged in turn from now on: the first member begins."""
    rows = (TeamTurn(team_id=pk) for pk in sorted(teams))
    TeamTurn.objects.bulk_create(rows, ignore_conflicts=True)


def teams_in_turn(plans: Iterable[Plan]) -> set[int]:
    targets = (target for plan in plans for step in plan.steps for target in step.targets)
    return {target.id for target in targets if target.kind is TargetKind.TEAM_TURN}
