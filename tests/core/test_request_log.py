"""What the request log shows: never a token that opens something, and no noise."""

import logging

import pytest
from django.core import signing
from django.test import Client

from core.logs import redact
from incidents.links import SALT

pytestmark = pytest.mark.django_db


def test_the_token_of_an_acknowledge_link_is_not_logged(client: Client, alice, caplog) -> None:
    token = signing.dumps([1, alice.pk], salt=SALT)
    with caplog.at_level(logging.INFO, logger="opsknight.request"):
        client.get(f"/a/{token}/")
    assert "/a/<" in caplog.text
    assert token not in caplog.text


def test_the_token_is_struck_out_of_what_others_log_as_well(alice) -> None:
    token = signing.dumps([1, alice.pk], salt=SALT)
    assert redact(f"Internal Server Error: /a/{token}/") == (
        "Internal Server Error: /a/[redacted]/"
    )


def test_ordinary_paths_are_logged_without_their_query(client: Client, alice, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="opsknight.request"):
        client.get("/accounts/login/?next=/secret-place/")
    assert "GET /accounts/login/" in caplog.text
    assert "secret-place" not in caplog.text


def test_static_files_are_no_news(client: Client, alice, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="opsknight.request"):
        assert client.get("/static/css/app.css").status_code == 200
    assert caplog.text == ""


def test_not_ready_yet_is_an_answer_and_no_error(client: Client, alice, caplog) -> None:
    with caplog.at_level(logging.INFO):
        assert client.get("/api/health?mode=readiness").status_code == 503
    assert caplog.text == ""


def test_a_crash_of_a_machine_route_is_logged_once(client: Client, db, caplog, monkeypatch) -> None:
    monkeypatch.setattr("integrations.ingest.keys.integration_token", lambda request: 1 / 0)
    with caplog.at_level(logging.INFO):
        assert client.post("/api/events").status_code == 500
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "ZeroDivisionError" in caplog.text
