"""Keeps the clocks of service levels: reads them anew when something happened or is due.

What a clock says follows from the timeline (incidents.domain.sla); a row is that reading, so that
lists need not read timelines, and what was told of it. Any number of processes may call these.

Locks are taken in one order everywhere: clocks by their number, then incidents. Writing an entry of
the timeline locks its incident a little, so whoever holds a clock may wait for an incident, and
nobody who holds an incident may wait for a clock.
"""

import functools
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q

from core.actor import SYSTEM
from core.database import AWAY
from core.later import Later
from incidents import queries
from incidents.commands import clock_rows
from incidents.domain import sla
from incidents.domain.lifecycle import Status
from incidents.domain.shield import AHEAD
from incidents.domain.sla import Clock, Run
from incidents.models import EventType, Incident, IncidentEvent, SlaClock
from schedules import queries as schedules
from services import queries as services
from services.domain import levels
from services.models import ServiceLevel

log = logging.getLogger("opsknight.sla")

Key = tuple[int, str, int]  # incident, clock, round
BATCH = 100
LEVELS = 1000  # services at a time
NEWS = 5_000  # incidents of a moment ago, read while the computer's clock is being followed
AGAIN = timedelta(minutes=1)
_LATER = Later("the clocks of incident")
_LATER_LEVELS = Later("the clocks of service level")
_LATER_STARTS = Later("the missing clocks of incident")
# A change that is being saved carries a time that is a little older than its commit.
COMMIT_LAG = timedelta(seconds=5)
AFTER = {
    EventType.CREATED: Status.OPEN,
    EventType.ACKNOWLEDGED: Status.ACKNOWLEDGED,
    EventType.UNACKNOWLEDGED: Status.OPEN,
    EventType.RESOLVED: Status.RESOLVED,
    EventType.REOPENED: Status.OPEN,
    EventType.SNOOZED: Status.SNOOZED,
    EventType.UNSNOOZED: Status.OPEN,
    EventType.SUPPRESSED: Status.SUPPRESSED,
    EventType.UNSUPPRESSED: Status.OPEN,
}
MOVES_A_CLOCK = {*AFTER, EventType.URGENCY_CHANGED, EventType.PRIORITY_CHANGED}


def follow_events(events: Sequence[IncidentEvent], now: datetime) -> None:
    """Subscriber: the clocks of incidents to which something happened; a few queries for all."""
    touched = {event.incident_id for event in events if event.type in MOVES_A_CLOCK}
    if touched:
        read_clocks(touched, now=now)


def mind_clocks(now: datetime, limit: int = BATCH) -> int:
    """What is due: warnings, breaches, support hours that open or close; returns how many.

    However late it is called, none is left out.
    """
    rows = SlaClock.objects.filter(next_at__lte=now - queries.CLOCK_GRACE).order_by("next_at")
    due = _LATER.without(rows, now, "incident_id")
    ids = set(due.values_list("incident_id", flat=True)[:limit])
    if not ids:
        return 0
    try:
        return _mind(ids, now)
    except AWAY:
        raise
    except Exception:
        log.exception("%d clocks cannot be read together; one by one", len(ids))
    one = functools.partial(_mind_one, now=now)
    return _LATER.each(rows, one, now=now, limit=limit, key="incident_id")


def apply_levels(now: datetime) -> int:
    """Clocks of services whose targets or support hours changed; returns how many services."""
    one = functools.partial(_apply_level, now=now)
    return _LATER_LEVELS.each(services.levels_to_apply(), one, now=now, limit=LEVELS)


