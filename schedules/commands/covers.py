"""Cover and swaps: one asks, one answers, and both shifts change hands in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User, UserStatus
from core.actor import SYSTEM, Actor
from core.errors import Conflict, Forbidden, ValidationFailed
from notifications import commands as notifications
from schedules import queries
from schedules.commands import cover_news, revision, trail
from schedules.commands.overrides import LONGEST_OVERRIDE
from schedules.models import (
    CoverKind,
    CoverRequest,
    CoverState,
    LayerVersion,
    Override,
    OverrideKind,
    Schedule,
    ShiftBinding,
)

MAX_OPEN = 50
BATCH = 100
AWAY = "away"  # why a taker is asked once more


@dataclass(frozen=True, slots=True)
class Part:
    """A period of duty, and the shift of a rotation that it is, when it is a whole one."""

    start: datetime
    end: datetime
    version: LayerVersion | None = None
    index: int | None = None


def ask_cover(
    schedule: Schedule,
    *,
    requester: User,
    start: datetime,
    end: datetime,
    by: Actor,
    now: datetime,
    asked: User | None = None,
    message: str = "",
    in_return: tuple[datetime, datetime] | None = None,
) -> CoverRequest:
    """Ask one person, or (`asked` None) anyone on the schedule; `in_return` makes it a swap.

    Raises ValidationFailed for times at which the person does not serve, Conflict when the same
    is asked already.
    """
    _check_asked(requester, asked, in_return)
    with transaction.atomic():
        revision.change(schedule.pk)
        given = _part(schedule, requester, start, end, now, "start")
        back: Part | None = None
        if asked and in_return:
            back = _part(schedule, asked, *in_return, now, "returnStart")
        _check_new(schedule, requester, start, end)
        row = CoverRequest(
            schedule=schedule,
            requester=requester,
            asked=asked,
            message=message.strip()[:1000],
            start=given.start,
            end=given.end,
            layer_version=given.version,
            shift_index=given.index,
            created_at=now,
            expires_at=start,
        )
        if back:
            _add_return(row, back)
        row.save()
        trail.record("schedule.cover_asked", schedule, by=by, now=now)
        cover_news.asked(row, queries.candidates(row, now), by=by, now=now)
    return row


def accept_cover(
    request: CoverRequest,
    *,
    taker: User,
    by: Actor,
    now: datetime,
    despite_absence: bool = False,
) -> list[Override]:
    """The shift changes hands, and in a swap both do. The first to accept wins.

    An admin accepts for somebody else. Raises Conflict when it is not open any more, or when the
    taker has time off then and `despite_absence` does not say that this is known; Forbidden for
    somebody who was not asked; ValidationFailed for a disabled taker.
    """
    with transaction.atomic():
        revision.change(request.schedule_id)
        row = _fresh(request)
        _check_taker(row, taker, by, now)
        if not despite_absence:
            _check_absence(row, taker)
        _decide(row, CoverState.TAKEN, now, taken_by=taker)
        if not queries.serves(row.schedule, row.requester, row.start, row.end):
            raise Conflict(f"{row.requester} is not on call then any more", reason="not_on_call")
        back = _returned(row)
        if back and not queries.serves(row.schedule, taker, back.start, back.end):
            raise Conflict(f"{taker} has nothing to give in return any more", reason="not_on_call")
        made = [_hand_over(row, _given(row), row.requester, taker, by, now)]
        if back:
            made.append(_hand_over(row, back, taker, row.requester, by, now))
        trail.record("schedule.cover_taken", row.schedule, by=by, now=now)
        _hush(row, now)
        cover_news.taken(row, by=by, now=now)
    return made


def decline_cover(request: CoverRequest, *, by: Actor, now: datetime) -> CoverRequest:
    """The person who was asked says no; that ends it. Raises Conflict, Forbidden."""
    with transaction.atomic():
        row = _fresh(request)
        if row.asked is None:
            raise Conflict("Nobody was asked by name; whoever cannot just does not take it")
        if by.user_pk != row.asked_id and not _is_admin(by):
            raise Forbidden("Only the person who was asked may decline")
        _decide(row, CoverState.DECLINED, now)
        trail.record("schedule.cover_declined", row.schedule, by=by, now=now)
        _hush(row, now)
        cover_news.declined(row, by=by, now=now)
    return row


def withdraw_cover(request: CoverRequest, *, by: Actor, now: datetime) -> CoverRequest:
    """The requester needs it no more. Raises Conflict when it is not open, Forbidden."""
    with transaction.atomic():
        row = _fresh(request)
        if by.user_pk != row.requester_id and not _is_admin(by):
            raise Forbidden("Only whoever asked may withdraw it")
        _decide(row, CoverState.WITHDRAWN, now)
        trail.record("schedule.cover_withdrawn", row.schedule, by=by, now=now)
        _hush(row, now)
        cover_news.withdrawn(row, by=by, now=now)
    return row


def expire_covers(now: datetime, limit: int = BATCH) -> int:
    """Ends what nobody took before the shift; the requester is told. For the ticker."""
    due = CoverRequest.objects.filter(state=CoverState.OPEN, expires_at__lte=now)
    ids = list(due.order_by("expires_at").values_list("pk", flat=True)[:limit])
    return sum(_expire(pk, now) for pk in ids)


def _expire(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        open_one = CoverRequest.objects.filter(pk=pk, state=CoverState.OPEN, expires_at__lte=now)
        if not open_one.update(state=CoverState.EXPIRED, decided_at=now):
            return False
        row = queries.cover_requests().get(pk=pk)
        _hush(row, now)
        cover_news.expired(row, by=SYSTEM, now=now)
    return True


def _decide(row: CoverRequest, state: CoverState, now: datetime, **more: User) -> None:
    """One conditional update: of two at once one finds nothing to update."""
    still_open = CoverRequest.objects.filter(pk=row.pk, state=CoverState.OPEN, expires_at__gt=now)
    if not still_open.update(state=state, decided_at=now, **more):
        row.refresh_from_db()
        over = CoverState.EXPIRED if row.state == CoverState.OPEN else CoverState(row.state)
        raise Conflict(cover_news.over(row, over), reason=over.lower())
    row.state, row.decided_at = state, now
    for name, value in more.items():
        setattr(row, name, value)


def _add_return(row: CoverRequest, back: Part) -> None:
    """Makes it a swap, which is over when the earlier of both shifts begins."""
    row.kind = CoverKind.SWAP
    row.return_start, row.return_end = back.start, back.end
    row.return_layer_version, row.return_shift_index = back.version, back.index
    row.expires_at = min(row.start, back.start)


def _hand_over(
    row: CoverRequest, part: Part, leaves: User, comes: User, by: Actor, now: datetime
) -> Override:
    made = Override.objects.create(
        schedule=row.schedule,
        kind=OverrideKind.REPLACE,
        user=comes,
        replaces=leaves,
        start=part.start,
        end=part.end,
        created_at=now,
        created_by=by.label[:200],
    )
    if part.version is not None and part.index is not None:
        ShiftBinding.objects.create(
            override=made, layer_version=part.version, shift_index=part.index, request=row
        )
    return made


def _part(
    schedule: Schedule, user: User, start: datetime, end: datetime, now: datetime, field: str
) -> Part:
    if end <= start:
        raise ValidationFailed("The end lies before the start", field="end")
    if start <= now:
        raise ValidationFailed("That has begun already; ask for what is to come", field=field)
    if end - start > LONGEST_OVERRIDE:
        raise ValidationFailed("At most a year at a time", field=field)
    if not queries.serves(schedule, user, start, end):
        raise ValidationFailed(f"{user} is not on call then", field=field, reason="not_on_call")
    version, index = queries.shift_of_rotation(schedule, user, start, end) or (None, None)
    return Part(start, end, version, index)


def _given(row: CoverRequest) -> Part:
    return Part(row.start, row.end, row.layer_version, row.shift_index)


def _returned(row: CoverRequest) -> Part | None:
    if row.return_start is None or row.return_end is None:
        return None
    version, index = row.return_layer_version, row.return_shift_index
    return Part(row.return_start, row.return_end, version, index)


def _check_asked(
    requester: User, asked: User | None, in_return: tuple[datetime, datetime] | None
) -> None:
    if asked == requester:
        raise ValidationFailed("Ask somebody else", field="askedUserId")
    if asked and asked.status == UserStatus.DISABLED:
        raise ValidationFailed(f"{asked} is disabled", field="askedUserId", reason="disabled")
    if in_return and asked is None:
        raise ValidationFailed("Say with whom to swap", field="askedUserId", reason="required")


def _check_new(schedule: Schedule, requester: User, start: datetime, end: datetime) -> None:
    own = CoverRequest.objects.filter(requester=requester, state=CoverState.OPEN)
    if own.filter(schedule=schedule, start__lt=end, end__gt=start).exists():
        raise Conflict("You have asked for cover then already", field="start", reason="asked")
    if own.count() >= MAX_OPEN:
        raise ValidationFailed(f"At most {MAX_OPEN} open requests; withdraw some")


def _check_taker(row: CoverRequest, taker: User, by: Actor, now: datetime) -> None:
    taker.refresh_from_db(fields=["status", "role"])  # a session may be older than both
    if taker.status == UserStatus.DISABLED:
        raise ValidationFailed(f"{taker} is disabled", field="userId", reason="disabled")
    if taker.pk == row.requester_id:
        raise ValidationFailed("Somebody else has to take it", field="userId")
    if row.kind == CoverKind.SWAP and taker.pk != row.asked_id:
        raise ValidationFailed("A swap is with the person who was asked", field="userId")
    own = taker.pk == by.user_pk and row.asked_id in {None, taker.pk}
    if own and row.asked_id is None and not _sees(taker, row.schedule, now):
        raise Forbidden("You are not on this schedule any more")
    if not own and not _is_admin(by):
        raise Forbidden("Only the person who was asked may accept, or an admin for them")


def _sees(user: User, schedule: Schedule, now: datetime) -> bool:
    return queries.visible_to(user, now).filter(pk=schedule.pk).exists()


def _check_absence(row: CoverRequest, taker: User) -> None:
    away = queries.time_off([taker.pk], start=row.start, end=row.end).get(taker.pk)
    if away:
        raise Conflict(f"{taker} has time off then", field="despiteAbsence", reason=AWAY)


def _is_admin(by: Actor) -> bool:
    user = User.objects.filter(pk=by.user_pk or 0).first()
    return user is not None and user.is_admin


def _fresh(request: CoverRequest) -> CoverRequest:
    return queries.cover_requests().get(pk=request.pk)


def _hush(row: CoverRequest, now: datetime) -> None:
    """Mail that asks and has not left yet need not leave any more."""
    notifications.cancel(
        cover_news.SUBJECT, [row.pk], "answered", now=now, page_key_prefix="asked."
    )
