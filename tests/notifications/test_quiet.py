"""Quiet hours: what waits, until when, and what never does."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from core.actor import SYSTEM
from notifications import commands, queries
from notifications.domain.quiet import QuietHours, may_be_held, quiet_until
from notifications.models import Delivery, InAppNotification
from schedules import commands as schedules
from schedules.commands import LayerSpec
from tests.notifications.conftest import hook, page
from tests.page_rules import PageRules

NIGHT = datetime(2026, 3, 4, 23, tzinfo=UTC)  # a Wednesday
MORNING = datetime(2026, 3, 5, 7, tzinfo=UTC)
ALL_DAYS = range(7)
TIMES = st.times().map(lambda value: value.replace(second=0, microsecond=0))


def hours(start: str, end: str, days=ALL_DAYS, zone: str = "UTC") -> QuietHours:
    return QuietHours(time.fromisoformat(start), time.fromisoformat(end), days, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-04T21:59:59", None),
        ("2026-03-04T22:00:00", "2026-03-05T07:00"),
        ("2026-03-05T06:59:59", "2026-03-05T07:00"),
        ("2026-03-05T07:00:00", None),
        ("2026-03-05T23:00:00", None),  # begins on Wednesdays only
    ],
)
def test_the_night_belongs_to_the_day_on_which_it_begins(at: str, until: str | None) -> None:
    found = quiet_until(hours("22:00", "07:00", {2}), datetime.fromisoformat(at + "+00:00"))
    assert found == (until and datetime.fromisoformat(until + "+00:00"))


def test_the_end_is_by_the_clock_also_when_the_clock_changes() -> None:
    rule = hours("22:00", "07:00", zone="Europe/Berlin")
    spring = quiet_until(rule, datetime(2026, 3, 28, 23, tzinfo=UTC))
    assert spring == datetime(2026, 3, 29, 5, tzinfo=UTC)  # 07:00 in summer time


@given(
    TIMES,
    TIMES,
    st.frozensets(st.integers(0, 6)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)
def test_a_wait_ends_within_a_day_and_not_before_it_begins(start, end, days, zone, at) -> None:
    until = quiet_until(QuietHours(start, end, days, ZoneInfo(zone)), at)
    if until is not None:
        assert timedelta(0) < until - at <= timedelta(hours=26)
        assert days


@given(st.booleans(), st.booleans())
def test_high_urgency_is_never_held_back(may_wait: bool, everything: bool) -> None:
    assert not may_be_held("HIGH", may_wait=may_wait, all_channels=everything)


@pytest.fixture
def asleep(alice: User) -> User:
    set_hours(alice)
    return alice


def set_hours(user: User, **more: object) -> None:
    times = {"start": time(22), "end": time(7)}
    commands.set_quiet_hours(user, **times, **more, by=SYSTEM, now=NIGHT)  # type: ignore[arg-type]


def due(user: User, **more: object) -> list[datetime]:
    more = {"urgency": "LOW", "may_wait": True} | more
    return [row.next_attempt_at for row in page(user, now=NIGHT, **more)]


@pytest.mark.django_db
class TestPages:
    def test_what_may_wait_waits_and_the_bell_has_it_at_once(self, asleep: User) -> None:
        assert due(asleep) == [MORNING]
        assert InAppNotification.objects.get().created_at == NIGHT
        assert commands.cancel("thing", [7], "acknowledged", now=NIGHT) == 1

    @pytest.mark.parametrize(
        "loud", [{"urgency": "HIGH"}, {"all_channels": True}, {"may_wait": False}]
    )
    def test_what_may_not_wait_comes_at_once(self, asleep: User, loud: dict) -> None:
        assert due(asleep, **loud) == [NIGHT]

    def test_a_mail_may_come_meanwhile(self, alice: User) -> None:
        hook(alice, "https://hooks.example.com/alice")
        set_hours(alice, mail_meanwhile=True)
        assert due(alice) == [NIGHT]
        assert Delivery.objects.get().channel == "EMAIL"

    def test_without_any_mail_it_waits_rather_than_ring(self, alice: User) -> None:
        hook(alice, "https://hooks.example.com/alice")
        commands.remove_method(queries.methods_of(alice)[0], by=SYSTEM, now=NIGHT)
        set_hours(alice, mail_meanwhile=True)
        assert due(alice) == [MORNING]

    def test_whoever_is_on_call_is_reached(self, asleep: User, bob: User) -> None:
        set_hours(bob)
        rota = schedules.create_schedule(name="Primary", time_zone="UTC", by=SYSTEM, now=NIGHT)
        spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[asleep.pk]])
        schedules.add_layer(rota, spec, name="Week", by=SYSTEM, now=NIGHT)
        assert due(asleep, page_key="duty") == [NIGHT]
        assert due(bob) == [MORNING]

    def test_what_cannot_be_told_is_loud(self, asleep: User, settings) -> None:
        settings.ON_DUTY = "schedules.queries.no_such_thing"
        assert due(asleep) == [NIGHT]

    def test_the_api_sets_shows_and_clears_them(self, api, alice: User, bob: User, root: User):
        mine = "/api/users/me/quiet-hours"
        body = {"start": "22:00", "end": "07:00", "days": [0, 4], "mailMeanwhile": True}
        saved = api(alice).put(mine, body).json()
        assert saved == {"quietHours": body | {"timeZone": ""}}
        theirs = f"/api/users/{alice.public_id}/quiet-hours"
        assert api(root).get(theirs).json() == saved
        assert [api(bob).get(theirs).status_code, api(root).put(theirs, body).status_code] == [
            403,
            403,
        ]
        for wrong in ({"end": "22:00"}, {"days": []}, {"days": [7]}, {"timeZone": "Mars"}):
            answer = api(alice).put(mine, body | wrong)
            assert answer.status_code == 422
            if "days" not in wrong:
                assert answer.json()["error"]["details"]["field"] in {*wrong, "start"}
        assert api(alice).delete(mine).status_code == 204
        assert api(alice).get(mine).json() == {"quietHours": None}

    def test_they_are_chosen_and_cleared_on_a_page(self, as_alice: Client, alice: User) -> None:
        home = "/profile/quiet-hours/"
        data = {"start": "21:30", "end": "06:00", "days": ["0", "1"]}
        shown = as_alice.post(home, data, follow=True).content.decode()
        assert "21:30 to 06:00" in shown
        assert as_alice.post(home, data | {"end": "21:30"}).status_code == 422
        assert (
            "None: everything comes at once"
            in as_alice.post(f"{home}clear/", follow=True).content.decode()
        )


@pytest.mark.django_db
class TestQuietHoursRules(PageRules):
    name = "notifications:quiet_hours"


@pytest.mark.django_db
class TestClearRules(PageRules):
    name = "notifications:clear_quiet_hours"
    post_only = True
