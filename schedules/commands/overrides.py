"""Overrides: somebody else for a while. The rotation goes on underneath."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User, UserStatus
from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from schedules import queries
from schedules.commands import override_news, revision, trail
from schedules.commands.ledger import because, corrected
from schedules.commands.rules import check_year
from schedules.domain import resolver
from schedules.models import Override, OverrideKind, Schedule

LONGEST_OVERRIDE = timedelta(days=366)


def add_override(
    schedule: Schedule,
    *,
    kind: str,
    start: datetime,
    end: datetime,
    by: Actor,
    now: datetime,
    user: User | None = None,
    replaces: User | None = None,
    reason: str = "",
    confirm_gap: bool = False,
) -> Override:
    """One that reaches into the past corrects the record, which then names the `reason`.

    Raises ValidationFailed for bad input, Conflict when it opens a gap and is not confirmed.
    """
    _check(kind, user, replaces, start, end)
    row = Override(
        schedule=schedule,
        kind=kind,
        user=user,
        replaces=replaces,
        start=start,
        end=end,
        created_at=now,
        created_by=by.label[:200],
    )
    with transaction.atomic():
        revision.change(schedule.pk)
        codes = {warning.code for warning in warnings_of(row)}
        if resolver.WarningCode.CREATES_GAP in codes and not confirm_gap:
            raise Conflict(
                "Nobody would be on call during this override; confirm that this is meant",
                field="confirmGap",
                reason="creates_gap",
            )
        note = because(f"override: {row.get_kind_display()}", reason)
        with corrected(schedule, start, by=by, now=now, note=note):
            row.save()
        trail.record(
            "schedule.override_added", schedule, by=by, now=now, changes={"kind": str(kind)}
        )
        override_news.added(row, by=by, now=now)
    return row


def cancel_override(
    override: Override, *, by: Actor, now: datetime, confirm_gap: bool = False
) -> None:
    """Ends a running override now; takes back one that has not begun. The past stays.

    Raises OpensGap when nobody would be on call without it and that is not confirmed.
    """
    with transaction.atomic():
        pk = revision.change(override.schedule_id).pk
        # Its shift may have moved, or somebody else taken it back, since the caller looked.
        row = Override.objects.select_for_update().get(pk=override.pk)
        rest = (max(now, row.start), row.end)
        if row.cancelled_at or rest[0] >= rest[1]:
            return
        with revision.no_new_gap(pk, start=rest[0], end=rest[1], confirmed=confirm_gap):
            if row.start < now:
                row.end = now
                row.save(update_fields=["end"])
            else:
                row.cancelled_at = now
                row.save(update_fields=["cancelled_at"])
        trail.record("schedule.override_cancelled", row.schedule, by=by, now=now)
        override_news.cancelled(row, rest, by=by, now=now)


def warnings_of(row: Override) -> list[resolver.OverrideWarning]:
    """What is odd about an override, saved or not: no effect, a gap, a disabled person."""
    loaded = queries.load([row.schedule_id], start=row.start, end=row.end)
    value = loaded[row.schedule_id]
    named = [user for user in (row.user, row.replaces) if user]
    disabled = {user.pk for user in named if user.status == UserStatus.DISABLED}
    value = replace(value, inactive=value.inactive | disabled)
    return resolver.override_warnings(value, queries.override_value(row))


def _check(
    kind: str, user: User | None, replaces: User | None, start: datetime, end: datetime
) -> None:
    check_people(kind, user, replaces)
    check_year(start, "start")
    check_year(end, "end")
    if end <= start:
        raise ValidationFailed("The end lies before the start", field="end")
    if end - start > LONGEST_OVERRIDE:
        raise ValidationFailed("An override lasts at most a year; change a layer", field="end")


def check_override(row: Override) -> None:
    """Raises ValidationFailed for an override that cannot be saved as it stands."""
    _check(row.kind, row.user, row.replaces, row.start, row.end)


def check_people(kind: str, user: User | None, replaces: User | None) -> None:
    """Raises ValidationFailed unless the people are named whom this kind needs."""
    if kind not in OverrideKind.values:
        options = ", ".join(OverrideKind.values)
        raise ValidationFailed(f"type is one of {options}", field="type")
    if kind != OverrideKind.REMOVE and user is None:
        raise ValidationFailed("Say who comes on call", field="userId", reason="required")
    if kind == OverrideKind.REPLACE and replaces is None:
        raise ValidationFailed("Say who is replaced", field="replacesUserId", reason="required")
    if kind == OverrideKind.REPLACE and user == replaces:
        raise ValidationFailed("Nobody can take over from themselves", field="userId")
    if kind == OverrideKind.REMOVE and user is None and replaces is None:
        raise ValidationFailed("Say who goes off call", field="userId", reason="required")
