"""The base of the JSON API: bodies, envelope, limits."""

import json
from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Team, User
from core import config

pytestmark = pytest.mark.django_db


def send(client: APIClient, body: bytes | str, content_type: str = "application/json"):
    return client.generic("POST", "/api/teams", body, content_type=content_type)


@pytest.mark.once
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b"[1]",
        b'"text"',
        b"\xff\xfe\x00",
        b'{"name": "\xff"}',
        b'{"name": ' + b"[" * 70 + b"]" * 70 + b"}",
        b"[" * 100_000,
        b'{"n": ' + b"9" * 100_000 + b"}",
    ],
    ids=range(10),
)
def test_what_is_no_json_object_is_refused(api: Callable, alice: User, body: bytes):
    answer = send(api(alice), body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"


def test_odd_but_valid_text_is_taken(api: Callable, alice: User):
    assert send(api(alice), rb'{"name": "one", "name": "a\u0000b\ud800c"}').status_code == 201
    assert Team.objects.get().name == "a\ufffdb\ufffdc"


@pytest.mark.once
def test_a_body_over_the_limit_is_too_large(api: Callable, alice: User):
    answer = send(api(alice), json.dumps({"name": "x" * 2_100_000}))
    assert answer.status_code == 413


@pytest.mark.once
def test_only_json_is_read(api: Callable, alice: User):
    assert send(api(alice), "name=x", "application/x-www-form-urlencoded").status_code == 415


def test_a_method_that_is_not_there(api: Callable, alice: User):
    answer = api(alice, "teams:read").put("/api/teams", {})
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"
    assert set(answer["Allow"].split(", ")) == {"GET", "POST", "HEAD", "OPTIONS"}
    assert APIClient().put("/api/teams").status_code == 401


@pytest.mark.once
@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nowhere", "/api/teams/", "/api/events/x"])
def test_an_address_that_is_not_there_answers_as_an_api(root: User, method: str, path: str):
    strict = APIClient(enforce_csrf_checks=True)
    answer = getattr(strict, method)(path)
    assert answer.status_code == 404
    assert answer.json()["status"] == "error"
    assert answer.json()["error"]["code"] == "NOT_FOUND"
    assert "/api/openapi.json" in answer.json()["error"]["message"]


def test_a_dead_database_answers_as_an_api_too(root: User, monkeypatch):
    def dead(*_: object) -> None:
        raise OperationalError("no route to host swordfish")

    monkeypatch.setattr("core.config.public_url", dead)
    answer = Client(raise_request_exception=False).get("/api/teams")
    assert answer.status_code == 500
    assert answer.json()["error"] == {"code": "INTERNAL_ERROR", "message": "Internal server error"}


def test_a_foreign_host_name_is_refused_as_an_api_does(root: User):
    config.put("public_url", "https://pager.example.com")
    answer = Client().get("/api/teams", headers={"host": "evil.example.com"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"


def test_every_answer_tells_the_limit(api: Callable, alice: User):
    answer = api(alice).get("/api/teams")
    assert answer["X-RateLimit-Limit"] == "100"
    assert answer["X-RateLimit-Remaining"] == "99"
    assert 0 < int(answer["X-RateLimit-Reset"]) <= 60
    assert answer["Cache-Control"] == "no-store"


def test_one_request_too_many_waits(
    api: Callable, alice: User, bob: User, settings, stopped_clock: None
):
    settings.API_PER_MINUTE = 3
    client = api(alice)
    codes = [client.get("/api/teams").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    refused = client.get("/api/teams")
    assert refused.json()["error"]["code"] == "RATE_LIMITED"
    assert refused["Retry-After"] == refused["X-RateLimit-Reset"]
    assert client.get("/api/users").status_code == 200, "each resource has its own limit"
    assert api(bob).get("/api/teams").status_code == 200, "each key has its own limit"


def test_zero_means_no_limit(api: Callable, alice: User, settings):
    settings.API_PER_MINUTE = 0
    answer = api(alice).get("/api/teams")
    assert answer.status_code == 200
    assert "X-RateLimit-Limit" not in answer


def test_the_unexpected_says_nothing(api: Callable, alice: User, monkeypatch):
    def broken(viewer: User):
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("accounts.queries.teams_with_people", broken)
    answer = api(alice).get("/api/teams")
    assert answer.status_code == 500
    assert answer.json()["error"] == {
        "code": "INTERNAL_ERROR",
        "message": "Internal server error",
    }
