"""Pages of the record, of fairness and of holidays: what people read and may do there."""

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, Team, User
from core.actor import SYSTEM
from core.csv_file import csv_response
from schedules import commands
from schedules.models import HolidayCalendar, Layer, LedgerMark, LedgerSpan, OverrideKind, Schedule
from tests.cast import browser_of, make_person
from tests.web.schedules.conftest import ACTING, DAY, HOUR, NOW, controls, text_of

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
MONDAY = NOW - 14 * DAY - 3 * HOUR


@pytest.fixture
def recorded(rota: Schedule, layer: Layer) -> Schedule:
    """Two weeks are on record: Alice's and Bob's."""
    LedgerMark.objects.update(began_at=MONDAY, recorded_until=MONDAY)
    commands.record([rota.pk], now=NOW)
    return rota


@pytest.fixture
def corrected(recorded: Schedule, alice: User, bob: User, root: User) -> Schedule:
    commands.add_override(
        recorded,
        kind=OverrideKind.REPLACE,
        user=bob,
        replaces=alice,
        start=MONDAY + DAY,
        end=MONDAY + 2 * DAY,
        by=root.as_actor("web"),
        now=NOW,
    )
    return recorded


def read(client: Client, name: str, *arguments: str, **query: str) -> str:
    response = client.get(reverse(f"schedules:{name}", args=arguments), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_record_says_who_served_and_who_serves(as_bob: Client, recorded: Schedule):
    text = text_of(read(as_bob, "record", recorded.public_id))
    assert "Going on now" in text
    assert "Alice" in text and "168 h 00 min" in text
    assert "Carol since" in text


def test_what_was_corrected_is_struck_through_with_its_reason(as_bob: Client, corrected: Schedule):
    page = read(as_bob, "record", corrected.public_id)
    assert "<s>Alice</s>" in page
    assert "by Root" in text_of(page)
    assert "override: Replace a person" in text_of(page)


def test_a_plan_is_not_offered_where_only_the_past_stands(as_bob: Client, recorded: Schedule):
    assert "as planned" not in read(as_bob, "record", recorded.public_id)
    assert "as planned" in read(as_bob, "fairness", recorded.public_id)


def test_the_record_of_one_person(as_bob: Client, recorded: Schedule, bob: User):
    page = read(as_bob, "record", recorded.public_id, person=bob.public_id)
    table = page.split("<tbody>")[1].split("</tbody>")[0]
    assert "Bob" in table and "Alice" not in table


def test_other_dates(as_bob: Client, recorded: Schedule):
    page = read(as_bob, "record", recorded.public_id, **{"from": "2025-01-01", "to": "2025-02-01"})
    assert "Nothing on record then" in page
    wrong = read(as_bob, "record", recorded.public_id, **{"from": "nonsense", "to": "2025-02-01"})
    assert "This period does not work" in wrong and "<tbody>" in wrong


def test_an_empty_record_teaches(as_bob: Client, rota: Schedule):
    assert "The record begins" in read(as_bob, "record", rota.public_id)


def test_the_file_has_every_row_and_runs_no_formula(
    as_bob: Client, corrected: Schedule, alice: User
):
    LedgerMark.objects.update(open_spans=[])
    LedgerSpan.objects.create(
        schedule=corrected,
        user_name="=HYPERLINK(1)",
        start=MONDAY,
        end=MONDAY + HOUR,
        reason_type="layer",
        reason="@week",
        recorded_at=NOW,
    )
    response = as_bob.get(reverse("schedules:record_csv", args=[corrected.public_id]))
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row["State"] for row in rows if row["Person"] == "Alice"].count("corrected") == 1
    (hostile,) = [row for row in rows if "HYPERLINK" in row["Person"]]
    assert (hostile["Person"], hostile["Reason"]) == ("'=HYPERLINK(1)", "'@week")
    assert hostile["Minutes"] == "60.0"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\n=1"])
def test_what_a_spreadsheet_would_run_is_text(text: str):
    content = csv_response("x", ["a"], [[text]]).content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content, newline=""))) == [["a"], [f"'{text}"]]


def test_numbers_stay_numbers():
    assert b"-1,ok\r\n" in csv_response("x", ["a", "b"], [[-1, "ok"]]).content


@pytest.mark.parametrize("name", ["record_csv", "fairness_csv"])
def test_files_are_for_those_who_may_export(as_carol: Client, recorded: Schedule, name: str):
    arguments = [recorded.public_id] if name == "record_csv" else []
    assert as_carol.get(reverse(f"schedules:{name}", args=arguments)).status_code == 403


@pytest.mark.parametrize("name", ["record", "fairness"])
def test_who_is_not_on_it_sees_nothing_of_it(recorded: Schedule, name: str):
    stranger = browser_of(make_person("mallory", Role.USER))
    url = reverse(f"schedules:{name}", args=[recorded.public_id])
    assert stranger.get(url).status_code == 404


def test_fairness_adds_up_and_says_so(as_bob: Client, recorded: Schedule):
    page = read(as_bob, "fairness", recorded.public_id, period="quarter")
    text = text_of(page)
    assert "Checked All spans together are" in text
    assert "On record up to" in text
    assert "Alice" in text and 'class="load-total"' in page


