"""Readers of requests for cover: who may see and take one, and which shift it is about."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.domain import roles
from accounts.models import User, UserStatus
from schedules.domain import burden, identity
from schedules.models import (
    CoverRequest,
    CoverState,
    LayerVersion,
    Schedule,
    ShiftBinding,
)
from schedules.queries import rules


def cover_requests() -> QuerySet[CoverRequest]:
    """All of them with the people and rows that every door shows."""
    return CoverRequest.objects.select_related(
        "schedule", "requester", "asked", "taken_by", "layer_version", "return_layer_version"
    )


def covers_visible_to(user: User, now: datetime) -> QuerySet[CoverRequest]:
    """One's own, those one is asked, and those of schedules that one may see."""
    if roles.may(user.role, roles.Ability.VIEW_SCHEDULE):
        return cover_requests()
    mine = Q(requester=user) | Q(asked=user) | Q(taken_by=user)
    schedules = rules.visible_to(user, now).values("pk")
    return cover_requests().filter(mine | Q(asked=None, schedule__in=schedules))


def open_covers(user: User, now: datetime) -> QuerySet[CoverRequest]:
    """What waits for an answer, the next shift first."""
    rows = covers_visible_to(user, now).filter(state=CoverState.OPEN, expires_at__gt=now)
    return rows.order_by("start", "id")


def candidates(row: CoverRequest, now: datetime) -> list[User]:
    """Whom a request asks: one person, or everybody else on the schedule who may be paged."""
    if row.asked:
        return [row.asked]
    found = on_schedule(row.schedule, now)
    return [user for user in found if user.pk != row.requester_id]


def on_schedule(schedule: Schedule, now: datetime) -> list[User]:
    """Everybody who takes turns from now on or is named by an override, but disabled people."""
    versions = LayerVersion.objects.filter(layer__schedule=schedule)
    lasting = versions.filter(Q(valid_to=None) | Q(valid_to__gt=now))
    ids = {user for slots in lasting.values_list("slots", flat=True) for s in slots for user in s}
    overrides = schedule.overrides.filter(cancelled_at=None, end__gt=now)
    ids.update(user for user in overrides.values_list("user_id", flat=True) if user)
    people = User.objects.filter(pk__in=ids).exclude(status=UserStatus.DISABLED)
    return list(people.order_by("name", "id"))


def serves(schedule: Schedule, user: User, start: datetime, end: datetime) -> bool:
    """Whether the person is on call at any time of [start, end)."""
    value = rules.load([schedule.pk], start=start, end=end)[schedule.pk]
    return bool(burden.duty(value, user.pk, start, end))


def shift_of_rotation(
    schedule: Schedule, user: User, start: datetime, end: datetime
) -> tuple[LayerVersion, int] | None:
    """The shift that [start, end) is, one's own or one taken over; None for a part of one."""
    rows = rules.read([schedule.pk], start=start, end=end).versions[schedule.pk]
    for row in rows:
        if row.layer.removed_at is None and user.pk in {one for slot in row.slots for one in slot}:
            found = identity.shift_between(rules.version_value(row), user.pk, start, end)
            if found is not None:
                return row, found.index
    bound = ShiftBinding.objects.filter(
        override__schedule=schedule,
        override__cancelled_at=None,
        override__user=user,
        override__start=start,
        override__end=end,
    )
    binding = bound.select_related("layer_version").order_by("-override_id").first()
    return (binding.layer_version, binding.shift_index) if binding else None
