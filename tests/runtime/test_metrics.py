"""`/api/metrics`: who may read it, that Prometheus can, and that each figure follows its rows."""

import os
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from accounts.models import User, UserStatus
from core import clock, heartbeat, prometheus
from core.prometheus import Gauge
from incidents.models import Alert, Incident, Status
from notifications.models import Channel, Delivery, DeliveryState, Provider, ProviderHealth
from opsknight.runtime import traffic
from opsknight.runtime.traffic import Board
from opsknight.wsgi import application
from schedules.commands import findings
from schedules.commands.findings import Subject
from schedules.domain.guard import Found, Kind
from schedules.models import SubjectKind
from services.models import Service

pytestmark = pytest.mark.django_db
PATH = "/api/metrics"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NAME, LABEL = r"[a-zA-Z_:][a-zA-Z0-9_:]*", r'[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\+Inf|-Inf|-?[0-9.e+-]+)")

Api = Callable[..., APIClient]


def parsed(page: str) -> dict[str, float]:
    """Every sample by its name and labels, by the grammar of text format 0.0.4."""
    assert page.endswith("\n")
    found: dict[str, float] = {}
    described: list[str] = []
    for line in page.splitlines():
        if line.startswith("# HELP "):
            described.append(line.split(" ")[2])
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == described[-1]
            assert (kind == "counter") is name.endswith("_total")
            ends = {"histogram": ("_bucket", "_sum", "_count")}.get(kind, ("",))
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            names = [described[-1] + end for end in ends]
            assert sample[1] in names, "samples of a name stand together, below its help"
            place = f"{sample[1]}{{{sample[2]}}}" if sample[2] else sample[1]
            assert place not in found, "twice"
            found[place] = float(sample[3])
    assert len(set(described)) == len(described)
    return found


@pytest.fixture
def figures(root: User, api: Api) -> Callable[[], dict[str, float]]:
    monitoring = api(root, "metrics:read")

    def read() -> dict[str, float]:
        answer = monitoring.get(PATH)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return parsed(answer.content.decode())

    return read


def test_only_an_admins_key_with_its_scope_reads_it(
    root: User, alice: User, api: Api, as_root: Client, client: Client
):
    assert client.get(PATH).status_code == 401
    assert as_root.get(PATH).status_code == 401, "a browser's session is no key"
    assert api(root, "incidents:read").get(PATH).status_code == 403
    assert api(alice, "metrics:read").get(PATH).status_code == 403
    monitoring = api(root, "metrics:read")
    assert monitoring.get(PATH).status_code == 200
    root.become(UserStatus.DISABLED)
    root.save()
    assert monitoring.get(PATH).status_code in {401, 403}


