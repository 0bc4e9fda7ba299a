"""`/api/health`: what it says when something is missing; and the 413 of every other door."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core import clock, heartbeat
from opsknight import health
from opsknight.runtime.http import OVERSIZE
from opsknight.wsgi import application
from schedules.commands import findings
from schedules.commands.findings import Subject
from schedules.domain.guard import Found, Kind
from schedules.models import SubjectKind

READINESS = "/api/health?mode=readiness"
PROCESSES = ("ticker", "sender", "q2")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    health._known.clear()
    yield
    health._known.clear()


def call(path: str, **environ: Any) -> tuple[str, dict[str, str], bytes]:
    """One request as the web server hands it over."""
    answer: list[Any] = []
    request = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "CONTENT_LENGTH": "0",
        **environ,
    }
    body = b"".join(application(request, lambda *given: answer.extend(given)))
    return answer[0], dict(answer[1]), body


def test_an_installation_whose_processes_are_alive_is_ready(client: Client) -> None:
    for name in PROCESSES:
        heartbeat.beat(name, now=clock.now())
    answer = client.get(READINESS)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_holes_ahead_are_figures_and_no_reason_to_be_unready(client: Client) -> None:
    for name in PROCESSES:
        heartbeat.beat(name, now=clock.now())
    subject = Subject(SubjectKind.SCHEDULE, 1, "sch_x", "Primary")
    findings.keep({subject: [Found(Kind.GAP, "GAP:always", None, None)]}, now=clock.now())
    answer = client.get(READINESS)
    assert answer.status_code == 200
    assert answer.json()["figures"]["coverageFindings"]["GAP"] == 1


@pytest.mark.parametrize("missing", PROCESSES)
def test_a_silent_process_is_named(client: Client, missing: str) -> None:
    for name in PROCESSES:
        age = timedelta(seconds=60 if name == missing else 0)
        heartbeat.beat(name, now=clock.now() - age)
    answer = client.get(READINESS)
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert [name for name in checks if checks[name]["status"] == "unhealthy"] == [missing]


def test_missing_migrations_make_it_unready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsknight.runtime.start.unapplied_migrations", lambda: ["core.0099_new"])
    answer = client.get(READINESS)
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"]["missing"] == ["core.0099_new"]


def note(**found: int) -> None:
    """What the minute's look has found, all else being well."""
    for name in PROCESSES:
        heartbeat.beat(name, now=clock.now())
    heartbeat.beat("paging check", now=clock.now(), **found)


@pytest.mark.parametrize("silent", ["orphans", "untold"])
def test_pages_that_may_be_lost_in_silence_make_it_unready(client: Client, silent: str) -> None:
    note(**{silent: 2})
    answer = client.get(READINESS)
    assert answer.status_code == 503
    paging = answer.json()["checks"]["paging"]
    assert (paging["status"], 2 in paging.values()) == ("unhealthy", True)


@pytest.mark.parametrize("loud", ["failing", "overdue", "dead_letters"])
def test_other_trouble_is_named_and_changes_no_answer(client: Client, loud: str) -> None:
    note(**{loud: 3, "a_count_of_another_version": 1})
    answer = client.get(READINESS)
    assert (answer.status_code, answer.json()["status"]) == (200, "healthy")
    paging = answer.json()["checks"]["paging"]
    assert (paging["status"], 3 in paging.values()) == ("degraded", True)


def test_a_look_of_long_ago_is_no_news(client: Client) -> None:
    note()
    assert client.get(READINESS).json()["checks"]["paging"]["status"] == "healthy"
    heartbeat.beat("paging check", now=clock.now() - timedelta(hours=1), orphans=1)
    answer = client.get(READINESS)
    assert answer.status_code == 200
    assert answer.json()["checks"]["paging"]["status"] == "degraded"


def test_liveness_asks_no_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/api/health").status_code == 200


def test_liveness_is_always_healthy(client: Client) -> None:
    answer = client.get("/api/health")
    assert answer.status_code == 200
    assert {"status", "mode", "timestamp", "version", "uptime"} == answer.json().keys()


@pytest.mark.parametrize("path", ["/api/users", "/accounts/login/"])
def test_an_oversize_body_is_refused_where_nobody_knows_it(path: str) -> None:
    status, headers, body = call(path, **{OVERSIZE: True})
    assert status.startswith("413 ")
    assert headers["Content-Length"] == str(len(body))


def test_each_answer_has_a_length() -> None:
    status, headers, body = call("/api/health", REQUEST_METHOD="GET")
    assert status == "200 OK"
    assert headers["Content-Length"] == str(len(body))
    assert json.loads(body)["status"] == "healthy"
