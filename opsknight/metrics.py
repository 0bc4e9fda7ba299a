"""`/api/metrics`: what a monitoring system watches about the pager itself, for Prometheus.

Some fifteen statements at most, each answered from an index; labels come from fixed lists.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import product
from math import inf
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Count, Min, Q
from django.db.models.expressions import RawSQL
from django.http import HttpResponse
from django_q.models import OrmQ
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from accounts.domain.roles import Ability, may
from core import clock, heartbeat, prometheus
from core.api_view import ApiView
from core.errors import Forbidden
from core.prometheus import Counter, Gauge, Histogram, Labels
from dashboard.domain.alarm import Part
from dashboard.queries import PROCESSES, broken_parts, trouble
from incidents.domain.alert import Action
from incidents.domain.sla import Clock
from incidents.models import Alert, Incident, SlaClock, Status
from notifications.domain import pace
from notifications.models import (
    OFFERED,
    OPEN_STATES,
    Delivery,
    DeliveryState,
    Provider,
    ProviderHealth,
)
from notifications.queries import DUE
from opsknight.runtime import traffic
from schedules.queries import guard

LATELY = timedelta(hours=1)
NEWEST = 20_000  # deliveries: an hour of a storm has more, and counting them must stay cheap
WAITING = "state = 'WAITING'"  # spelt out as DUE is, for the partial index of those that wait
NEWS_RANK = 9
UNRESOLVED = [status for status in Status if status != Status.RESOLVED]


class PlainText(BaseRenderer):
    """Lets a client ask for text alone; errors stay the JSON of the API."""

    media_type = "text/plain"
    format = "txt"

    def render(self, data: Any, media_type: Any = None, renderer_context: Any = None) -> bytes:
        return JSONRenderer().render(data)


class Metrics(ApiView):
    scopes = {"GET": "metrics:read"}
    renderer_classes = [JSONRenderer, PlainText]

    @extend_schema(operation_id="readMetrics", responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        """Figures of the whole installation in the text format of Prometheus; for admins."""
        user: Any = request.user
        if not may(user.role, Ability.MANAGE_SETTINGS):
            raise Forbidden("Figures of the installation are for admins")
        page = prometheus.text(gauges(clock.now()))
        return HttpResponse(page, content_type=prometheus.CONTENT_TYPE)


def gauges(now: datetime) -> Iterator[Gauge | Histogram]:
    """Every figure, also those that are zero: what is missing cannot be alerted on."""
    yield Gauge.by("version", "opsknight_info", "The version that answers", {settings.VERSION: 1})
    yield from _incidents(now)
    yield _promises()
    yield from _trouble(now)
    yield from _open_deliveries(now)
    yield _latest_outcomes(now)
    yield from _breakers(now)
    yield from _limits(now)
    yield _latest_events(now)
    yield from _machinery(now)
    yield Gauge.by(
        "kind",
        "opsknight_coverage_findings",
        "Holes in the on-call cover of the days ahead",
        guard.figures(),
    )
    yield from _requests()


def _requests() -> Iterator[Counter | Histogram]:
    """From memory of the web processes: no statement. Since everything was started."""
    board = traffic.board()
    yield Counter(
        "opsknight_http_requests_total",
        "Answers of the web server, by kind of route and status",
        {(("route", name), ("status", status)): number for name, status, number in board.answers()},
    )
    yield Histogram(
        "opsknight_http_request_duration_seconds",
        "How long answers took, without waiting for a free thread",
        traffic.BOUNDS,
        {(("route", name),): (counts, total) for name, counts, total in board.durations()},
    )


def _promises() -> Gauge:
    late = SlaClock.objects.filter(breached_at__isnull=False, met_at=None).order_by()
    found = dict(late.values_list("clock").annotate(many=Count("id")))
    counts = {kind.lower(): found.get(kind, 0) for kind in Clock}
    meaning = "Clocks of service levels that ran out and are still not done"
    return Gauge.by("clock", "opsknight_sla_breached", meaning, counts)


def _incidents(now: datetime) -> Iterator[Gauge]:
    rows = Incident.objects.filter(status__in=UNRESOLVED).order_by()
    due = Min("escalate_at", filter=Q(status=Status.OPEN))
    found = {
        status: (n, at)
        for status, n, at in rows.values_list("status").annotate(many=Count("id"), due=due)
    }
    counts = {status.lower(): found.get(status, (0, None))[0] for status in UNRESOLVED}
    meaning = "Incidents that are not resolved"
    yield Gauge.by("status", "opsknight_incidents", meaning, counts)
    _, first = found.get(Status.OPEN, (0, None))
    yield Gauge.single(
        "opsknight_escalation_lateness_seconds",
        "For how long the most overdue escalation step has been due",
        _seconds(first, now),
    )


def _trouble(now: datetime) -> Iterator[Gauge]:
    found = trouble(now)
    for name, meaning, value in (
        (
            "incidents_without_next_step",
            "Unresolved incidents that nothing will page for; must be 0",
            found.orphans,
        ),
        ("escalations_failing", "Escalations that keep failing for a fault of ours", found.failing),
        (
            "escalations_failing_untold",
            "Those of them of which not even the fallback contact heard; must be 0",
            found.untold,
        ),
        ("incidents_exhausted", "Open incidents whose policy has run out", found.exhausted),
        ("deliveries_overdue", "Messages the sender should have begun 30 s ago", found.overdue),
        ("dead_letters", "Events and jobs given up within a day", found.dead_letters),
    ):
        yield Gauge.single(f"opsknight_{name}", meaning, value)


def _open_deliveries(now: datetime) -> Iterator[Gauge]:
    counts = _zeros(OPEN_STATES)
    created, due = [], []
    page = Q(rank__lt=NEWS_RANK)
    for condition in (DUE, WAITING):
        held = RawSQL(condition, (), output_field=BooleanField())  # noqa: S611 a constant
        rows = Delivery.objects.filter(held).order_by().values_list("channel", "state")
        facts = rows.annotate(
            many=Count("id"),
            oldest=Min("created_at", filter=page),
            first=Min("next_attempt_at"),
        )
        for channel, state, number, oldest, first in facts:
            counts[_of(channel, state)] = number
            if condition == DUE:
                created += [oldest] if oldest else []
                due.append(first)
    meaning = "Messages that have not ended yet"
    yield Gauge("opsknight_deliveries_open", meaning, counts)
    yield Gauge.single(
        "opsknight_oldest_unsent_page_age_seconds",
        "Age of the oldest page that is queued or being sent, news left out; 0 for none",
        _seconds(min(created, default=None), now),
    )
    yield Gauge.single(
        "opsknight_delivery_lateness_seconds",
        "For how long the most overdue message has been due",
        _seconds(min(due, default=None), now),
    )


def _latest_outcomes(now: datetime) -> Gauge:
    newest = Delivery.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = Delivery.objects.filter(pk__gt=newest - NEWEST, created_at__gte=now - LATELY)
    facts = rows.order_by().values_list("channel", "state").annotate(Count("id"))
    found = {_of(channel, state): number for channel, state, number in facts}
    return Gauge(
        "opsknight_deliveries_last_hour",
        f"Messages made within the last hour, of the newest {NEWEST}, by what became of them",
        _zeros(DeliveryState) | found,
    )


def _breakers(now: datetime) -> Iterator[Gauge]:
    """Of enabled accounts, by kind: two of one kind are told apart on the page, not here."""
    shut, failures = dict.fromkeys(settings.PROVIDERS, 0), dict.fromkeys(settings.PROVIDERS, 0)
    rows = ProviderHealth.objects.filter(provider__enabled=True, provider__kind__in=shut)
    for kind, number, until in rows.values_list("provider__kind", "failures", "open_until"):
        failures[kind] = max(failures[kind], number)
        shut[kind] += int(until is not None and until > now)
    meaning = "Provider accounts that are left alone for a while because they failed"
    yield Gauge.by("kind", "opsknight_provider_accounts_shut", meaning, shut)
    meaning = "Failures in a row of the provider account that fares worst"
    yield Gauge.by("kind", "opsknight_provider_failures", meaning, failures)


def _limits(now: datetime) -> Iterator[Gauge]:
    """Of enabled accounts, by kind: the fullest one, and what waits for all of them."""
    share, waiting = dict.fromkeys(settings.PROVIDERS, 0.0), dict.fromkeys(settings.PROVIDERS, 0)
    due = RawSQL(DUE, (), output_field=BooleanField())  # noqa: S611 a constant
    rows = Delivery.objects.filter(
        due, state=DeliveryState.QUEUED, throttled_since__isnull=False
    ).order_by()
    held = dict(rows.values_list("provider").annotate(Count("id")))
    able = Provider.objects.filter(enabled=True, kind__in=share)
    for key, kind, limit, recent in able.values_list(
        "public_id", "kind", "per_minute", "pace__recent"
    ):
        waiting[kind] += held.get(key, 0)
        if limit:
            used = pace.used(pace.within(recent or [], now))
            share[kind] = max(share[kind], used / limit)
    meaning = "Part of its limit that the fullest provider account used in the last minute"
    yield Gauge.by("kind", "opsknight_provider_limit_used_ratio", meaning, share)
    meaning = "Messages that wait for the limit of a provider account, or because its vendor asked"
    yield Gauge.by("kind", "opsknight_provider_messages_held", meaning, waiting)


def _latest_events(now: datetime) -> Gauge:
    newest = Alert.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = Alert.objects.filter(pk__gt=newest - NEWEST, created_at__gte=now - LATELY)
    found = dict(rows.order_by().values_list("action").annotate(Count("id")))
    counts = {action.lower(): found.get(action, 0) for action in Action}
    meaning = f"Events taken in within the last hour, of the newest {NEWEST}"
    return Gauge.by("action", "opsknight_events_last_hour", meaning, counts)


def _machinery(now: datetime) -> Iterator[Gauge]:
    beats = heartbeat.last()
    ages = {
        name: (now - beats[name]).total_seconds() if name in beats else inf for name in PROCESSES
    }
    meaning = "Since the process last proved to be alive; +Inf: never"
    yield Gauge.by("process", "opsknight_heartbeat_age_seconds", meaning, ages)
    broken = broken_parts()
    meaning = "1 while an alarm about this part of the pager stands"
    yield Gauge.by("part", "opsknight_alarm", meaning, {part: int(part in broken) for part in Part})
    waiting = OrmQ.objects.count()
    yield Gauge.single("opsknight_background_jobs", "Background jobs in the queue", waiting)


def _zeros(states: Iterable[DeliveryState]) -> dict[Labels, float]:
    return {_of(channel, state): 0 for channel, state in product(OFFERED, states)}


def _of(channel: str, state: str) -> Labels:
    return ("channel", channel.lower()), ("state", state.lower())


def _seconds(since: datetime | None, now: datetime) -> float:
    """How long ago; 0 for what lies ahead or is not there."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0
