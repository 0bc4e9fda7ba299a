"""Whom targets mean at one instant, and why; of a team in turn, whose turn it is."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db import Error as DatabaseTrouble

from accounts.models import Membership, User, UserStatus
from core.domain.phrase import Phrase, joined, mark
from escalation.domain import reasons, turns, wording
from escalation.domain.engine import FIRST_RANK, Target, TargetKind
from escalation.domain.reasons import Code, Reason
from escalation.queries.rings import Rings
from schedules import queries as schedules

log = logging.getLogger("opsknight.paging")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person to page and why: in words for the message, and every target that means them.

    `turn_of`: the team whose turn this takes.
    """

    user: User
    reason: str
    on_duty: bool = False  # named by a schedule: it is the person's turn
    why: tuple[Reason, ...] = ()
    turn_of: int | None = None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Somebody whom a target means and who is not paged; `user` None: nobody stands behind it."""

    user: User | None
    why: Reason


class Recipients:
    """Resolves targets at one instant, remembering what it read: made anew for each batch."""

    def __init__(
        self, now: datetime, known: Iterable[User] = (), turns: Mapping[int, int] | None = None
    ) -> None:
        """`known`: people just read, who need not be read again.

        `turns`: team -> who had its turn last, kept by the caller; None: as it stands in the rows.
        """
        self.now = now
        self._users: dict[int, User | None] = {user.pk: user for user in known}
        self._members: dict[int, list[Membership]] = {}
        self._on_call: dict[tuple[int, int], list[schedules.OnCallNow]] = {}
        self._rings = Rings(now, turns)

    def of(self, targets: Sequence[Target]) -> list[Recipient]:
        """People behind the targets, each once, first reason kept; disabled people never."""
        self._load(targets)
        found: dict[int, Recipient] = {}
        for target in targets:
            for user, reason, why in self._people(target):
                duty = target.kind is TargetKind.SCHEDULE
                known = found.get(user.pk, Recipient(user, reason))
                duty = duty or known.on_duty
                turn = target.id if target.kind is TargetKind.TEAM_TURN else known.turn_of
                reasons_so_far = (*known.why, why)
                found[user.pk] = replace(known, on_duty=duty, why=reasons_so_far, turn_of=turn)
        return list(found.values())

    def passed_over(self, targets: Sequence[Target]) -> list[PassedOver]:
        """Whom the targets mean and `of` leaves out, and why; asks the database nothing more."""
        return [passed for target in targets for passed in self._left_out(target)]

    def why_no_turn(self, targets: Sequence[Target]) -> str:
        """Of teams in turn, why none of their members can take it; "" when there is no such."""
        asked = [target for target in targets if target.kind is TargetKind.TEAM_TURN]
        said = ", ".join(turns.in_words(self._rings.turn(target.id)) for target in asked)
        return f" ({said})" if said else ""

    def _people(self, target: Target) -> list[tuple[User, str, Reason]]:
        if target.kind is TargetKind.USER:
            user = self._users.get(target.id)
            if user is None or _is_disabled(user):
                return []
            code = Code.NAMED if target.label != reasons.ASSIGNEE else Code.ASSIGNED
            return [(user, Phrase("named in the step"), reasons.reason(code))]
        if target.kind is TargetKind.SCHEDULE:
            return [_on_duty(target, one) for one in self._on_call.get(_turn(target), [])]
        if target.kind is TargetKind.TEAM_TURN:
            return self._in_turn(target)
        text, code = mark("member of {team}"), Code.MEMBER
        if target.kind is TargetKind.TEAM_LEAD:
            text, code = mark("lead of {team}"), Code.LEAD
        return [
            (member.user, Phrase(text, team=team), reasons.reason(code, team=team))
            for member in self._of_team(target)
            for team in [str(member.team)]
            if member.receives_pages and not _is_disabled(member.user)
        ]

    def _in_turn(self, target: Target) -> list[tuple[User, str, Reason]]:
        turn = self._rings.turn(target.id)
        served = self._rings.row(target.id, turn.member)
        if served is None:
            return []
        why = reasons.reason(Code.IN_TURN, team=target.label)
        member = Phrase("member of {team}", team=target.label)
        said = joined(" ", [member, turns.in_words(turn)])
        return [(served.user, said, why)]

    def _missed_turn(self, target: Target) -> list[PassedOver]:
        found = [
            PassedOver(row.user, reasons.missed_turn(member, target.label))
            for member in self._rings.turn(target.id).passed
            if (row := self._rings.row(target.id, member))
        ]
        if found or self._rings.turn(target.id).member:
            return found
        return [PassedOver(None, reasons.reason(Code.EMPTY_TEAM, team=target.label))]

    def _of_team(self, target: Target) -> list[Membership]:
        """The members whom a target means, paged or not; who is not, is not as lead either."""
        members = self._members.get(target.id, [])
        if target.kind is TargetKind.TEAM_LEAD:
            return [member for member in members if member.team.lead_id == member.user_id]
        return members

    def _left_out(self, target: Target) -> list[PassedOver]:
        if target.kind is TargetKind.USER:
            user = self._users.get(target.id)
            disabled = user is not None and _is_disabled(user)
            return [PassedOver(user, reasons.reason(Code.DISABLED))] if disabled else []
        if target.kind is TargetKind.SCHEDULE:
            gap = reasons.reason(Code.GAP, schedule=target.label, rank=target.rank)
            return [] if self._on_call.get(_turn(target)) else [PassedOver(None, gap)]
        if target.kind is TargetKind.TEAM_TURN:
            return self._missed_turn(target)
        members = self._of_team(target)
        if not members:
            code = Code.NO_LEAD if target.kind is TargetKind.TEAM_LEAD else Code.EMPTY_TEAM
            return [PassedOver(None, reasons.reason(code, team=target.label))]
        return [
            PassedOver(member.user, _why_not(member))
            for member in members
            if _is_disabled(member.user) or not member.receives_pages
        ]

    def _load(self, targets: Sequence[Target]) -> None:
        wanted: dict[TargetKind, set[int]] = {kind: set() for kind in TargetKind}
        for target in targets:
            wanted[target.kind].add(target.id)
        self._load_on_call(targets)
        self._load_users(wanted[TargetKind.USER] - set(self._users))
        teams = wanted[TargetKind.TEAM] | wanted[TargetKind.TEAM_LEAD]
        self._load_members(teams - set(self._members))
        self._rings.load(wanted[TargetKind.TEAM_TURN])

    def _load_users(self, ids: set[int]) -> None:
        if ids:
            self._users |= dict.fromkeys(ids) | User.objects.in_bulk(ids)

    def _load_members(self, ids: set[int]) -> None:
        """All of them, also those who are not paged: it is told why."""
        if not ids:
            return
        self._members.update({pk: [] for pk in ids})
        rows = Membership.objects.filter(team_id__in=ids).select_related("user", "team")
        for member in rows:
            self._members[member.team_id].append(member)

    def _load_on_call(self, targets: Iterable[Target]) -> None:
        """Together for all schedules of which the same rank is wanted: mostly one question."""
        asked = {(one.rank, one.id) for one in targets if one.kind is TargetKind.SCHEDULE}
        missing = sorted(pair for pair in asked if pair[::-1] not in self._on_call)
        for rank, pairs in groupby(missing, key=itemgetter(0)):
            found = _on_call([pk for _, pk in pairs], self.now, rank)
            self._on_call.update({(pk, rank): people for pk, people in found.items()})


def _turn(target: Target) -> tuple[int, int]:
    return target.id, target.rank


def _on_duty(target: Target, entry: schedules.OnCallNow) -> tuple[User, str, Reason]:
    because = entry.because
    why = reasons.on_call(target.label, target.rank, str(because.type), because.name)
    text = Phrase("{place}, {why}", place=_place(target), why=entry.reason)
    return entry.user, text, why


def _why_not(member: Membership) -> Reason:
    if _is_disabled(member.user):
        return reasons.reason(Code.DISABLED)
    return reasons.reason(Code.NO_TEAM_PAGES, team=str(member.team))


def _place(target: Target) -> str:
    if target.rank == FIRST_RANK:
        return Phrase("on call in {schedule}", schedule=target.label)
    return wording.behind(target.label, target.rank)


def _on_call(ids: Sequence[int], now: datetime, rank: int) -> dict[int, list[schedules.OnCallNow]]:
    """A schedule that cannot be read is a gap that the escalation climbs past."""
    try:
        return schedules.on_call(ids, now, rank=rank)
    except DatabaseTrouble:
        raise  # the whole batch is tried again
    except Exception:
        log.exception("a schedule cannot be read; looking at %s one by one", sorted(ids))
    return {pk: _on_call_alone(pk, now, rank) for pk in ids}


def _on_call_alone(pk: int, now: datetime, rank: int) -> list[schedules.OnCallNow]:
    try:
        return schedules.on_call([pk], now, rank=rank)[pk]
    except DatabaseTrouble:
        raise
    except Exception:
        log.exception("schedule %d cannot be read: nobody is taken to be on call in it", pk)
        return []


def _is_disabled(user: User) -> bool:
    return user.status == UserStatus.DISABLED
