"""The calendar that we write, read by a parser that is not ours."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.domain import ics

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


def event(**changes) -> ics.Event:
    fields = {"uid": "a-1@opsknight", "start": NINE, "end": NINE + WEEK, "summary": "Ann on call"}
    return ics.Event(**fields | {"sequence": 0, "modified": NINE} | changes)


def read(*events: ics.Event, **options) -> list:
    body = ics.render(ics.Calendar("Primary", events, **options))
    return icalendar.Calendar.from_ical(body).walk("VEVENT")


def test_a_shift_comes_back_as_it_was_written():
    [got] = read(event(url="https://pager.example.com/schedules/sch_1/"))
    assert got["uid"] == "a-1@opsknight"
    assert (got.decoded("dtstart"), got.decoded("dtend")) == (NINE, NINE + WEEK)
    assert (got["status"], got["transp"], got["sequence"]) == ("CONFIRMED", "TRANSPARENT", 0)
    assert got["url"] == "https://pager.example.com/schedules/sch_1/"


def test_the_frame_says_how_often_to_ask():
    text = ics.render(ics.Calendar("Primary", [])).decode()
    for line in ("METHOD:PUBLISH", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"):
        assert f"\r\n{line}\r\n" in text
    assert text.endswith("END:VCALENDAR\r\n")
    assert "VTIMEZONE" not in text


def test_busy_and_reminder_are_the_owners_choice():
    [got] = read(event(), busy=True, alarm_minutes=60)
    assert got["transp"] == "OPAQUE"
    [alarm] = got.walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(minutes=-60)


def test_a_cancelled_shift_neither_blocks_nor_rings():
    [got] = read(event(cancelled=True, sequence=3), busy=True, alarm_minutes=0)
    assert (got["status"], got["transp"], got["sequence"]) == ("CANCELLED", "TRANSPARENT", 3)
    assert got.walk("VALARM") == []


def test_a_shift_without_an_end_says_so():
    [got] = read(event(goes_on=True))
    assert got["x-opsknight-goes-on"] == "TRUE"
    assert "No end in sight" in got["description"]


@pytest.mark.parametrize("text", ["a; b, c\\n", "two\nlines", "BEGIN:VEVENT\r\nUID:evil", "\x00x"])
def test_no_text_breaks_out_of_its_line(text: str):
    [got] = read(event(summary=text))
    assert got["summary"] == text.replace("\r\n", "\n").replace("\x00", "")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_lines_are_short_and_no_character_is_cut(text: str):
    body = ics.render(ics.Calendar("Primary", [event(summary=text)]))
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    assert body.count(b"\n") == body.count(b"\r\n")
    [got] = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert got["summary"] == text
