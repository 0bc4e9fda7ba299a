"""Pages of time off: one's own, that of others, calendars, and conflicts on the schedule's page."""

import html
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Team, User
from schedules import commands
from schedules.models import AbsenceCalendar, Schedule, TimeOff
from tests.web.schedules.conftest import DAY, NOW, layer_form, page_of, text_of

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

OWN = "/profile/time-off/"
# Alice has the pager of the rota for a week.
ALICES = datetime(2026, 3, 23, 9, tzinfo=UTC)


def off(user: User, start: datetime, end: datetime, **more: str) -> TimeOff:
    return commands.add_time_off(
        user, start=start, end=end, by=user.as_actor("web"), now=NOW, **more
    )


def test_whole_days_are_those_of_the_persons_zone(as_carol: Client, carol: User):
    User.objects.filter(pk=carol.pk).update(time_zone="America/New_York")
    form = {"first_day": "2026-04-01", "last_day": "2026-04-02", "note": "Holiday"}
    assert as_carol.post(OWN, form).status_code == 302
    row = TimeOff.objects.get()
    assert (row.start, row.end) == (
        datetime(2026, 4, 1, 4, tzinfo=UTC),
        datetime(2026, 4, 3, 4, tzinfo=UTC),
    )
    page = text_of(as_carol.get(OWN).content.decode())
    assert "Wed 1 Apr 2026 – Thu 2 Apr 2026 Holiday" in page


