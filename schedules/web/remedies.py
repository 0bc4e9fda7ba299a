"""What to do about a finding of the guard: one or two links that lead to where it is mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse

from accounts.domain.roles import Ability, may
from accounts.models import User
from schedules.models import CoverageFinding, FindingKind, Schedule, SubjectKind
from schedules.web.fields import FORMAT, wall_of

ICONS = {
    FindingKind.GAP: "triangle-alert",
    FindingKind.REACHES_NOBODY: "triangle-alert",
    FindingKind.NOBODY_HIGH: "triangle-alert",
    FindingKind.NOBODY_MEDIUM: "triangle-alert",
    FindingKind.NOBODY_LOW: "triangle-alert",
    FindingKind.UNREACHABLE: "bell-off",
    FindingKind.SINGLE_POINT: "user",
    FindingKind.DISABLED: "user-x",
    FindingKind.TIME_OFF: "calendar",
}
GRAVE = frozenset({FindingKind.GAP, FindingKind.REACHES_NOBODY, FindingKind.NOBODY_HIGH})
PAGES = {SubjectKind.SCHEDULE: "schedules:detail", SubjectKind.POLICY: "escalation:detail"}


@dataclass(frozen=True, slots=True)
class Remedy:
    """A link that leads to where something is mended."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as a row of a list shows it."""

    row: CoverageFinding
    url: str
    icon: str
    tone: str
    running: bool
    remedies: list[Remedy]


def lines_of(rows: Sequence[CoverageFinding], viewer: User, now: datetime) -> list[Line]:
    """One query for the clocks of the schedules."""
    ids = {row.subject_id for row in rows if row.subject_kind == SubjectKind.SCHEDULE}
    zones = dict(Schedule.objects.filter(pk__in=ids).values_list("pk", "time_zone")) if ids else {}
    return [_line(row, viewer, zones.get(row.subject_id, "UTC"), now) for row in rows]


def _line(row: CoverageFinding, viewer: User, zone: str, now: datetime) -> Line:
    kind = FindingKind(row.kind)
    return Line(
        row=row,
        url=reverse(PAGES[SubjectKind(row.subject_kind)], args=[row.subject_public_id]),
        icon=ICONS[kind],
        tone="danger" if kind in GRAVE else "warn",
        running=row.start is None or row.start <= now,
        remedies=_remedies(row, viewer, ZoneInfo(zone), now),
    )


def _remedies(row: CoverageFinding, viewer: User, zone: ZoneInfo, now: datetime) -> list[Remedy]:
    """Only what the viewer may do."""
    if row.kind == FindingKind.UNREACHABLE:
        return _wake(row, viewer)
    if row.subject_kind == SubjectKind.POLICY:
        if not may(viewer.role, Ability.EDIT_POLICY):
            return []
        page = reverse("escalation:edit", args=[row.subject_public_id])
        return [Remedy("Add somebody else to a step", page)]
    if not may(viewer.role, Ability.EDIT_SCHEDULE):
        return []
    page = reverse("schedules:detail", args=[row.subject_public_id])
    if row.kind == FindingKind.GAP:
        fill = Remedy("Fill it with an override", _override(row, zone, now))
        layers = Remedy("Change the layers", page)
        return [fill, layers] if row.end else [layers]
    if row.kind == FindingKind.TIME_OFF:
        page = reverse("schedules:conflicts", args=[row.subject_public_id])
        return [Remedy("Find cover", page)]
    return [Remedy("Take them out of the layer", page)]


def _wake(row: CoverageFinding, viewer: User) -> list[Remedy]:
    """Oneself proves it by a test; others see how the person is reached.

    What only an admin can set up no test can prove.
    """
    if any(one.get("lacking") for one in row.people):
        page = reverse("notifications:providers")
        may_set_up = may(viewer.role, Ability.MANAGE_SETTINGS)
        return [Remedy("Set up a provider", page)] if may_set_up else []
    person = row.people[0]["id"] if row.people else ""
    if person == viewer.public_id:
        return [Remedy("Send yourself a test", reverse("notifications:reach"))]
    if not person:
        return []
    return [Remedy("Ask them to send a test", reverse("users:detail", args=[person]))]


def _override(row: CoverageFinding, zone: ZoneInfo, now: datetime) -> str:
    """The override form, filled in on the clock of the schedule; what runs begins at once."""
    query = {"kind": "ADD"}
    starts = row.start if row.start and row.start > now else None
    for name, moment in (("start", wall_of(starts, zone)), ("end", wall_of(row.end, zone))):
        if moment:
            query[name] = moment.strftime(FORMAT)
    page = reverse("schedules:add_override", args=[row.subject_public_id])
    return f"{page}?{urlencode(query)}"
