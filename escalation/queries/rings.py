"""Teams that are paged one member at a time: who could take the turn now, and whose it is."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from accounts.models import Membership, User, UserStatus
from escalation.domain.turns import Absence, Member, Turn, next_turn
from escalation.models import TeamTurn
from notifications.commands import readiness
from notifications.domain.reach import NOTHING, Known, Reach
from schedules import queries as schedules

_INSTANT = timedelta(microseconds=1)
_DEAF = {Reach.NONE: Absence.UNREACHABLE, Reach.MUTE: Absence.MUTE}


class Rings:
    """Read once for each team; `last`: team -> who had its turn, None: as the rows say."""

    def __init__(self, now: datetime, last: Mapping[int, int] | None = None) -> None:
        self.now = now
        self._last = last
        self._stored: dict[int, int] = {}
        self._members: dict[int, list[Member]] = {}
        self._rows: dict[tuple[int, int], Membership] = {}

    def load(self, teams: Iterable[int]) -> None:
        missing = set(teams) - set(self._members)
        if not missing:
            return
        rows = Membership.objects.filter(team__in=missing).select_related("user", "team")
        members = list(rows)
        absences = _absences(members, self.now)
        self._members |= {team: [] for team in missing}
        for row in members:
            key = (row.team_id, row.user_id)
            self._rows[key] = row
            self._members[row.team_id].append(Member(row.user_id, str(row.user), absences.get(key)))
        if self._last is None:
            self._stored |= last_turns(missing)

    def turn(self, team: int) -> Turn:
        """Whose turn it is; the same answer until the turn is taken."""
        last = self._stored if self._last is None else self._last
        return next_turn(self._members.get(team, []), last.get(team, 0))

    def row(self, team: int, member: Member | None) -> Membership | None:
        return self._rows[team, member.id] if member else None


def last_turns(teams: Collection[int]) -> dict[int, int]:
    """Team -> primary key of whoever had its turn last."""
    rows = TeamTurn.objects.filter(team__in=teams)
    return dict(rows.values_list("team_id", "last_user_id"))


def _absences(members: Collection[Membership], now: datetime) -> dict[tuple[int, int], Absence]:
    people = {row.user_id for row in members}
    away = schedules.time_off(people, start=now, end=now + _INSTANT)
    reach = readiness.reach_of(people, now)
    found = {}
    for row in members:
        known = reach.get(row.user_id, NOTHING)
        absence = _absence(row, row.user, away=row.user_id in away, known=known)
        if absence:
            found[row.team_id, row.user_id] = absence
    return found


def _absence(row: Membership, user: User, *, away: bool, known: Known) -> Absence | None:
    if user.status == UserStatus.DISABLED:
        return Absence.DISABLED
    if not row.receives_pages:
        return Absence.NO_TEAM_PAGES
    if away:
        return Absence.AWAY
    return _DEAF.get(known.reach)
