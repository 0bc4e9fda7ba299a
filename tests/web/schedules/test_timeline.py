"""The timeline: what it draws, on whose clocks, and where its bars lead."""

import re
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from core.actor import SYSTEM
from schedules import commands, queries
from schedules.commands import LayerSpec
from schedules.domain.resolver import on_call, users_of
from schedules.models import Layer, Schedule
from schedules.web.frame import frame_of
from schedules.web.timeline import rules_of_frame, timeline_of
from tests.cast import browser_of, make_person
from tests.web.schedules.conftest import ACTING, DAY, HOUR, LONDON, NOW, page_of, text_of

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
OFFICE = [{"days": ["MON", "TUE", "WED", "THU", "FRI"], "start": "09:00", "end": "17:00"}]


def drawn(rota: Schedule, viewer: User, **asked: str):
    frame = frame_of(asked, NOW, viewer.zone, rota.time_zone)
    rules = rules_of_frame(rota, frame, NOW)
    return timeline_of(rota, rules, frame, NOW, may_edit=True)


def bars_of(page: str) -> list[str]:
    return [unescape(text) for text in re.findall(r"<title>([^<]+)</title><rect", page)]


def test_lanes_are_overrides_then_layers_then_what_holds(
    as_alice: Client, rota: Schedule, alice: User, bob: User
):
    spec = LayerSpec(
        unit="week",
        anchor=datetime(2026, 3, 2, 9),
        slots=[[alice.pk]],
        restrictions=OFFICE,
        priority=1,
    )
    commands.add_layer(rota, spec, name="Day", **ACTING)
    for hours in (2, 3):
        span = {"start": NOW + hours * HOUR, "end": NOW + 5 * HOUR}
        commands.add_override(rota, kind="ADD", user=bob, **span, **ACTING)
    found = drawn(rota, alice, view="week")
    assert [lane.name for lane in found.lanes] == ["Overrides", "Overrides 2", "Day", "Week"]
    page = page_of(as_alice, rota, view="week")
    assert re.findall(r'role="group" aria-label="([^"]+)"', page) == [
        "Overrides",
        "Overrides 2",
        "Day",
        "Week",
        "On call",
    ]


def test_a_bar_says_exact_times_with_the_offset_of_their_instant_and_the_true_length(
    rota: Schedule, alice: User
):
    found = drawn(rota, alice, **{"from": "2026-03-23", "zone": "Europe/London"})
    week = [bar for bar in found.final.bars if bar.start.day == 23]
    assert [bar.when for bar in week] == [
        "Mon 23 Mar 09:00 +00:00 to Mon 30 Mar 09:00 +01:00, 167 h"
    ]
    assert [seam.text for seam in found.seams] == ["London +1 h"]


def test_the_viewer_picks_the_clocks(as_alice: Client, rota: Schedule):
    assert "clocks of UTC" in text_of(page_of(as_alice, rota))
    assert "clocks of Europe/London" in text_of(page_of(as_alice, rota, zone="schedule"))
    page = page_of(as_alice, rota, zone="Asia/Kathmandu")
    assert "clocks of Asia/Kathmandu" in text_of(page)
    assert any("Mon 16 Mar 14:45 +05:45" in text for text in bars_of(page))


@pytest.mark.parametrize(
    "asked",
    [
        {"zone": "Mars/Base"},
        {"zone": "../../etc/passwd"},
        {"zone": "a" * 999},
        {"view": "decade", "from": "yesterday"},
        {"from": "0001-01-01"},
        {"from": "9999-12-31", "view": "month"},
        {"from": "2026-13-01", "as": "pdf"},
    ],
)
def test_odd_wishes_count_as_none(as_alice: Client, rota: Schedule, asked: dict[str, str]):
    answer = as_alice.get(reverse("schedules:detail", args=[rota.public_id]), asked)
    assert answer.status_code == 200
    assert "clocks of UTC" in text_of(answer.content.decode())


@pytest.mark.parametrize(
    ("view", "day", "first", "last"),
    [
        ("week", "2026-03-16", "2026-03-16", "2026-03-22"),
        ("2weeks", "2026-03-16", "2026-03-16", "2026-03-29"),
        ("month", "2026-02-17", "2026-02-16", "2026-03-15"),
        ("month", "2026-12-31", "2026-12-28", "2027-01-24"),
    ],
)
def test_a_frame_is_whole_days_and_its_neighbours_touch_it(
    view: str, day: str, first: str, last: str, alice: User
):
    frame = frame_of({"view": view, "from": day}, NOW, alice.zone, "UTC")
    assert (frame.first.isoformat(), frame.final_day.isoformat()) == (first, last)
    for address, edge in ((frame.earlier, "last"), (frame.later, "first")):
        query = {key: value[0] for key, value in parse_qs(address[1:]).items()}
        other = frame_of(query, NOW, alice.zone, "UTC")
        assert getattr(other, edge) == getattr(frame, "first" if edge == "last" else "last")


