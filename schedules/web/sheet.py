"""What the pages of schedules show, gathered once: few queries, whatever the number of layers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.models import User
from schedules import coverage as answers
from schedules import queries
from schedules.coverage import Coverage
from schedules.domain import resolver
from schedules.domain.model import Because
from schedules.models import Layer, LayerVersion, Override, Schedule
from schedules.queries import Rules
from schedules.web import words
from schedules.web.fields import instant, read_wall, wall_of
from schedules.web.words import Place

BRIEF_AHEAD = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Brief:
    """One schedule of the list: who now, until when, who next."""

    schedule: Schedule
    people: list[User]
    next_at: datetime | None
    next_people: list[User]


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer, the rules in force and those that are to come."""

    layer: Layer
    versions: list["Said"]


@dataclass(frozen=True, slots=True)
class Said:
    """One version in words; `coming` when it is not in force yet."""

    version: LayerVersion
    places: list[Place]
    cadence: str
    details: list[str]
    begins: str
    coming: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class OverrideRow:
    override: Override
    text: str
    running: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """Who is on call at a wall-clock time; `moved` when clocks never showed that time."""

    asked: str
    at: datetime | None
    moved: bool
    coverage: Coverage | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything on the page of one schedule."""

    schedule: Schedule
    now: Coverage
    reasons: dict[int, str]
    layers: list[LayerRow]
    overrides: list[OverrideRow]
    probe: Probe | None
    unmanned: list[str]

    @property
    def many_clocks(self) -> bool:
        """Whether a layer keeps clocks of its own, as where one follows the sun."""
        return any(said.version.own_zone for row in self.layers for said in row.versions)


def briefs(rows: QuerySet[Schedule] | Iterable[Schedule], now: datetime) -> list[Brief]:
    """Three queries for any number of schedules."""
    schedules = list(rows)
    rules = queries.read([row.pk for row in schedules], start=now, end=now + BRIEF_AHEAD)
    return [_brief(row, rules, now) for row in schedules]


def _brief(schedule: Schedule, rules: Rules, now: datetime) -> Brief:
    value = rules.values[schedule.pk]
    after = resolver.next_change(value, now, BRIEF_AHEAD)
    people = [rules.people[entry.user] for entry in resolver.on_call(value, now)]
    later = [rules.people[user] for user in after.users] if after else []
    return Brief(schedule, people, after.start if after else None, later)


def sheet_of(schedule: Schedule, rules: Rules, now: datetime, asked: str = "") -> Sheet:
    """`rules` are those around `now`; `asked` is a wall-clock time of the schedule's zone."""
    pk = schedule.pk
    coverage = answers.coverage_at(rules, pk, now)
    layers = _layers(rules, pk, now)
    return Sheet(
        schedule=schedule,
        now=coverage,
        reasons={duty.user.pk: _reason(rules, pk, duty.because) for duty in coverage.duties},
        layers=layers,
        overrides=_overrides(rules, pk, now),
        probe=_probe(schedule, rules, now, asked) if asked else None,
        unmanned=_unmanned(layers),
    )


def _reason(rules: Rules, pk: int, because: Because) -> str:
    return words.reason(because, rules, pk)


def _layers(rules: Rules, pk: int, now: datetime) -> list[LayerRow]:
    """Those that count, the highest priority first, as it is asked."""
    found: dict[int, LayerRow] = {}
    for version in rules.versions[pk]:
        over = version.valid_to is not None and version.valid_to <= now
        if over or version.layer.removed_at:
            continue
        row = found.setdefault(version.layer_id, LayerRow(version.layer, []))
        row.versions.append(_said(version, rules, now))
    return sorted(found.values(), key=lambda row: -row.versions[0].version.priority)


def _said(version: LayerVersion, rules: Rules, now: datetime) -> Said:
    end = read_wall(version.end) if version.end else None
    ends_at = instant(end, ZoneInfo(version.time_zone))
    return Said(
        version=version,
        places=words.places(version, rules.people),
        cadence=words.cadence(version),
        details=words.details(version),
        begins=words.begins(version),
        coming=version.valid_from is not None and version.valid_from > now,
        ended=ends_at is not None and ends_at <= now,
    )


def _overrides(rules: Rules, pk: int, now: datetime) -> list[OverrideRow]:
    """Those that run or are to come, the next one first."""
    rows = sorted((row for row in rules.overrides[pk] if row.end > now), key=lambda row: row.start)
    return [OverrideRow(row, words.change(row, rules.people), row.start <= now) for row in rows]


def _probe(schedule: Schedule, rules: Rules, now: datetime, asked: str) -> Probe:
    zone = ZoneInfo(schedule.time_zone)
    wall = read_wall(asked)
    at = instant(wall, zone)
    if at is None:
        return Probe(asked, None, moved=False, coverage=None)
    near = abs(at - now) < resolver.SHIFT_SEARCH - answers.LOOK_AHEAD
    found = answers.coverage_at(rules, schedule.pk, at) if near else answers.coverage(schedule, at)
    return Probe(asked, at, wall_of(at, zone) != wall, found)


def _unmanned(layers: list[LayerRow]) -> list[str]:
    """Layers with a place that only disabled people hold: their turns are gaps of the layer."""
    return [
        row.layer.name
        for row in layers
        if any(place.people and place.unmanned for said in row.versions for place in said.places)
    ]
