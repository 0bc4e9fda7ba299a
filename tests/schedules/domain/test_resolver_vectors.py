"""The agreed test vectors, hand-off by hand-off, as a reviewer can check them on paper.

A row: number | zone | rule or window | instant | what the wall clock shows then | answer.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules.domain.model import Schedule
from schedules.domain.resolver import gaps, on_call, shift_of, spans
from schedules.domain.walltime import to_local
from tests.schedules.domain.rota import (
    NAMES,
    WORKDAYS,
    active,
    layer,
    names,
    overrides,
    person,
    schedule,
    simple,
    utc,
    version,
    who,
)

# Day and week rotations across clock changes.
DAYS_AND_WEEKS = """
1 | America/New_York | day 1 @2026-03-06T09:00 A,B | 2026-03-08T12:59Z | Sun 08:59 EDT | B
2 | America/New_York | day 1 @2026-03-06T09:00 A,B | 2026-03-08T13:00Z | Sun 09:00 EDT | A
3 | America/New_York | day 1 @2026-10-30T09:00 A,B | 2026-11-01T13:59Z | Sun 08:59 EST | B
4 | America/New_York | day 1 @2026-10-30T09:00 A,B | 2026-11-01T14:00Z | Sun 09:00 EST | A
5 | America/New_York | day 1 @2026-03-06T02:30 A,B | 2026-03-08T06:59Z | Sun 01:59 EST | B
6 | America/New_York | day 1 @2026-03-06T02:30 A,B | 2026-03-08T07:00Z | Sun 03:00 EDT | A
7 | America/New_York | day 1 @2026-03-06T02:30 A,B | 2026-03-09T06:30Z | Mon 02:30 EDT | B
8 | America/New_York | day 1 @2026-10-30T01:30 A,B | 2026-11-01T05:29Z | Sun 01:29 EDT | B
9 | America/New_York | day 1 @2026-10-30T01:30 A,B | 2026-11-01T05:30Z | Sun 01:30 EDT | A
10 | America/New_York | day 1 @2026-10-30T01:30 A,B | 2026-11-01T06:30Z | Sun 01:30 EST | A
11 | America/New_York | week 1 @2026-02-23T09:00 A,B,C | 2026-03-09T12:59Z | Mon 08:59 EDT | B
12 | America/New_York | week 1 @2026-02-23T09:00 A,B,C | 2026-03-09T13:00Z | Mon 09:00 EDT | C
13 | America/New_York | week 1 @2026-02-23T09:00 A,B,C | 2026-11-02T13:59Z | Mon 08:59 EST | C
14 | America/New_York | week 1 @2026-02-23T09:00 A,B,C | 2026-11-02T14:00Z | Mon 09:00 EST | A
15 | Europe/London | week 1 @2026-03-23T09:00 A,B | 2026-03-30T07:59Z | Mon 08:59 BST | A
16 | Europe/London | week 1 @2026-03-23T09:00 A,B | 2026-03-30T08:00Z | Mon 09:00 BST | B
17 | Europe/London | week 1 @2026-03-23T09:00 A,B | 2026-10-26T08:59Z | Mon 08:59 GMT | A
18 | Europe/London | day 1 @2026-03-27T01:30 A,B | 2026-03-29T00:59Z | Sun 00:59 GMT | B
19 | Europe/London | day 1 @2026-03-27T01:30 A,B | 2026-03-29T01:00Z | Sun 02:00 BST | A
20 | Europe/London | day 1 @2026-10-23T01:30 A,B | 2026-10-25T00:30Z | Sun 01:30 BST | A
21 | Europe/London | day 1 @2026-10-23T01:30 A,B | 2026-10-25T01:30Z | Sun 01:30 GMT | A
22 | Australia/Lord_Howe | day 1 @2026-10-02T02:15 A,B | 2026-10-03T15:29Z | Sun 01:59 +10:30 | B
23 | Australia/Lord_Howe | day 1 @2026-10-02T02:15 A,B | 2026-10-03T15:30Z | Sun 02:30 +11 | A
24 | Australia/Lord_Howe | day 1 @2026-10-02T02:15 A,B | 2026-10-04T15:15Z | Mon 02:15 +11 | B
25 | Australia/Lord_Howe | day 1 @2026-04-03T01:45 A,B | 2026-04-04T14:45Z | Sun 01:45 +11 | A
26 | Australia/Lord_Howe | day 1 @2026-04-03T01:45 A,B | 2026-04-04T15:15Z | Sun 01:45 +10:30 | A
27 | Asia/Kolkata | day 1 @2026-01-01T09:00 A,B | 2026-03-29T03:29Z | Sun 08:59 IST | A
28 | Asia/Kolkata | day 1 @2026-01-01T09:00 A,B | 2026-03-29T03:30Z | Sun 09:00 IST | B
29 | Asia/Kathmandu | week 1 @2026-01-05T10:00 A,B,C | 2026-01-12T04:15Z | Mon 10:00 +05:45 | B
30 | America/Phoenix | day 1 @2026-03-06T09:00 A,B | 2026-03-08T15:59Z | Sun 08:59 MST | B
31 | Africa/Cairo | day 1 @2026-04-22T00:00 A,B | 2026-04-23T22:00Z | Fri 01:00 EEST | A
32 | America/Santiago | day 1 @2026-09-04T00:00 A,B | 2026-09-06T04:00Z | Sun 01:00 -03 | A
33 | Pacific/Apia | day 1 @2011-12-28T09:00 A,B,C | 2011-12-30T10:00Z | Sat 00:00 +14 | C
34 | Pacific/Apia | day 1 @2011-12-28T09:00 A,B,C | 2011-12-30T19:00Z | Sat 09:00 +14 | A
35 | Europe/Dublin | day 1 @2026-03-27T09:00 A,B | 2026-03-29T08:00Z | Sun 09:00 IST | A
36 | America/New_York | week 2 @2026-01-05T09:00 A,B,C | 2026-01-05T13:59Z | Mon 08:59 EST | nobody
37 | America/New_York | week 2 @2026-01-05T09:00 A,B,C | 2026-03-16T12:59Z | Mon 08:59 EDT | B
38 | America/New_York | week 2 @2026-01-05T09:00 A,B,C | 2026-03-16T13:00Z | Mon 09:00 EDT | C
39 | Europe/London | day 3 @2026-10-22T09:00 A,B | 2026-10-25T08:59Z | Sun 08:59 GMT | A
40 | Europe/London | day 3 @2026-10-22T09:00 A,B | 2026-10-25T09:00Z | Sun 09:00 GMT | B
"""

# Hour and month rotations.
HOURS_AND_MONTHS = """
55 | America/New_York | hour 12 @2026-03-06T08:00 A,B | 2026-03-08T11:59Z | Sun 07:59 EDT | B
56 | America/New_York | hour 12 @2026-03-06T08:00 A,B | 2026-03-08T12:00Z | Sun 08:00 EDT | A
57 | America/New_York | hour 12 @2026-10-30T08:00 A,B | 2026-11-01T12:59Z | Sun 07:59 EST | B
58 | UTC | hour 12 @2026-03-06T13:00 A,B | 2026-03-08T12:59Z | Sun 12:59 UTC | B
59 | America/New_York | hour 1 @2026-03-08T00:30 A,B,C | 2026-03-08T06:59Z | Sun 01:59 EST | B
60 | America/New_York | hour 1 @2026-03-08T00:30 A,B,C | 2026-03-08T07:00Z | Sun 03:00 EDT | C
61 | America/New_York | hour 1 @2026-03-08T00:30 A,B,C | 2026-03-08T07:30Z | Sun 03:30 EDT | A
62 | America/New_York | hour 1 @2026-03-08T00:00 A,B,C | 2026-03-08T07:00Z | Sun 03:00 EDT | A
63 | America/New_York | hour 1 @2026-11-01T00:00 A,B,C | 2026-11-01T06:59Z | Sun 01:59 EST | B
64 | America/New_York | hour 1 @2026-11-01T00:00 A,B,C | 2026-11-01T07:00Z | Sun 02:00 EST | C
65 | Europe/London | hour 8 @2026-10-24T06:00 A,B,C | 2026-10-25T05:59Z | Sun 05:59 GMT | C
66 | Australia/Lord_Howe | hour 12 @2026-04-03T08:00 A,B | 2026-04-04T21:29Z | Sun 07:59 +10:30 | B
67 | America/New_York | hour 36 @2026-03-06T08:00 A,B | 2026-03-09T11:59Z | Mon 07:59 EDT | B
68 | UTC | month 1 @2026-01-31T08:00 A,B,C | 2026-02-28T08:00Z | Sat 08:00 UTC | B
69 | UTC | month 1 @2026-01-31T08:00 A,B,C | 2026-03-31T07:59Z | Tue 07:59 UTC | B
70 | UTC | month 1 @2026-01-31T08:00 A,B,C | 2026-03-31T08:00Z | Tue 08:00 UTC | C
71 | UTC | month 1 @2024-01-31T08:00 A,B | 2024-02-29T08:00Z | Thu 08:00 UTC | B
72 | America/New_York | month 1 @2026-02-08T02:30 A,B | 2026-03-08T07:00Z | Sun 03:00 EDT | B
73 | Europe/London | month 3 @2025-11-30T09:00 A,B | 2026-02-28T09:00Z | Sat 09:00 GMT | B
"""

WINDOWS = """
41 | America/New_York | daily 22:00-01:30 | 2026-11-01T05:29Z | Sun 01:29 EDT | yes
42 | America/New_York | daily 22:00-01:30 | 2026-11-01T06:00Z | Sun 01:00 EST | no
43 | America/New_York | daily 01:30-06:00 | 2026-11-01T05:30Z | Sun 01:30 EDT | yes
44 | America/New_York | daily 01:30-06:00 | 2026-11-01T06:29Z | Sun 01:29 EST | yes
45 | America/New_York | Fri 22:00-06:00 | 2026-03-07T10:59Z | Sat 05:59 EST | yes
46 | America/New_York | Fri 22:00-06:00 | 2026-03-07T03:00Z | Fri 22:00 EST | yes
47 | America/New_York | daily 22:00-06:00 | 2026-03-08T10:00Z | Sun 06:00 EDT | no
48 | America/New_York | daily 22:00-06:00 | 2026-11-01T10:59Z | Sun 05:59 EST | yes
49 | America/New_York | daily 01:00-02:30 | 2026-03-08T07:00Z | Sun 03:00 EDT | no
50 | America/New_York | daily 02:15-02:45 | 2026-03-08T07:00Z | Sun 03:00 EDT | no
50a | Europe/London | Mon,Tue,Wed,Thu,Fri 09:00-17:30 | 2026-03-30T07:59Z | Mon 08:59 BST | no
50b | Europe/London | Mon,Tue,Wed,Thu,Fri 09:00-17:30 | 2026-03-30T08:00Z | Mon 09:00 BST | yes
50c | America/New_York | Sun 09:00-09:00 | 2026-03-09T12:59Z | Mon 08:59 EDT | yes
50d | Australia/Lord_Howe | Sat 22:00-02:15 | 2026-10-03T15:30Z | Sun 02:30 +11 | no
50e | Asia/Kolkata | Mon 18:00-00:00 | 2026-10-05T18:29Z | Mon 23:59 IST | yes
"""

# Number of a vector above and the length of the shift it falls into, in hours.
SHIFT_HOURS = [
    ("1", 23), ("3", 25), ("10", 25), ("11", 167), ("13", 169), ("17", 169), ("22", 23.75),
    ("23", 23.75), ("26", 24.5), ("33", 9), ("37", 335), ("39", 73), ("55", 11), ("57", 13),
    ("59", 0.5), ("60", 0.5), ("63", 2), ("65", 9), ("66", 12.5), ("67", 35),
]  # fmt: skip

ANCHOR = "day 1 @2026-01-01T00:00 A"


def rows(table: str) -> list:
    cells = ([cell.strip() for cell in line.split("|")] for line in table.strip().splitlines())
    return [pytest.param(*rest, id=number) for number, *rest in cells]


ROTATIONS = rows(DAYS_AND_WEEKS) + rows(HOURS_AND_MONTHS)
BY_NUMBER = {row.id: row.values for row in ROTATIONS}


def shown(at: datetime, zone: str) -> str:
    local = to_local(at, ZoneInfo(zone))
    name = local.tzname() or ""
    return f"{local:%a %H:%M} {name[:3] + ':' + name[3:] if len(name) == 5 else name}"


@pytest.mark.parametrize(("zone", "rule", "at", "reading", "expected"), ROTATIONS)
def test_the_rotation_gives_the_pager_to(
    zone: str, rule: str, at: str, reading: str, expected: str
) -> None:
    assert shown(utc(at), zone) == reading
    assert who(simple(zone, rule), at) == expected


@pytest.mark.parametrize(("number", "hours"), SHIFT_HOURS)
def test_the_shift_around_a_vector_lasts(number: str, hours: float) -> None:
    zone, rule, at, _, name = BY_NUMBER[number]
    start, end = shift_of(simple(zone, rule), person(name), utc(at))
    assert end - start == timedelta(hours=hours)


def test_the_quarter_after_a_clamped_month_begins_on_the_thirtieth_again() -> None:
    zone, rule, at, _, name = BY_NUMBER["73"]
    _, end = shift_of(simple(zone, rule), person(name), utc(at))
    assert end == utc("2026-05-30T08:00Z")


@pytest.mark.parametrize(("zone", "window", "at", "reading", "expected"), rows(WINDOWS))
def test_the_window_is_open(zone: str, window: str, at: str, reading: str, expected: str) -> None:
    assert shown(utc(at), zone) == reading
    # The rotation must have begun before the earliest window.
    assert who(simple(zone, ANCHOR, window), at) == ("A" if expected == "yes" else "nobody")


@pytest.mark.parametrize(
    ("at", "start", "end", "hours"),
    [
        ("2026-03-07T12:00Z", "2026-03-06T23:00Z", "2026-03-09T12:00Z", 61),
        ("2026-10-31T12:00Z", "2026-10-30T22:00Z", "2026-11-02T13:00Z", 63),
        ("2026-06-06T12:00Z", "2026-06-05T22:00Z", "2026-06-08T12:00Z", 62),
    ],
)
def test_a_weekend_window_runs_from_friday_to_monday_on_the_wall(
    at: str, start: str, end: str, hours: int
) -> None:
    weekend = simple("America/New_York", ANCHOR, "Fri 18:00-Mon 08:00")
    assert shift_of(weekend, person("A"), utc(at)) == (utc(start), utc(end))
    assert utc(end) - utc(start) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("at", "calendar", "active_phase"),
    [
        pytest.param("2026-03-06T12:00Z", "B", "B", id="51"),
        pytest.param("2026-03-07T12:00Z", "nobody", "nobody", id="52"),
        pytest.param("2026-03-09T12:00Z", "B", "C", id="53"),
        pytest.param("2026-03-30T11:00Z", "B", "C", id="54"),
    ],
)
def test_a_weekday_rota_in_both_phases(at: str, calendar: str, active_phase: str) -> None:
    rule = "Europe/London", "day 1 @2026-03-02T09:00 A,B,C", f"{WORKDAYS} 09:00-17:00"
    assert who(simple(*rule), at) == calendar
    assert who(active(*rule), at) == active_phase


def days_served(of: Schedule) -> list[int]:
    """Count for each of seven people the noons on call in 52 weeks, in ascending order."""
    noons = [utc("2026-03-02T12:00Z") + timedelta(days=day) for day in range(364)]
    served = [who(of, noon) for noon in noons]
    return sorted(served.count(name) for name in NAMES)


def test_seven_people_on_weekdays_starve_in_calendar_phase_but_not_in_active_phase() -> None:
    rule = "UTC", "day 1 @2026-03-02T09:00 A,B,C,D,E,F,G", f"{WORKDAYS} 09:00-17:00"
    assert days_served(simple(*rule)) == [0, 0, 52, 52, 52, 52, 52]
    assert days_served(active(*rule)) == [37, 37, 37, 37, 37, 37, 38]


def two_layers(*texts: str) -> Schedule:
    weekly = version("Europe/London", "week 1 @2026-03-02T09:00 A,B")
    office = version("Europe/London", "week 1 @2026-03-02T09:00 C", f"{WORKDAYS} 09:00-17:00")
    return schedule(
        layer(weekly, number=1, priority=1),
        layer(office, number=2, priority=2),
        overrides=overrides(*texts),
    )


EVENING = "replace A D 2026-03-03T18:00Z 2026-03-03T22:00Z"
WRONG_DAY = "replace A D 2026-03-09T00:00Z 2026-03-10T00:00Z"
HOUR_OF_E = "replace D E 2026-03-03T19:00Z 2026-03-03T20:00Z"
COVER = "cover-all F 2026-03-03T10:00Z 2026-03-03T19:00Z"
ADDED = "add E 2026-03-03T18:00Z 2026-03-03T22:00Z"
REMOVED_LATE = "remove A 2026-03-03T20:00Z 2026-03-03T22:00Z"
REMOVED = "remove A 2026-03-03T18:00Z 2026-03-03T22:00Z"

STACK = [
    (74, [], "2026-03-02T08:59Z", "nobody", "nobody"),
    (75, [], "2026-03-02T16:59Z", "C", "C"),
    (76, [], "2026-03-02T17:00Z", "A", "A"),
    (77, [], "2026-03-09T08:59Z", "A", "A"),
    (78, [], "2026-03-09T17:00Z", "B", "B"),
    (79, [], "2026-03-30T16:00Z", "A", "A"),
    (80, [EVENING], "2026-03-03T17:59Z", "A", "A"),
    (81, [EVENING], "2026-03-03T18:00Z", "A", "D"),
    (82, [EVENING], "2026-03-03T22:00Z", "A", "A"),
    (83, [WRONG_DAY], "2026-03-09T12:00Z", "C", "C"),
    (84, [WRONG_DAY], "2026-03-09T17:00Z", "B", "B"),
    (85, [EVENING, HOUR_OF_E], "2026-03-03T18:30Z", "A", "D"),
    (86, [EVENING, HOUR_OF_E], "2026-03-03T19:30Z", "A", "E"),
    (87, [EVENING, HOUR_OF_E], "2026-03-03T20:00Z", "A", "D"),
    (88, [COVER], "2026-03-03T10:00Z", "C", "F"),
    (89, [COVER], "2026-03-03T19:00Z", "A", "A"),
    (90, [ADDED, REMOVED_LATE], "2026-03-03T18:00Z", "A", "A, E"),
    (91, [ADDED, REMOVED_LATE], "2026-03-03T20:00Z", "A", "E"),
    (92, [REMOVED], "2026-03-03T18:00Z", "A", "nobody"),
]


@pytest.mark.parametrize(
    ("texts", "at", "base", "final"), [pytest.param(*rest, id=str(n)) for n, *rest in STACK]
)
def test_overrides_lie_on_layers(texts: list[str], at: str, base: str, final: str) -> None:
    assert who(two_layers(), at) == base
    assert who(two_layers(*texts), at) == final


def test_office_hours_alone_leave_gaps_as_long_as_the_weekend_really_was() -> None:
    office = simple("Europe/London", ANCHOR, f"{WORKDAYS} 09:00-17:30")
    found = gaps(office, utc("2026-03-27T00:00Z"), utc("2026-03-31T00:00Z"))
    assert found == [
        (utc("2026-03-27T00:00Z"), utc("2026-03-27T09:00Z")),
        (utc("2026-03-27T17:30Z"), utc("2026-03-30T08:00Z")),
        (utc("2026-03-30T16:30Z"), utc("2026-03-31T00:00Z")),
    ]
    assert sum((end - start for start, end in found), timedelta()) == timedelta(hours=79)


@pytest.mark.parametrize(
    ("day", "start", "end", "both"),
    [
        ("2026-03-02", "23:00", "00:00", "A, C"),
        ("2026-03-10", "15:00", "16:00", "B, C"),
        ("2026-04-01", "07:00", "08:00", "A, B"),
        ("2026-10-27", "15:00", "16:00", "B, C"),
    ],
)
def test_following_the_sun_shows_its_seams(day: str, start: str, end: str, both: str) -> None:
    sun = schedule(
        layer(version("Asia/Tokyo", ANCHOR, "daily 08:00-17:00"), number=1),
        layer(version("Europe/London", "day 1 @2026-01-01T00:00 B", "daily 08:00-16:00"), number=2),
        layer(
            version("America/New_York", "day 1 @2026-01-01T00:00 C", "daily 11:00-19:00"), number=3
        ),
    )
    midnight = utc(f"{day}T00:00Z")
    found = spans(sun, midnight, midnight + timedelta(days=1))
    seams = [one for one in found if len(one.on_call) != 1]
    assert [names(one.users) for one in seams] == [both]
    assert (f"{seams[0].start:%H:%M}", f"{seams[0].end:%H:%M}") == (start, end)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("America/New_York", "Sat 09:00 EST", "Sun 09:00 EDT"),
        ("Europe/London", "Sat 14:00 GMT", "Sun 13:00 GMT"),
        ("Asia/Kolkata", "Sat 19:30 IST", "Sun 18:30 IST"),
        ("Asia/Tokyo", "Sat 23:00 JST", "Sun 22:00 JST"),
        ("Australia/Lord_Howe", "Sun 01:00 +11", "Mon 00:00 +11"),
    ],
)
def test_a_shift_is_shown_with_the_offset_of_each_instant(zone: str, start: str, end: str) -> None:
    of = simple("America/New_York", "day 1 @2026-03-06T09:00 A,B")
    began, ends = shift_of(of, person("B"), utc("2026-03-08T12:59Z"))
    assert (shown(began, zone), shown(ends, zone)) == (start, end)


def test_an_answer_says_why() -> None:
    (one,) = on_call(two_layers(EVENING), utc("2026-03-03T17:59Z"))
    assert (one.because.type, one.because.id, one.because.name) == ("layer", 1, "layer 1")
    (one,) = on_call(two_layers(EVENING), utc("2026-03-03T18:00Z"))
    assert (one.because.type, one.because.id, one.because.name) == ("override", 1, "REPLACE")