def test_a_bar_leads_to_the_override_of_its_whole_shift(
    as_alice: Client, rota: Schedule, alice: User, bob: User
):
    found = drawn(rota, alice, **{"from": "2026-03-26", "view": "week"})
    bob_now, alice_next = found.final.bars[:2]
    query = parse_qs(urlsplit(alice_next.href).query)
    assert query["kind"] == ["REPLACE"]
    assert (query["start"], query["end"]) == (["2026-03-30T09:00"], ["2026-04-06T09:00"])
    assert alice_next.who == "Bob"
    assert query["replaces"] == [bob.public_id]
    assert parse_qs(urlsplit(bob_now.href).query)["start"] == ["2026-03-23T09:00"]
    assert as_alice.get(alice_next.href).status_code == 200


def test_the_past_and_people_who_only_look_get_no_links(rota: Schedule, alice: User, carol: User):
    assert not any(
        bar.href for bar in drawn(rota, alice, **{"from": "2026-03-02", "view": "week"}).final.bars
    )
    assert "kind=REPLACE" not in page_of(browser_of(carol), rota)


def test_gaps_are_marked_in_chart_and_list(as_alice: Client, rota: Schedule, carol: User):
    span = {"start": NOW + DAY, "end": NOW + DAY + 90 * timedelta(minutes=1)}
    commands.add_override(rota, kind="REMOVE", replaces=carol, confirm_gap=True, **span, **ACTING)
    page = page_of(as_alice, rota)
    assert "1 gap, 1 h 30 min in all" in text_of(page)
    gap = "Nobody, Tue 17 Mar 12:00 +00:00 to Tue 17 Mar 13:30 +00:00, 1 h 30 min"
    assert gap in bars_of(page)
    assert "kind=ADD" in page


def test_nobody_was_missing_before_the_schedule_was_made(alice: User):
    fresh = commands.create_schedule(name="Fresh", time_zone=LONDON, **ACTING)
    begins = (NOW + 3 * HOUR).replace(tzinfo=None)
    spec = LayerSpec(unit="week", anchor=begins, slots=[[alice.pk]])
    commands.add_layer(fresh, spec, name="Week", **ACTING)
    found = drawn(fresh, alice, **{"from": f"{NOW - 2 * DAY:%Y-%m-%d}", "view": "week"})
    assert found.frame.start < NOW
    assert [(bar.who, bar.start) for bar in found.final.bars] == [
        ("Nobody", NOW),
        ("Alice", NOW + 3 * HOUR),
    ]


def test_the_list_replaces_the_chart_when_asked(as_alice: Client, rota: Schedule):
    page = page_of(as_alice, rota, **{"as": "list"})
    assert "tl-chart" not in page
    assert "Carol Week" in text_of(page)


def test_what_is_drawn_is_what_the_resolver_answers(rota: Schedule, alice: User, bob: User):
    spec = LayerSpec(
        unit="hour",
        every=12,
        anchor=datetime(2026, 3, 1, 8),
        slots=[[bob.pk], [alice.pk]],
        priority=2,
        restrictions=OFFICE,
        time_zone="America/New_York",
    )
    commands.add_layer(rota, spec, name="Day", **ACTING)
    found = drawn(rota, alice, view="month")
    assert [week.lane.name for week in found.weeks][:2] == ["16 Mar – 22 Mar", "23 Mar – 29 Mar"]
    assert {one.initials for one in found.key} >= {"A", "B"}
    value = queries.load([rota.pk], start=found.frame.start, end=found.frame.end)[rota.pk]
    names = {user.pk: user.name for user in User.objects.all()}
    at = max(found.frame.start, rota.created_at) + timedelta(minutes=7)
    while at < found.frame.end:
        (bar,) = [bar for bar in found.final.bars if bar.start <= at < bar.end]
        asked = [names[user] for user in users_of(on_call(value, at))]
        assert bar.who == (" + ".join(asked) or "Nobody")
        at += timedelta(hours=5)


def test_a_month_of_five_layers_and_twenty_people_takes_few_queries(
    as_root: Client, rota: Schedule, layer: Layer, django_assert_max_num_queries
):
    people = [User.objects.create(email=f"p{n}@example.com", name=f"P{n}") for n in range(20)]
    for number in range(5):
        spec = LayerSpec(
            unit="day",
            anchor=datetime(2026, 3, 1, 9),
            slots=[[user.pk] for user in people],
            priority=number,
            restrictions=OFFICE if number else [],
        )
        commands.add_layer(rota, spec, name=f"L{number}", by=SYSTEM, now=NOW)
    path = reverse("schedules:detail", args=[rota.public_id]) + "?view=month"
    as_root.get(path)
    with django_assert_max_num_queries(12):
        assert as_root.get(path).status_code == 200


def test_clock_changes_of_a_year_have_a_page(as_alice: Client, rota: Schedule):
    text = text_of(as_alice.get(reverse("schedules:seams", args=[rota.public_id])).content.decode())
    assert "6 d 23 h instead of 7 d" in text
    assert "7 d 1 h instead of 7 d" in text
    stranger = browser_of(make_person("stranger", Role.USER))
    assert stranger.get(reverse("schedules:seams", args=[rota.public_id])).status_code == 404
