"""Readers of the coverage guard: what was found, whom it concerns, and what is to be looked at."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet

from accounts.domain import roles
from accounts.models import User
from audit.models import AuditEvent
from core.models import Heartbeat
from schedules.models import CoverageFinding, CoverageWatch, FindingKind, SubjectKind
from schedules.queries.rules import visible_to, with_person

# Nouns whose changes may open or close a hole: those that commands name in the audit log.
WATCHED = ("schedule", "policy", "user", "team", "contact_method", "time_off", "provider")
BEATS = {SubjectKind.SCHEDULE: "guard of schedules", SubjectKind.POLICY: "guard of policies"}


LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Watch:
    """Whether the guard keeps up.

    `behind`: a change was not looked into yet, or could not be; `late_since`: due since then;
    `empty`: there is nothing to look at.
    """

    behind: bool
    late_since: datetime | None
    empty: bool = False

    @property
    def holds(self) -> bool:
        """Whether an empty list means that all is covered."""
        return not (self.behind or self.late_since or self.empty)


def watch_of_all(now: datetime) -> Watch:
    """Of everything that is looked at."""
    return _watch(CoverageWatch.objects.all(), list(BEATS), now)


def watch_of_policies(now: datetime) -> Watch:
    """Of all policies: any change of a schedule or a person may touch each of them."""
    rows = CoverageWatch.objects.filter(subject_kind=SubjectKind.POLICY)
    return _watch(rows, [SubjectKind.POLICY], now)


def watch_of(kind: SubjectKind, pk: int, now: datetime) -> Watch:
    """Of one schedule or policy."""
    rows = CoverageWatch.objects.filter(subject_kind=kind, subject_id=pk)
    return _watch(rows, [kind], now)


def _watch(rows: QuerySet[CoverageWatch], kinds: Collection[SubjectKind], now: datetime) -> Watch:
    """A change counts from its commit: what the guard has not read yet is in the audit log."""
    beats = Heartbeat.objects.filter(name__in=[BEATS[kind] for kind in kinds])
    read = [int(row.detail.get("audit", 0)) for row in beats]
    unread = len(read) < len(kinds) or changes_since(min(read)).exists()
    found = rows.aggregate(due=Min("due_at"), old=Count("pk", filter=Q(current=False)))
    due = found["due"]
    return Watch(
        behind=unread or found["old"] > 0,
        late_since=due if due and due < now - LATE else None,
        empty=due is None and not unread,
    )


def standing() -> QuerySet[CoverageFinding]:
    """Everything that is wrong ahead as far as was looked, the soonest first."""
    rows = CoverageFinding.objects.filter(cleared_at=None)
    return rows.order_by("start", "subject_name", "id")


def seen_by(user: User, now: datetime) -> QuerySet[CoverageFinding]:
    """What a person may see: who has the role of a user, that of the schedules he is on."""
    if roles.may(user.role, roles.Ability.VIEW_SCHEDULE):
        return standing()
    mine = visible_to(user, now).values_list("pk", flat=True)
    return of_subjects(SubjectKind.SCHEDULE, list(mine))


def concerning(user: User, now: datetime) -> QuerySet[CoverageFinding]:
    """Of that what is one's own to mend: an admin's all, else of own teams and schedules."""
    rows = seen_by(user, now)
    if user.is_admin:
        return rows
    mine = Q(team__members=user) | Q(
        subject_kind=SubjectKind.SCHEDULE, subject_id__in=with_person(user, now)
    )
    return rows.filter(mine).distinct()


def of_subjects(kind: SubjectKind, ids: Iterable[int]) -> QuerySet[CoverageFinding]:
    """What is wrong with some schedules or policies."""
    return standing().filter(subject_kind=kind, subject_id__in=set(ids))


def of_policy(public_id: str) -> QuerySet[CoverageFinding]:
    """What is wrong with a policy; policies stand above, so it goes by its public id."""
    return standing().filter(subject_kind=SubjectKind.POLICY, subject_public_id=public_id)


def figures() -> dict[str, int]:
    """How many findings stand, by kind, every kind present: for metrics and readiness."""
    counted = CoverageFinding.objects.filter(cleared_at=None).order_by()
    found = dict(counted.values_list("kind").annotate(Count("id")))
    return {kind: found.get(kind, 0) for kind in FindingKind.values}


def oldest_schedule_due(now: datetime) -> int | None:
    """Something to be looked at for the guard of schedules, or None."""
    return oldest_due(SubjectKind.SCHEDULE, now)


def oldest_due(kind: SubjectKind, now: datetime) -> int | None:
    """Two cheap questions: a subject whose time has come, or a change nobody has looked into."""
    due = CoverageWatch.objects.filter(subject_kind=kind, due_at__lte=now)
    if (pk := due.order_by("due_at").values_list("pk", flat=True).first()) is not None:
        return pk
    newest = changes_since(pointer(kind)).order_by("pk").values_list("pk", flat=True).first()
    return newest if newest is not None else None if known(kind) else 0


def known(kind: SubjectKind) -> bool:
    """Whether the guard has ever looked at subjects of a kind."""
    return Heartbeat.objects.filter(name=BEATS[kind]).exists()


def pointer(kind: SubjectKind) -> int:
    """The last change that the guard has looked into."""
    row = Heartbeat.objects.filter(name=BEATS[kind]).first()
    return int(row.detail.get("audit", 0)) if row else 0


def changes_since(pk: int) -> QuerySet[AuditEvent]:
    """Changes that may open or close a hole."""
    return AuditEvent.objects.filter(pk__gt=pk, target_type__in=WATCHED)


def oldest_finding_untold(now: datetime) -> int | None:
    """A finding that somebody may have to be told of."""
    rows = CoverageFinding.objects.filter(cleared_at=None, told_at=None)
    return rows.values_list("pk", flat=True).order_by("pk").first()
