"""Other people's calendar files, good and hostile, become time off or a clear problem."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules.calendars import fence, reading
from schedules.calendars.reading import Reading, Unreadable

START = datetime(2026, 2, 1, tzinfo=UTC)
END = START + timedelta(days=430)
NEW_YORK = "America/New_York"


def calendar(*events: str, head: str = "") -> bytes:
    """A file with these events, each given as lines; UID is the place in the list."""
    parts = [
        f"BEGIN:VEVENT\nUID:{index}\nSUMMARY:Away\n{lines.strip()}\nEND:VEVENT\n"
        for index, lines in enumerate(events)
    ]
    body = "".join(["BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n", head, *parts, "END:VCALENDAR\n"])
    return body.replace("\n", "\r\n").encode()


def read(data: bytes, *, zone: str = NEW_YORK, word: str = "") -> Reading:
    return reading.read(data, zone=ZoneInfo(zone), start=START, end=END, word=word)


def times(data: bytes, **options: str) -> list[tuple[str, str]]:
    """Starts and ends as UTC text: "03-07 14:00"."""
    found = read(data, **options).entries
    return [(f"{one.start:%m-%d %H:%M}", f"{one.end:%m-%d %H:%M}") for one in found]


def test_a_time_in_utc_and_one_with_a_zone():
    data = calendar(
        "DTSTART:20260307T090000Z\nDTEND:20260307T100000Z",
        "DTSTART;TZID=Europe/London:20260401T090000\nDURATION:PT90M",
    )
    assert times(data) == [("03-07 09:00", "03-07 10:00"), ("04-01 08:00", "04-01 09:30")]


def test_whole_days_are_those_of_the_calendar_then_of_the_set_zone():
    event = "DTSTART;VALUE=DATE:20260307\nDTEND;VALUE=DATE:20260309"
    assert times(calendar(event)) == [("03-07 05:00", "03-09 04:00")]  # clocks change on the 8th
    named = calendar(event, head="X-WR-TIMEZONE:Asia/Kolkata\n")
    assert times(named) == [("03-06 18:30", "03-08 18:30")]


def test_a_whole_day_without_an_end_is_one_day():
    assert times(calendar("DTSTART;VALUE=DATE:20260310")) == [("03-10 04:00", "03-11 04:00")]


def test_floating_times_are_read_in_the_set_zone():
    data = calendar("DTSTART:20260310T090000\nDTEND:20260310T170000")
    assert times(data) == [("03-10 13:00", "03-10 21:00")]


def test_a_local_time_that_clocks_skip_is_the_end_of_the_gap():
    data = calendar("""
DTSTART;TZID=America/New_York:20260307T023000
DTEND;TZID=America/New_York:20260307T090000
RRULE:FREQ=DAILY;COUNT=3""")
    starts = [start for start, _ in times(data)]
    assert starts == ["03-07 07:30", "03-08 07:00", "03-09 06:30"]


def test_a_skipped_start_and_end_leave_nothing():
    data = calendar("""
DTSTART;TZID=America/New_York:20260308T021500
DTEND;TZID=America/New_York:20260308T024500""")
    assert times(data) == []


def test_a_repeated_time_in_utc_stays_the_second_one():
    data = calendar(
        "DTSTART:20261101T063000Z\nDTEND:20261101T093000Z", head=f"X-WR-TIMEZONE:{NEW_YORK}\n"
    )
    assert times(data) == [("11-01 06:30", "11-01 09:30")]


def test_repeated_moved_and_left_out_events():
    data = calendar("""
DTSTART;TZID=Europe/London:20260302T090000
DTEND;TZID=Europe/London:20260302T100000
RRULE:FREQ=WEEKLY;COUNT=5
EXDATE;TZID=Europe/London:20260309T090000""")
    moved = b"""BEGIN:VEVENT\r\nUID:0\r\nSUMMARY:Moved\r