def test_a_plan_is_called_a_plan(as_bob: Client, recorded: Schedule):
    text = text_of(read(as_bob, "fairness", recorded.public_id, period="next-quarter"))
    assert "This is a plan" in text
    assert "choose a period that has begun" in text


def test_a_schedule_without_a_past_shows_where_to_look(as_bob: Client, rota: Schedule):
    text = text_of(read(as_bob, "fairness", rota.public_id))
    assert "The record begins" in text and "Next quarter" in text


def test_fairness_of_a_team(as_bob: Client, recorded: Schedule, platform: Team):
    assert "Nobody was on call" in read(as_bob, "all_fairness", team=platform.public_id)
    recorded.team = platform
    recorded.save()
    assert "Alice" in text_of(read(as_bob, "all_fairness", team=platform.public_id))
    assert as_bob.get(reverse("schedules:all_fairness"), {"team": "tm_x"}).status_code == 404


def test_a_suggested_order_fills_the_form_of_the_layer(
    as_bob: Client, recorded: Schedule, bob: User, carol: User
):
    week = {"start": MONDAY + 7 * DAY, "end": MONDAY + 14 * DAY}
    commands.add_override(
        recorded, kind=OverrideKind.REPLACE, user=carol, replaces=bob, **week, **ACTING
    )
    page = read(as_bob, "fairness", recorded.public_id)
    assert "Bob will have carried the least by then and would begin" in text_of(page)
    address = re.search(r'href="(\S+\?order=[^"]+)"', page)[1]
    form = as_bob.get(address.replace("&amp;", "&")).content.decode()
    sent = controls(form)
    assert sent["people-0-person"] == bob.public_id
    assert sent["anchor"] == "2026-03-23T09:00"
    assert sent["restart"] == ["on"]


def test_an_order_that_is_none_is_left_alone(as_bob: Client, rota: Schedule, layer: Layer):
    url = reverse("schedules:edit_layer", args=[rota.public_id, layer.public_id])
    for order in ("0,0,1", "5,1,2", "x", "0,1"):
        sent = controls(
            as_bob.get(url, {"order": order, "anchor": "2026-03-23T09:00"}).content.decode()
        )
        assert sent["anchor"] == "2026-03-02T09:00"


def test_the_figures_as_a_file(as_bob: Client, recorded: Schedule):
    query = {"from": "2026-03-02", "to": "2026-03-08", "schedule": recorded.public_id}
    response = as_bob.get(reverse("schedules:fairness_csv"), query)
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    minutes = (7 * DAY - 9 * HOUR) / timedelta(minutes=1)
    assert [(row["Person"], float(row["On call (minutes)"])) for row in rows] == [
        ("Alice", minutes)
    ]


# Holiday calendars


def bavaria() -> HolidayCalendar:
    return commands.save_holidays(
        None, name="Bavaria", country="DE", subdivision="BY", days=[], **ACTING
    )


def test_an_admin_makes_a_calendar_and_a_responder_chooses_it(
    as_root: Client, as_bob: Client, recorded: Schedule
):
    form = {"name": "Bavaria", "country": "DE", "subdivision": "BY", "days": "2026-03-04 Off\n\n"}
    response = as_root.post(reverse("schedules:create_holidays"), form, follow=True)
    text = text_of(response.content.decode())
    assert "Epiphany" in text and "Off" in text
    calendar = HolidayCalendar.objects.get()
    as_bob.post(
        reverse("schedules:choose_holidays", args=[recorded.public_id]),
        {"calendar": calendar.public_id},
    )
    recorded.refresh_from_db()
    assert recorded.holidays == calendar
    assert "1 schedule" in text_of(read(as_bob, "holidays"))


def test_a_wrong_day_is_said_beside_the_field(as_root: Client):
    form = {"name": "Mine", "country": "", "subdivision": "", "days": "Christmas"}
    response = as_root.post(reverse("schedules:create_holidays"), form)
    assert response.status_code == 422
    assert "is no date" in response.content.decode()


def test_a_deleted_calendar_counts_no_more(as_root: Client, rota: Schedule):
    calendar = bavaria()
    commands.choose_holidays(rota, calendar, by=SYSTEM, now=NOW)
    as_root.post(reverse("schedules:delete_holidays", args=[calendar.public_id]))
    rota.refresh_from_db()
    assert rota.holidays is None
    assert "No holiday calendars yet" in read(as_root, "holidays")


def test_only_what_is_there_can_be_chosen(as_bob: Client, rota: Schedule):
    url = reverse("schedules:choose_holidays", args=[rota.public_id])
    assert as_bob.post(url, {"calendar": "hol_nothing"}).status_code == 404
    assert as_bob.post(url, {"calendar": ""}).status_code == 302


def test_dates_are_read_in_the_zone_of_the_viewer(as_bob: Client, recorded: Schedule, bob: User):
    bob.time_zone = "Asia/Tokyo"
    bob.save()
    page = read(as_bob, "record", recorded.public_id, **{"from": "2026-03-09", "to": "2026-03-09"})
    table = page.split("<tbody>")[1].split("</tbody>")[0]
    assert "Alice" in table and "Bob" in table
    assert datetime(2026, 3, 9, 15, tzinfo=NOW.tzinfo) > MONDAY + 7 * DAY