def test_exact_times_on_one_day(as_carol: Client):
    as_carol.post(OWN, {"first_day": "2026-04-01", "from_time": "13:00", "until_time": "17:30"})
    row = TimeOff.objects.get()
    assert row.end - row.start == timedelta(hours=4, minutes=30)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "This field is required"),
        ({"first_day": "2026-04-02", "last_day": "2026-04-01"}, "lies before the first"),
        ({"first_day": "9999-12-31"}, "Choose a year between"),
        ({"first_day": "2026-03-01"}, "That is over already"),
        (
            {"first_day": "2026-04-01", "from_time": "9:00", "until_time": "08:00"},
            "before the start",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    as_carol: Client, form: dict[str, str], words: str
):
    answer = as_carol.post(OWN, form | {"note": "Sailing"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "Sailing" in page
    assert not TimeOff.objects.exists()


def test_overlapping_entries_are_shown_as_one_period(as_carol: Client, carol: User):
    off(carol, NOW + DAY, NOW + 3 * DAY, note="Course")
    off(carol, NOW + 2 * DAY, NOW + 4 * DAY, note="Holiday")
    page = as_carol.get(OWN).content.decode()
    assert page.count('class="list-row"') == 1
    assert "Course" in page
    assert "Holiday" in page


def test_cancelling_can_be_undone(as_carol: Client, carol: User):
    row = off(carol, NOW + DAY, NOW + 3 * DAY)
    answer = as_carol.post(reverse("schedules:cancel_time_off", args=[row.public_id]), follow=True)
    undo = reverse("schedules:restore_time_off", args=[row.public_id])
    assert f'action="{undo}"' in answer.content.decode()
    assert "No time off" in text_of(answer.content.decode())
    as_carol.post(undo)
    row.refresh_from_db()
    assert row.cancelled_at is None


def test_a_lead_enters_it_for_others_and_strangers_may_not_look(
    as_alice: Client, as_carol: Client, alice: User, bob: User, platform: Team
):
    url = reverse("schedules:time_off_of", args=[bob.public_id])
    assert as_alice.get(url).status_code == 403
    platform.lead = alice
    platform.save()
    assert as_alice.post(url, {"first_day": "2026-04-01"}).status_code == 302
    assert TimeOff.objects.get().user == bob
    assert as_carol.get(url).status_code == 403
    cancel = reverse("schedules:cancel_time_off", args=[TimeOff.objects.get().public_id])
    assert as_carol.post(cancel).status_code == 404


def test_the_schedules_page_says_who_is_away_and_who_is_free(
    as_bob: Client, alice: User, rota: Schedule
):
    assert "on call while away" not in page_of(as_bob, rota)
    off(alice, ALICES + DAY, ALICES + 2 * DAY)
    page = page_of(as_bob, rota)
    assert "Somebody is on call while away" in text_of(page)
    assert "Alice, Tue 24 Mar, 09:00 – Wed 25 Mar, 09:00 Carol is free" in text_of(page)


def test_one_click_leads_to_the_filled_override_form(
    as_bob: Client, alice: User, carol: User, rota: Schedule
):
    off(alice, ALICES + DAY, ALICES + 2 * DAY)
    page = as_bob.get(reverse("schedules:conflicts", args=[rota.public_id])).content.decode()
    links = re.findall(r'href="([^"]*overrides/[^"]*)"', page)
    target = html.unescape(links[0])
    assert parse_qs(urlsplit(target).query) == {
        "kind": ["REPLACE"],
        "replaces": [alice.public_id],
        "user": [carol.public_id],
        "start": ["2026-03-24T09:00"],
        "end": ["2026-03-25T09:00"],
    }
    form = as_bob.get(target).content.decode()
    assert f'value="{carol.public_id}" selected' in form


def test_ones_own_page_names_the_schedule_and_offers_no_override_to_a_user(
    as_carol: Client, carol: User, rota: Schedule
):
    off(carol, NOW, NOW + DAY)
    page = as_carol.get(OWN).content.decode()
    assert "You are on call while away" in text_of(page)
    assert "Free then: " in text_of(page)
    assert "overrides/" not in page


def test_a_calendar_is_added_shown_with_its_problem_and_removed(as_carol: Client, carol: User):
    form = {"name": "Mine", "url": "https://example.com/secret.ics", "time_zone": "UTC"}
    url = reverse("schedules:add_absence_calendar")
    page = as_carol.post(url, form, follow=True).content.decode()
    assert "Is read in a moment" in text_of(page)
    assert "secret.ics" not in page
    row = AbsenceCalendar.objects.get()
    AbsenceCalendar.objects.update(
        checked_at=NOW, good_at=NOW - 2 * DAY, problem="The server answered 404"
    )
    page = text_of(as_carol.get(OWN).content.decode())
    assert "Read 2 d ago" in page
    assert "The server answered 404. What was read before still counts." in page
    as_carol.post(reverse("schedules:refresh_absence_calendar", args=[row.public_id]))
    as_carol.post(reverse("schedules:remove_absence_calendar", args=[row.public_id]))
    assert not AbsenceCalendar.objects.exists()


def test_an_address_that_may_not_be_called_is_refused_beside_the_field(as_carol: Client):
    form = {"name": "Mine", "url": "http://127.0.0.1/x.ics", "time_zone": "UTC"}
    answer = as_carol.post(reverse("schedules:add_absence_calendar"), form)
    assert answer.status_code == 422
    assert "This address cannot be used" in answer.content.decode()


def test_nobody_touches_the_calendar_of_somebody_else(as_carol: Client, bob: User):
    row = commands.add_calendar(
        bob,
        name="Bobs",
        url="https://example.com/x",
        time_zone="UTC",
        by=bob.as_actor("web"),
        now=NOW,
    )
    for name in ("refresh_absence_calendar", "remove_absence_calendar"):
        assert as_carol.post(reverse(f"schedules:{name}", args=[row.public_id])).status_code == 404


def test_saving_a_layer_warns_of_people_who_are_away(as_bob: Client, alice: User, rota: Schedule):
    off(alice, ALICES + DAY, ALICES + 2 * DAY)
    url = reverse("schedules:add_layer", args=[rota.public_id])
    answer = as_bob.post(url, layer_form(alice, priority="5"), follow=True)
    assert "Alice is on call while away, first Tue 24 Mar, 09:00" in answer.content.decode()
