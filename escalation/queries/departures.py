"""What policies lose when a team or a person goes; asked from below, through wiring."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Q

from accounts.models import Membership, User, UserStatus
from core import config
from escalation.domain.engine import TargetKind
from escalation.models import EscalationPolicy, StepTarget
from escalation.queries.policies import whole


def policies_paging_team(team_id: int) -> list[str]:
    """The policies in use or usable that page the team or its lead, as words."""
    rows = EscalationPolicy.objects.filter(archived_at=None, current__steps__targets__team=team_id)
    names = rows.order_by("name").distinct().values_list("name", flat=True)
    return [f"the policy “{name}”" for name in names]


def lost_without(user_id: int) -> list[str]:
    """What would reach nobody if the person were disabled, one sentence each.

    Whoever is on call in a schedule counts as somebody: holes in schedules are told of elsewhere.
    """
    policies = list(_concerned(user_id))
    targets = [target for policy in policies for target in _targets(policy)]
    crowd = _crowd({target.team_id for target in targets if target.team_id})
    return [
        sentence
        for policy in policies
        for sentence in (*_lost_steps(policy, user_id, crowd), *_lost_fallback(policy, user_id))
    ] + _lost_last_resort(user_id)


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Who is behind the teams: those who are paged with them, by team."""

    paged: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def behind(self, target: StepTarget) -> set[int] | None:
        """Ids of the people that the target pages; None for a schedule, which changes."""
        if target.kind == TargetKind.SCHEDULE:
            return None
        if target.user is not None:
            return {target.user.pk} & _pageable([target.user])
        if target.team is None:
            return set()
        if target.kind == TargetKind.TEAM_LEAD:
            return {target.team.lead_id or 0} & self.paged[target.team.pk]
        return self.paged[target.team.pk]


def _concerned(user_id: int) -> list[EscalationPolicy]:
    """The policies that could lose something."""
    named = (
        Q(current__steps__targets__user=user_id)
        | Q(current__steps__targets__team__memberships__user=user_id)
        | Q(current__fallback_users=user_id)
    )
    ids = EscalationPolicy.objects.filter(named, archived_at=None).values("pk")
    return list(whole().filter(pk__in=ids).order_by("name"))


def _targets(policy: EscalationPolicy) -> list[StepTarget]:
    steps = policy.current.steps.all() if policy.current else ()
    return [target for step in steps for target in step.targets.all()]


def _crowd(team_ids: set[int]) -> _Crowd:
    crowd = _Crowd()
    rows = Membership.objects.filter(team__in=team_ids, receives_pages=True)
    pageable = rows.filter(user__in=User.objects.pageable())
    for team, user in pageable.values_list("team_id", "user_id"):
        crowd.paged[team].add(user)
    return crowd


def _lost_steps(policy: EscalationPolicy, user_id: int, crowd: _Crowd) -> list[str]:
    found = []
    for number, step in enumerate(policy.current.steps.all() if policy.current else (), 1):
        groups = [(target, crowd.behind(target)) for target in step.targets.all()]
        people = [group for _, group in groups if group is not None]
        if len(people) == len(groups) and set().union(*people) == {user_id}:
            found.append(f"Step {number} of the policy “{policy}” will page nobody")
            continue
        found += [
            f"The team “{target.team}”, which the policy “{policy}” pages, will have nobody to page"
            for target, group in groups
            if group == {user_id} and target.kind in {TargetKind.TEAM, TargetKind.TEAM_TURN}
        ]
    return found


def _lost_fallback(policy: EscalationPolicy, user_id: int) -> list[str]:
    chosen = _pageable(list(policy.current.fallback_users.all()) if policy.current else [])
    return _lost_contact(f"The policy “{policy}”", chosen, user_id)


def _lost_last_resort(user_id: int) -> list[str]:
    wide = User.objects.pageable().filter(pk__in=config.get("fallback_users") or [])
    return _lost_contact("The installation", set(wide.values_list("pk", flat=True)), user_id)


def _lost_contact(owner: str, chosen: set[int], user_id: int) -> list[str]:
    if user_id not in chosen:
        return []
    what = "its only fallback contact" if chosen == {user_id} else "one of its fallback contacts"
    return [f"{owner} will lose {what}"]


def _pageable(users: list[User]) -> set[int]:
    return {user.pk for user in users if user.status != UserStatus.DISABLED}
