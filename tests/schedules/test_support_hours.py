"""Support hours as rows, on their pages and in the API."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts import commands as accounts
from accounts.models import User
from core.actor import SYSTEM
from core.errors import Conflict
from schedules import commands, queries
from schedules.models import SupportHours

pytestmark = [pytest.mark.once, pytest.mark.django_db]
NOW = datetime(2026, 12, 24, 12, tzinfo=UTC)  # Thursday, a day off in the calendar below
OFFICE = {"days": ["MON", "TUE", "WED", "THU", "FRI"], "start": "09:00", "end": "17:00"}
BODY = {"name": "Office", "timeZone": "Europe/Berlin", "windows": [OFFICE]}
FORM = {
    "name": "Office",
    "time_zone": "Europe/Berlin",
    "windows-TOTAL_FORMS": "1",
    "windows-INITIAL_FORMS": "0",
    "windows-0-days": OFFICE["days"],
    "windows-0-start": "09:00",
    "windows-0-end": "17:00",
}


@pytest.fixture(autouse=True)
def _on_christmas_eve():
    with time_machine.travel(NOW, tick=False):
        yield


def made(**more: object) -> SupportHours:
    values = {"name": "Office", "time_zone": "Europe/Berlin", "windows": [OFFICE], "holidays": None}
    return commands.save_support_hours(None, **(values | more), by=SYSTEM, now=NOW)


def is_open(hours: SupportHours) -> bool:
    return queries.hours_of([hours.pk], NOW)[hours.pk].open_at(NOW)


def test_a_day_taken_into_the_holiday_calendar_closes_at_once():
    place = {"country": "", "subdivision": "", "by": SYSTEM}
    calendar = commands.save_holidays(None, name="Ours", days=[], now=NOW, **place)
    hours = made(holidays=calendar)
    assert is_open(hours)
    later = NOW.replace(hour=13)
    days = [{"date": "2026-12-24", "name": "Eve"}]
    commands.save_holidays(calendar, name="Ours", days=days, now=later, **place)
    assert not is_open(hours)
    hours.refresh_from_db()
    assert hours.changed_at == later


def test_hours_in_use_are_not_deleted(settings):
    hours = made()
    settings.SUPPORT_HOURS_USERS = (f"{__name__}.checkout",)
    with pytest.raises(Conflict, match="Checkout"):
        commands.delete_support_hours(hours, by=SYSTEM, now=NOW)
    settings.SUPPORT_HOURS_USERS = ()
    commands.delete_support_hours(hours, by=SYSTEM, now=NOW)
    assert not queries.support_hours().exists()
    assert is_open(hours)  # for what referred to them
    made()  # the name is free again


def checkout(_: int) -> list[str]:
    return ["the service Checkout"]


def test_an_admin_makes_and_changes_hours_by_form(as_root: Client):
    url = reverse("schedules:create_support_hours")
    more = as_root.post(url, FORM | {"do": "windows:add:0"}).content.decode()
    assert 'name="windows-1-start"' in more and not SupportHours.objects.exists()
    refused = as_root.post(url, FORM | {"windows-TOTAL_FORMS": "0"})
    assert refused.status_code == 422 and b"at least one line" in refused.content
    page = as_root.post(url, FORM, follow=True).content.decode()
    assert "Open until" in page
    index = as_root.get(reverse("schedules:support_hours")).content.decode()
    assert "Mon-Fri 09:00-17:00 · Europe/Berlin" in index


def test_the_api_makes_reads_and_refuses(root: User, bob: User):
    def caller(user: User) -> APIClient:
        scopes = ["schedules:read", "schedules:write"]
        _, key = accounts.create_api_key(user, name="k", scopes=scopes, by=SYSTEM, now=NOW)
        return APIClient(headers={"Authorization": f"Bearer {key}"})

    admin, responder = caller(root), caller(bob)
    assert responder.post("/api/support-hours", BODY, format="json").status_code == 403
    made = admin.post("/api/support-hours", BODY, format="json")
    assert made.status_code == 201
    address = f"/api/support-hours/{made.json()['id']}"
    later = responder.get(address, {"at": "2026-12-24T16:30:00Z"}).json()
    assert (later["open"], later["nextOpen"]) == (False, "2026-12-25T08:00:00Z")
    assert admin.post("/api/support-hours", BODY, format="json").status_code == 409
    assert admin.put(address, BODY | {"windows": []}, format="json").status_code == 422
    assert admin.delete(address).status_code == 204
    assert admin.get("/api/support-hours").json()["total"] == 0