def _apply_level(pk: int, now: datetime) -> int:
    level = ServiceLevel.objects.get(pk=pk)
    ids = queries.not_resolved_of(level.service_id).filter(created_at__gte=level.since)
    pks = list(ids.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        with transaction.atomic():
            read_clocks(pks[start : start + BATCH], now=now)
    rows = ServiceLevel.objects.filter(pk=pk, changed_at=level.changed_at)
    rows.update(applied_at=now - COMMIT_LAG)
    return 1


def start_missing(now: datetime) -> int:
    """Clocks of incidents that no event brought here; returns how many incidents had none."""
    rows = queries.without_clocks(now)
    ids = list(_LATER_STARTS.without(rows, now)[:BATCH])
    if not ids:
        return 0
    try:
        return _start(ids, now)
    except AWAY:
        raise
    except Exception:
        log.exception("clocks of %d incidents cannot be started together; one by one", len(ids))
    return _LATER_STARTS.each(rows, lambda pk: _start([pk], now), now=now, limit=BATCH)


@transaction.atomic
def _start(ids: list[int], now: datetime) -> int:
    read_clocks(ids, now=now)
    return len(ids)


def shift_clocks(old_now: datetime, delta: timedelta, now: datetime) -> int:
    """The computer's clock jumped by `delta`: what runs has as much time left as before."""
    _read_what_just_happened(old_now, delta)
    running = SlaClock.objects.filter(
        met_at=None, breached_at=None, paused_at=None, opens_at=None, due_at__gt=old_now
    )
    if delta > timedelta():  # what the old time wrote, or began and somebody has read since
        between = old_now + delta / 2
        running = running.filter(Q(changed_at__lt=between) | Q(started_at__lt=between))
    if connection.features.has_select_for_update:  # in the order of everybody who locks clocks
        list(running.select_for_update().order_by("pk").values_list("pk"))
    return running.update(
        shift_seconds=F("shift_seconds") + delta.total_seconds(),
        due_at=F("due_at") + delta,
        next_at=F("next_at") + delta,
        changed_at=now,
    )


def _read_what_just_happened(old_now: datetime, delta: timedelta) -> None:
    """Clocks that began in the old time, and that nobody has read yet: else no jump is known of.

    An incident of a second ago would have broken its promise by an hour.
    """
    events = IncidentEvent.objects.filter(published_at=None, type__in=MOVES_A_CLOCK)
    events = events.filter(at__lt=old_now + max(delta / 2, COMMIT_LAG))
    newest = events.order_by("-incident_id").values_list("incident_id", flat=True).distinct()
    ids = sorted(newest[:NEWS])
    for start in range(0, len(ids), BATCH):
        try:
            with transaction.atomic():
                read_clocks(ids[start : start + BATCH], now=old_now)
        except AWAY:
            raise
        except Exception:
            log.exception("clocks are not read before the jump; their promises may look broken")


def read_clocks(ids: Collection[int], *, now: datetime, sure: bool = False) -> None:
    """Reads the clocks of these incidents anew and writes what changed.

    `sure`: the incidents are locked, so that nobody is acknowledging while a breach is found;
    otherwise what is due is left to `mind_clocks`. Joins the transaction of the caller.
    """
    reader = _Reader(now, sure, hold_clocks(ids))
    histories = _histories(ids)  # before the incidents: what they know more is newer
    incidents = queries.for_clocks(ids)
    found = services.levels_of({incident.service_id for incident in incidents})
    wanted = {level.hours_id for level in found.values() if level.enabled and level.hours_id}
    hours = schedules.hours_of(wanted, now)
    for incident in incidents:
        level = found[incident.service_id]
        target = levels.target_for(level.targets, incident.urgency, incident.priority)
        counts = level.enabled and incident.created_at >= level.since
        for run in sla.runs(_history(incident, histories.get(incident.pk, []))):
            ack = run.clock is Clock.ACK
            minutes = target.ack if ack else target.resolve
            notice = level.warn_ack_minutes if ack else level.warn_resolve_minutes
            if not counts or minutes is None:
                reader.drop((incident.pk, run.clock.value, run.round))
                continue
            goal = sla.Goal(
                timedelta(minutes=minutes),
                levels.notice(minutes, notice),
                hours.get(level.hours_id or 0) if target.in_hours else None,
            )
            reader.read(incident.pk, run, goal)
    if sure:
        reader.settle({incident.pk for incident in incidents})
    reader.write()


def hold_clocks(ids: Collection[int]) -> list[SlaClock]:
    """The clocks of these incidents, locked until the transaction ends; asked before incidents."""
    rows = SlaClock.objects.filter(incident__in=ids)
    return list(rows.select_for_update().order_by("pk"))


class _Reader:
    """Compares rows with what the clocks say now."""

    def __init__(self, now: datetime, sure: bool, rows: Iterable[SlaClock]) -> None:
        self.now, self.sure = now, sure
        self.rows: dict[Key, SlaClock] = {
            (row.incident_id, row.clock, row.round): row for row in rows
        }
        self._before = {key: clock_rows.facts(row) for key, row in self.rows.items()}
        self._gone: list[int] = []
        self._seen: set[Key] = set()
        self._news: list[IncidentEvent] = []

    def read(self, incident: int, run: Run, goal: sla.Goal) -> None:
        key = (incident, run.clock.value, run.round)
        self._seen.add(key)
        row = self.rows.setdefault(key, SlaClock(incident_id=incident, clock=key[1], round=key[2]))
        if row.met_at and row.met_at == run.met_at:
            return  # judged by what held when it was done
        if not row.pk and run.started_at > self.now + AHEAD:  # by a clock that was set back since
            row.shift_seconds = (self.now - run.started_at).total_seconds()
        goal = replace(goal, shift=timedelta(seconds=row.shift_seconds))
        seen = sla.face(run, goal, self.now)
        promised = row.due_at
        row.target_minutes = int(goal.target.total_seconds() // 60)
        row.started_at, row.met_at = run.started_at, run.met_at
        row.due_at, row.left_seconds = seen.due, int(seen.left.total_seconds())
        row.opens_at = seen.opens
        row.paused_at = run.paused.start if run.paused else None
        row.pauses = [_pause(pause) for pause in run.pauses]
        self._warn(row, seen)
        self._breach(row, run, seen, promised)
        row.next_at = _next(row, seen)
        if row.next_at and row.next_at <= self.now and promised and promised > self.now:
            row.due_at = promised  # until `mind_clocks` finds how it stands

    def settle(self, incidents: Collection[int]) -> None:
        """Nothing that was looked at stays due: it would be the first in line for ever."""
        for key, row in self.rows.items():
            if row.incident_id in incidents and key not in self._seen:
                self.drop(key)  # the timeline knows no such round (any more)
            if row.next_at and row.next_at <= self.now:
                log.warning("clock %s stays due; looked at again in a minute", row)
                row.next_at = self.now + AGAIN

    def drop(self, key: Key) -> None:
        """Nothing is promised (any more); what was broken already stays on record."""
        self._seen.add(key)
        row = self.rows.get(key)
        if row is None or not row.pk:
            return
        if row.breached_at or row.met_at:
            row.next_at = None
        else:
            self._gone.append(row.pk)

    def write(self) -> None:
        SlaClock.objects.filter(pk__in=self._gone).delete()
        fresh, changed = [], []
        for key, row in self.rows.items():
            if not row.pk:
                fresh.append(row)
            elif row.pk not in self._gone and clock_rows.facts(row) != self._before[key]:
                changed.append(row)
            else:
                continue
            row.changed_at = self.now
        clock_rows.insert(fresh)
        clock_rows.update(changed)
        IncidentEvent.objects.bulk_create(self._news)

    def _warn(self, row: SlaClock, seen: sla.Face) -> None:
        if row.met_at or row.breached_at or seen.warn is None:
            return
        if seen.warn > self.now:
            row.warned_at = None  # there is more time than when it was told
        elif self.sure and row.warned_at is None:
            row.warned_at = self.now
            self._news.append(self._event(EventType.SLA_WARNING, row, seen.due))

    def _breach(self, row: SlaClock, run: Run, seen: sla.Face, promised: datetime | None) -> None:
        """Once found it stays: no later change of the target undoes it.

        A target that became so short that it is over already is broken now, not in hindsight.
        """
        if row.breached_at or not sla.breached(run, seen.due, self.now):
            return
        if not (self.sure or run.met_at):
            return
        row.breached_at = self.now if promised and promised > self.now else seen.due
        self._news.append(self._event(EventType.SLA_BREACHED, row, seen.due))

    def _event(self, kind: EventType, row: SlaClock, due: datetime | None) -> IncidentEvent:
        details = {
            "clock": row.clock.lower(),
            "due_at": due.isoformat() if due else None,
            "target_minutes": row.target_minutes,
        }
        if due and due <= self.now:
            details["late"] = True
        return IncidentEvent(
            incident_id=row.incident_id,
            type=kind,
            at=self.now,
            actor_type=SYSTEM.type,
            actor_label=SYSTEM.label,
            via=SYSTEM.via,
            details=details,
        )


def _mind(ids: Collection[int], now: datetime) -> int:
    with transaction.atomic():
        hold_clocks(ids)
        skip = connection.features.has_select_for_update_skip_locked
        rows = Incident.objects.select_for_update(skip_locked=skip, of=("self",), no_key=True)
        locked = list(rows.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
        read_clocks(locked, now=now, sure=True)
        left = set(ids) - set(locked)
        if left:  # somebody is at work on them, or they were deleted
            there = set(Incident.objects.filter(pk__in=left).values_list("pk", flat=True))
            SlaClock.objects.filter(incident__in=left - there).delete()
    return len(locked)


def _mind_one(pk: int, now: datetime) -> int:
    """One that cannot be read is tried again in a minute, by whatever process."""
    try:
        return _mind([pk], now)
    except AWAY:
        raise
    except Exception:
        log.exception("the clocks of incident %d cannot be read; tried again in a minute", pk)
    SlaClock.objects.filter(incident=pk, next_at__lte=now).update(next_at=now + AGAIN)
    return 0


def _histories(ids: Collection[int]) -> dict[int, list[tuple[str, datetime]]]:
    rows = IncidentEvent.objects.filter(incident__in=ids, type__in=AFTER).order_by("id")
    found: dict[int, list[tuple[str, datetime]]] = {}
    for incident, kind, at in rows.values_list("incident_id", "type", "at"):
        found.setdefault(incident, []).append((kind, at))
    return found


def _history(incident: Incident, events: Iterable[tuple[str, datetime]]) -> list[sla.Change]:
    """Changes of status in order; what the row itself says is the last word."""
    found = [sla.Change(incident.created_at, Status.OPEN)]
    for kind, at in events:
        if kind != EventType.CREATED:
            found.append(sla.Change(at, AFTER[EventType(kind)]))
    if found[-1].status != incident.status:
        found.append(sla.Change(incident.last_status_change, Status(incident.status)))
    return found


def _next(row: SlaClock, seen: sla.Face) -> datetime | None:
    if row.met_at or row.breached_at or row.paused_at:
        return None
    ahead = [None if row.warned_at else seen.warn, seen.due, seen.turns]
    return min((at for at in ahead if at), default=None)


def _pause(pause: sla.Pause) -> dict[str, str | None]:
    until = pause.end.isoformat() if pause.end else None
    return {"from": pause.start.isoformat(), "until": until, "why": pause.why.value}
