"""Writers of support hours."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from audit import commands as audit
from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from schedules import queries
from schedules.commands.rules import check_zone, clean_name
from schedules.models import HolidayCalendar, SupportHours

MAX_WINDOWS = 50


def save_support_hours(
    hours: SupportHours | None,
    *,
    name: str,
    time_zone: str,
    windows: Sequence[Mapping[str, Any]],
    holidays: HolidayCalendar | None,
    by: Actor,
    now: datetime,
) -> SupportHours:
    """New hours (None) or changed ones; whatever goes by them follows at once.

    `windows`: [{"days": ["MON"], "start": "09:00", "end": "17:30", "endDay": null}].
    Raises ValidationFailed (name, zone, windows), Conflict (name taken).
    """
    made = hours is None
    row = hours or SupportHours()
    row.name = clean_name(name)
    check_zone(time_zone)
    row.time_zone = time_zone
    row.windows = _windows(windows)
    row.holidays, row.changed_at = holidays, now
    try:
        with transaction.atomic():
            row.save()
            _trace("created" if made else "updated", row, by=by, now=now)
    except IntegrityError as error:
        message = f"Support hours named “{row.name}” exist already"
        raise Conflict(message, field="name") from error
    return row


def delete_support_hours(hours: SupportHours, *, by: Actor, now: datetime) -> None:
    """Not to be chosen any more. Raises Conflict while anything goes by them."""
    with transaction.atomic():
        row = SupportHours.objects.select_for_update().get(pk=hours.pk)
        if row.archived_at:
            return
        users = queries.users_of_hours(row.pk)
        if users:
            raise Conflict(f"Still used by {', '.join(users[:5])}", reason="in_use")
        row.archived_at = row.changed_at = now
        row.save(update_fields=["archived_at", "changed_at"])
        _trace("deleted", row, by=by, now=now)


def holidays_changed(calendar: HolidayCalendar, now: datetime) -> None:
    """Whatever goes by hours that close on these days must look again."""
    SupportHours.objects.filter(holidays=calendar).update(changed_at=now)


def _windows(windows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not windows:
        message = "Say when it is open: at least one line of days and times"
        raise ValidationFailed(message, field="windows", reason="required")
    if len(windows) > MAX_WINDOWS:
        raise ValidationFailed(f"At most {MAX_WINDOWS} lines", field="windows")
    for item in windows:
        try:
            queries.restriction_value(item)
        except (KeyError, TypeError, ValueError) as error:
            message = f"This line does not work: {error}"
            raise ValidationFailed(message, field="windows") from error
        if not item["days"]:
            raise ValidationFailed("A line needs days", field="windows", reason="required")
    keys = ("days", "start", "end", "endDay")
    return [{key: item.get(key) for key in keys} for item in windows]


def _trace(verb: str, row: SupportHours, *, by: Actor, now: datetime) -> None:
    audit.record(
        f"support_hours.{verb}",
        by=by,
        now=now,
        target_type="support_hours",
        target_id=row.public_id,
        target_label=row.name,
    )