@pytest.mark.parametrize("accept", ["text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "text/plain"])
def test_it_is_text_whatever_a_scraper_accepts(root: User, api: Api, accept: str):
    answer = api(root, "metrics:read").get(PATH, headers={"Accept": accept})
    assert parsed(answer.content.decode())
    refused = api(root, "incidents:read").get(PATH, headers={"Accept": accept})
    assert b'"FORBIDDEN"' in refused.content


def test_a_fresh_installation_shows_every_figure_and_trouble_in_none(figures):
    found = figures()
    assert found['opsknight_incidents{status="open"}'] == 0
    assert found["opsknight_incidents_without_next_step"] == 0
    assert found["opsknight_oldest_unsent_page_age_seconds"] == 0
    assert found['opsknight_deliveries_open{channel="email",state="queued"}'] == 0
    assert found['opsknight_coverage_findings{kind="GAP"}'] == 0
    assert found['opsknight_heartbeat_age_seconds{process="ticker"}'] == float("inf")


def test_incidents_are_counted_and_one_that_nothing_pages_for_stands_out(figures):
    now = clock.now()
    service = Service.objects.create(name="Shop")
    row = {"service": service, "title": "Down", "last_status_change": now}
    row |= {"created_at": now, "updated_at": now}
    Incident.objects.create(**row, status=Status.ACKNOWLEDGED)
    Incident.objects.create(**row, escalate_at=now - 90 * SECOND)
    Incident.objects.create(**row, status=Status.RESOLVED)
    found = figures()
    assert found['opsknight_incidents{status="open"}'] == 1
    assert found['opsknight_incidents{status="acknowledged"}'] == 1
    assert found["opsknight_incidents_without_next_step"] == 1
    assert 90 <= found["opsknight_escalation_lateness_seconds"] < 120


def test_what_waits_and_what_became_of_the_rest(figures):
    now = clock.now()

    def deliver(key: str, state: str, minutes: int, rank: int = 1) -> None:
        at = now - minutes * MINUTE
        Delivery.objects.create(
            subject_kind="incident",
            subject_id=1,
            page_key=key,
            target_key=key,
            channel=Channel.EMAIL,
            address="a@example.com",
            provider="email",
            message={},
            rank=rank,
            state=state,
            next_attempt_at=at,
            created_at=at,
        )

    deliver("page", DeliveryState.QUEUED, 2)
    deliver("news", DeliveryState.QUEUED, 9, rank=9)
    deliver("later", DeliveryState.WAITING, 2)
    deliver("sent", DeliveryState.SENT, 30)
    deliver("sent long ago", DeliveryState.SENT, 90)
    found = figures()
    assert found['opsknight_deliveries_open{channel="email",state="queued"}'] == 2
    assert found['opsknight_deliveries_open{channel="email",state="waiting"}'] == 1
    assert found['opsknight_deliveries_last_hour{channel="email",state="sent"}'] == 1
    assert found["opsknight_deliveries_overdue"] == 2
    assert 120 <= found["opsknight_oldest_unsent_page_age_seconds"] < 150
    assert 540 <= found["opsknight_delivery_lateness_seconds"] < 570


def test_heartbeats_and_the_guard_are_told(figures):
    heartbeat.beat("sender", now=clock.now() - 40 * SECOND)
    subject = Subject(SubjectKind.SCHEDULE, 1, "sch_x", "Primary")
    findings.keep({subject: [Found(Kind.GAP, "GAP:always", None, None)]}, now=clock.now())
    found = figures()
    assert 40 <= found['opsknight_heartbeat_age_seconds{process="sender"}'] < 60
    assert found['opsknight_coverage_findings{kind="GAP"}'] == 1


def test_a_scrape_takes_few_statements(root: User, api: Api, django_assert_max_num_queries):
    monitoring = api(root, "metrics:read")
    monitoring.get(PATH)
    with django_assert_max_num_queries(18):
        assert monitoring.get(PATH).status_code == 200


def test_labels_and_meanings_are_escaped():
    odd = 'a"b\\c\nd'
    page = prometheus.text([Gauge.by("label", "name", odd, {odd: 1.5, "plain": -2})])
    assert parsed(page) == {'name{label="a\\"b\\\\c\\nd"}': 1.5, 'name{label="plain"}': -2}
    assert page.startswith('# HELP name a"b\\\\c\\nd\n')


def test_a_breaker_and_what_came_in_are_seen(figures):
    now = clock.now()
    service = Service.objects.create(name="Checkout")
    Alert.objects.create(
        action="trigger", dedup_key="a", service=service, payload={}, created_at=now
    )
    account = Provider.objects.create(kind="twilio")
    ProviderHealth.objects.create(provider=account, failures=3, open_until=now + MINUTE)
    found = figures()
    assert found['opsknight_provider_accounts_shut{kind="twilio"}'] == 1
    assert found['opsknight_provider_failures{kind="twilio"}'] == 3
    assert found['opsknight_events_last_hour{action="trigger"}'] == 1


class TestRequests:
    @pytest.fixture(autouse=True)
    def board(self) -> Board:
        """Counts begin at nothing."""
        new = Board(2)
        traffic.use(new, 0)
        return new

    def ask(self, path: str) -> None:
        application.get_response(RequestFactory().get(path))

    def test_answers_are_counted_by_route_and_status_with_their_durations(self, figures) -> None:
        for path in ("/api/health", "/api/health?x", "/api/incidents", "/no/page", "/v2/enqueue"):
            self.ask(path)
        found = figures()
        counted = {
            name.partition("{")[2]: value
            for name, value in found.items()
            if value and name.startswith("opsknight_http_requests_total")
        }
        assert counted == {
            'route="health",status="2xx"}': 2,
            'route="api",status="4xx"}': 1,
            'route="pages",status="4xx"}': 1,
            'route="events",status="4xx"}': 1,
        }
        name = "opsknight_http_request_duration_seconds"
        assert found[f'{name}_bucket{{route="health",le="+Inf"}}'] == 2
        assert found[f'{name}_count{{route="health"}}'] == 2
        assert 0 < found[f'{name}_sum{{route="health"}}'] < 10

    def test_a_bucket_holds_what_lies_below_it_too(self, board: Board, figures) -> None:
        for seconds in (0.001, 0.005, 0.2, 60):
            board.count("/api/events", 202, seconds)
        found = figures()
        name = 'opsknight_http_request_duration_seconds_bucket{route="events",le='
        counts = [found[f'{name}"{bound}"}}'] for bound in ("0.005", "0.1", "0.25", "10.0", "+Inf")]
        assert counts == [2, 2, 3, 3, 4]

    def test_all_web_processes_are_summed(self, board: Board) -> None:
        board.count("/", 200, 0.1)
        child = os.fork()
        if not child:
            board.take(1)
            board.count("/", 200, 0.1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert ("pages", "2xx", 2.0) in list(board.answers())
