"""Calendars come in over real HTTP: good, unchanged, broken, hostile, gone."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist

from accounts.models import User
from core.errors import Conflict, Forbidden, ValidationFailed
from schedules import commands, queries
from schedules.models import AbsenceCalendar, TimeOff

pytestmark = pytest.mark.once

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Server:
    """Answers every GET with `status` and `body`; knows the tag of the body."""

    body: bytes = b""
    status: int = 200
    seen: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.seen.append(headers)
                tag = f'"{hash(server.body)}"'
                known = server.status == 200 and headers.get("if-none-match") == tag
                self.send_response(304 if known else server.status)
                body = b"" if known else server.body
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/secret.ics"

    def says(self, *days: str) -> None:
        """Whole days away, each an event of its own: "20260401"."""
        events = "".join(
            f"BEGIN:VEVENT\r\nUID:{day}\r\nSUMMARY:Holiday\r\nDTSTART;VALUE=DATE:{day}\r\n"
            "END:VEVENT\r\n"
            for day in days
        )
        self.body = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n".encode()


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.OPSKNIGHT_EGRESS_ALLOW = ("127.0.0.1/32",)
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def row(server: Server, bob: User) -> AbsenceCalendar:
    return add(bob, server.url)


def add(user: User, url: str, by: User | None = None, zone: str = "UTC") -> AbsenceCalendar:
    actor = (by or user).as_actor("web")
    return commands.add_calendar(user, name="Mine", url=url, time_zone=zone, by=actor, now=NOW)


def read(row: AbsenceCalendar, now: datetime = NOW) -> AbsenceCalendar:
    commands.read_calendar(row, now)
    row.refresh_from_db()
    return row


def days(user: User) -> list[str]:
    return [f"{one.start:%d %b}" for one in TimeOff.objects.filter(user=user, cancelled_at=None)]


def test_events_become_time_off(server: Server, row: AbsenceCalendar, bob: User):
    server.says("20260401", "20260410")
    read(row)
    assert days(bob) == ["01 Apr", "10 Apr"]
    assert (row.good_at, row.problem) == (NOW, "")


def test_an_unchanged_file_is_not_read_again(server: Server, row: AbsenceCalendar, bob: User):
    server.says("20260401")
    read(row)
    read(row, NOW + HOUR)
    assert "if-none-match" in server.seen[1]
    assert (row.good_at, row.read_at) == (NOW + HOUR, NOW)
    assert days(bob) == ["01 Apr"]


def test_after_a_day_it_is_laid_out_anew(server: Server, row: AbsenceCalendar):
    server.says("20260401")
    read(row)
    read(row, NOW + 2 * DAY)
    assert "if-none-match" not in server.seen[1]
    assert row.read_at == NOW + 2 * DAY


def test_what_is_gone_goes_and_what_stays_keeps_its_row(
    server: Server, row: AbsenceCalendar, bob: User
):
    server.says("20260401", "20260410")
    read(row)
    kept = TimeOff.objects.get(uid="20260410")
    commands.cancel_time_off(kept, by=bob.as_actor("web"), now=NOW)
    server.says("20260410", "20260420")
    read(row, NOW + HOUR)
    assert days(bob) == ["20 Apr"]
    assert TimeOff.objects.get(uid="20260410").pk == kept.pk


def test_days_that_only_came_within_reach_are_no_news(server: Server, row: AbsenceCalendar):
    server.says("20260401", "20270421")
    read(row)
    assert queries.untold(NOW).count() == 1
    read(row, NOW + 2 * DAY)
    assert TimeOff.objects.count() == 2
    assert queries.untold(NOW).count() == 1


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (404, b"", "The server answered 404"),
        (302, b"", "The server answered 302 (it has moved: use the new address)"),
        (200, b"<html>", "It is not a calendar (no BEGIN:VCALENDAR): look at the address"),
        (200, b"BEGIN:VCALENDAR\r\n" + b"X" * 10_000_000, "It is larger than 2 MB"),
    ],
)
def test_a_failed_reading_keeps_the_last_good_copy(
    server: Server, row: AbsenceCalendar, bob: User, status: int, body: bytes, problem: str
):
    server.says("20260401")
    read(row)
    server.status, server.body = status, body
    read(row, NOW + HOUR)
    assert (row.problem, row.good_at) == (problem, NOW)
    assert days(bob) == ["01 Apr"]
    server.status = 200
    server.says("20260402")
    read(row, NOW + 2 * HOUR)
    assert (row.problem, row.good_at) == ("", NOW + 2 * HOUR)


def test_a_server_that_is_away_is_a_problem_in_words(server: Server, row: AbsenceCalendar):
    server.http.shutdown()
    server.http.server_close()
    assert read(row).problem
    assert row.good_at is None


def test_an_address_of_our_own_network_is_refused_when_saved_and_when_called(
    server: Server, bob: User, settings: Any
):
    row = add(bob, server.url)
    settings.OPSKNIGHT_EGRESS_ALLOW = ()
    with pytest.raises(ValidationFailed) as refusal:
        add(bob, server.url)
    assert refusal.value.field == "url"
    assert "not on the public Internet" in read(row).problem
    assert server.seen == []


def test_webcal_means_https(bob: User):
    assert add(bob, "webcal://calendar.example.com/x.ics").url.startswith("https://calendar")


def test_bad_input_is_refused_beside_its_field(bob: User):
    for values, name in (
        ({"url": "ftp://example.com/x"}, "url"),
        ({"url": "https://example.com/" + "x" * 2000}, "url"),
        ({"url": "https://example.com/x", "zone": "Mars/Base"}, "timeZone"),
    ):
        with pytest.raises(ValidationFailed) as refusal:
            add(bob, **values)
        assert refusal.value.field == name


def test_there_is_a_limit_of_calendars(bob: User):
    for _ in range(5):
        add(bob, "https://example.com/x.ics")
    with pytest.raises(Conflict):
        add(bob, "https://example.com/x.ics")


def test_a_calendar_is_its_persons_alone(row: AbsenceCalendar, bob: User, alice: User, root: User):
    with pytest.raises(Forbidden):
        commands.add_calendar(
            bob,
            name="x",
            url="https://example.com/",
            time_zone="UTC",
            by=alice.as_actor(""),
            now=NOW,
        )
    with pytest.raises(Forbidden):
        commands.remove_calendar(row, by=alice.as_actor(""), now=NOW)
    commands.remove_calendar(row, by=root.as_actor(""), now=NOW)
    with pytest.raises(ObjectDoesNotExist):
        row.refresh_from_db()


def test_each_is_read_every_hour_and_when_asked_for(
    server: Server, row: AbsenceCalendar, bob: User, clock: Any
):
    server.says()
    actor = bob.as_actor("web")
    assert commands.read_calendars() == 1
    assert commands.read_calendars() == 0
    row.refresh_from_db()
    with pytest.raises(Conflict):
        commands.ask_for_calendar(row, by=actor, now=NOW)
    clock.move_to(NOW + 2 * MINUTE)
    commands.ask_for_calendar(row, by=actor, now=NOW + 2 * MINUTE)
    assert queries.oldest_calendar_due(NOW + 2 * MINUTE) == row.pk
    assert commands.read_calendars() == 1
    clock.move_to(NOW + 2 * MINUTE + HOUR)
    assert commands.read_calendars() == 1


def test_a_disabled_persons_calendar_is_not_read(row: AbsenceCalendar, bob: User):
    bob.become("DISABLED")
    bob.save()
    assert queries.oldest_calendar_due(NOW) is None


def test_removed_while_it_was_read_leaves_nothing(server: Server, row: AbsenceCalendar, bob: User):
    server.says("20260401")
    AbsenceCalendar.objects.filter(pk=row.pk).delete()
    commands.read_calendar(row, NOW)
    assert TimeOff.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres_only
def test_two_workers_fetch_once(server: Server, row: AbsenceCalendar, clock: Any, at_once):
    server.says("20260401")
    assert sorted(at_once(3, commands.read_calendars)) == [0, 0, 1]
    assert len(server.seen) == 1


class TestApi:
    URL = "/api/time-off/calendars"

    def test_add_show_refresh_and_remove(self, api, server: Server, bob: User):
        client = api(bob, "schedules:read", "schedules:write")
        made = client.post(self.URL, {"name": "Mine", "url": server.url, "word": "Holiday"})
        assert made.status_code == 201
        shown = made.json()
        assert server.url not in str(shown)
        assert client.get(self.URL).json()["calendars"] == [shown]
        assert client.post(f"{self.URL}/{shown['id']}/refresh").status_code == 202
        assert client.get(f"{self.URL}/{shown['id']}").json()["problem"] == ""
        assert client.delete(f"{self.URL}/{shown['id']}").status_code == 204
        assert client.get(self.URL).json()["total"] == 0

    def test_other_people_do_not_see_it(self, api, row: AbsenceCalendar, alice: User):
        for method in ("get", "delete"):
            answer = getattr(api(alice), method)(f"{self.URL}/{row.public_id}")
            assert answer.status_code == 404