RECURRENCE-ID;TZID=Europe/London:20260316T090000\r
DTSTART;TZID=Europe/London:20260317T120000\r\nDTEND;TZID=Europe/London:20260317T130000\r
END:VEVENT\r\nBEGIN:VEVENT\r\nUID:0\r\nSUMMARY:Gone\r\nSTATUS:CANCELLED\r
RECURRENCE-ID;TZID=Europe/London:20260323T090000\r
DTSTART;TZID=Europe/London:20260323T090000\r\nDTEND;TZID=Europe/London:20260323T100000\r
END:VEVENT\r\nEND:VCALENDAR"""
    data = data.replace(b"END:VCALENDAR", moved)
    assert [start for start, _ in times(data)] == ["03-02 09:00", "03-17 12:00", "03-30 08:00"]


def test_free_and_cancelled_events_do_not_count():
    when = "DTSTART:20260307T090000Z\nDTEND:20260307T100000Z\n"
    assert times(calendar(when + "TRANSP:TRANSPARENT", when + "STATUS:CANCELLED")) == []


def test_only_titles_with_the_word_count_when_there_is_one():
    when = "DTSTART:20260307T090000Z\nDTEND:20260307T100000Z\n"
    data = calendar(when, when).replace(b"SUMMARY:Away", b"SUMMARY:Summer HOLIDAY", 1)
    assert [one.uid for one in read(data, word="holiday").entries] == ["0"]


def test_events_outside_the_period_are_dropped_and_endless_ones_cut():
    data = calendar(
        "DTSTART:20250307T090000Z\nDTEND:20250307T100000Z",
        "DTSTART:20290307T090000Z\nDTEND:20290307T100000Z",
        "DTSTART:19700101T090000Z\nDTEND:19700101T100000Z\nRRULE:FREQ=DAILY;COUNT=99999999",
    )
    found = read(data).entries
    assert len(found) == 430
    assert found[-1].start < END


def test_an_event_that_cannot_be_read_costs_no_other_and_is_named():
    good = "DTSTART:20260307T090000Z\nDTEND:20260307T100000Z"
    bad = ["DTSTART:20", f"{good}\nRRULE:FREQ=SOMETIMES", f"{good}\nRRULE:FREQ=SECONDLY"]
    found = read(calendar(good, *bad))
    assert len(found.entries) == 1
    assert found.left_out == "Left out: “Away” (cannot be read), “Away” (cannot be read) and 1 more"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<html>Sign in</html>", "not a calendar"),
        (b"", "not a calendar"),
        (b"BEGIN:VCALENDAR\r\n\xff\xfe\r\nEND:VCALENDAR", "not written in UTF-8"),
        (b"BEGIN:VCALENDAR\r\nX:" + b"x" * 200_000, "lines is too long"),
        (b"BEGIN:VCALENDAR\r\n" + b"X:1\r\n" * 450_000, "larger than 2 MB"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 20, "nested too deeply"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:A\r\nEND:A\r\n" * 10_001, "more than 10000 parts"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "not a well-formed calendar"),
        (
            calendar(
                "DTSTART:20260307T090000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6"
            ),
            "more than 2000 events",
        ),
    ],
)
def test_a_hostile_file_ends_in_a_clear_problem(data: bytes, problem: str):
    with pytest.raises(Unreadable, match=problem):
        read(data)


def test_behind_the_fence_the_answer_is_the_same():
    data = calendar("DTSTART;VALUE=DATE:20260307", "DTSTART:20")
    found = fence.read(data, zone=NEW_YORK, start=START, end=END)
    assert found == read(data)
    with pytest.raises(Unreadable, match="not a calendar"):
        fence.read(b"x", zone=NEW_YORK, start=START, end=END)


def test_a_rule_that_never_comes_true_is_stopped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fence, "SECONDS", 1.5)
    rule = "DTSTART:00010101T090000\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31"
    with pytest.raises(Unreadable, match="takes too"):
        fence.read(calendar(*[rule] * 5), zone=NEW_YORK, start=START, end=END)
