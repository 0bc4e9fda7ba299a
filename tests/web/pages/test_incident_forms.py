"""Forms of incidents: new, edit, resolve, snooze, assign, note. Each is also a page of its own."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from core.actor import SYSTEM
from incidents import commands
from incidents.models import Incident, Status
from tests.page_rules import HTMX, SignedInPage
from tests.web.pages.rules import IncidentPage


class IncidentForm(IncidentPage):
    """A form page of an incident: also reachable without JavaScript."""

    name = ""

    @pytest.fixture
    def url(self, incident: Incident) -> str:
        return reverse(f"incidents:{self.name}", args=[incident.pk])

    def test_it_is_a_page_of_its_own(self, as_alice: Client, url: str):
        page = as_alice.get(url).content.decode()
        assert "<form" in page
        assert "csrfmiddlewaretoken" in page


class TestNew(SignedInPage):
    @pytest.fixture
    def url(self) -> str:
        return reverse("incidents:create")

    def test_it_opens_an_incident(self, as_alice, bob, service, url):
        values = {
            "title": "Payments fail",
            "service": service.public_id,
            "urgency": "HIGH",
            "priority": "P1",
            "assignee": f"user:{bob.public_id}",
        }
        answer = as_alice.post(url, values)
        made = Incident.objects.get()
        assert answer.headers["Location"] == reverse("incidents:detail", args=[made.pk])
        assert (made.title, made.priority, made.assignee) == ("Payments fail", "P1", bob)

    def test_it_says_what_is_missing(self, as_alice, service, url):
        answer = as_alice.post(url, {"urgency": "HIGH"})
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {"title", "service"}

    def test_a_user_opens_incidents_for_own_services_only(self, as_carol, service, url):
        values = {"title": "Mine?", "service": service.public_id, "urgency": "LOW"}
        assert as_carol.post(url, values).status_code == 422
        assert not Incident.objects.exists()


class TestEdit(IncidentForm):
    name = "edit"

    def test_only_what_changed_leaves_an_entry(self, as_alice, incident, url):
        values = {"title": incident.title, "urgency": "LOW", "priority": "", "description": ""}
        as_alice.post(url, values)
        types = list(incident.events.values_list("type", flat=True))
        assert types == ["created", "urgency_changed"]


class TestResolve(IncidentForm):
    name = "resolution"

    def test_the_note_is_kept(self, as_alice, incident, url):
        as_alice.post(url, {"note": "Restarted it"})
        incident.refresh_from_db()
        assert incident.status == Status.RESOLVED
        assert incident.notes.get().content == "Restarted it"

    def test_the_note_is_optional(self, as_alice, incident, url):
        as_alice.post(url)
        incident.refresh_from_db()
        assert incident.status == Status.RESOLVED


class TestSnooze(IncidentForm):
    name = "snooze"

    @pytest.mark.parametrize(
        ("values", "minutes"),
        [({"minutes": "30"}, 30), ({"custom": "95"}, 95), ({"minutes": "30", "custom": "7"}, 7)],
    )
    def test_for_a_preset_or_so_many_minutes(self, as_alice, incident, url, values, minutes):
        as_alice.post(url, {**values, "reason": "After lunch"})
        incident.refresh_from_db()
        assert incident.status == Status.SNOOZED
        assert incident.snooze_reason == "After lunch"
        span = incident.snoozed_until - incident.last_status_change
        assert span == timedelta(minutes=minutes)

    @pytest.mark.parametrize("values", [{}, {"custom": "0"}, {"custom": "a"}, {"minutes": "-5"}])
    def test_without_a_time_it_asks_for_one(self, as_alice, incident, url, values):
        assert as_alice.post(url, values).status_code == 422
        incident.refresh_from_db()
        assert incident.status == Status.OPEN


class TestAssign(IncidentForm):
    name = "assignment"

    def test_to_a_person_a_team_or_nobody(self, as_alice, bob, platform, incident, url):
        for owner, expected in [
            (f"user:{bob.public_id}", (bob, None)),
            (f"team:{platform.public_id}", (None, platform)),
            ("", (None, None)),
        ]:
            as_alice.post(url, {"owner": owner})
            incident.refresh_from_db()
            assert (incident.assignee, incident.assigned_team) == expected
        assert incident.status == Status.OPEN

    def test_the_dialog_loads_the_form_alone(self, as_alice, url):
        fragment = as_alice.get(url, headers=HTMX).content.decode()
        assert fragment.lstrip().startswith("<form")

    def test_an_unknown_owner_is_refused(self, as_alice, url):
        assert as_alice.post(url, {"owner": "user:usr_nobody"}).status_code == 422


class TestNote(IncidentForm):
    name = "notes"

    def test_it_is_added(self, as_alice, incident, url):
        as_alice.post(url, {"content": "Looked at it"})
        assert incident.notes.get().author_label == "Alice"

    def test_an_empty_note_is_refused(self, as_alice, incident, url):
        assert as_alice.post(url, {"content": "  "}).status_code == 422

    def test_a_user_may_see_but_not_write(self, as_carol, carol, incident, url, now):
        commands.assign(incident, user=carol, by=SYSTEM, now=now)
        detail = reverse("incidents:detail", args=[incident.pk])
        assert "Write a note" not in as_carol.get(detail).content.decode()
        assert as_carol.post(url, {"content": "May I?"}).status_code == 403
