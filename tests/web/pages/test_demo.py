"""`manage.py demo`: sample data in every state, once."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import Team, User
from escalation.models import EscalationPolicy
from incidents import publishing
from incidents.models import EscalationState, Incident, IncidentEvent, Page, Status
from incidents.queries import orphans
from notifications.models import OPEN_STATES, Delivery
from schedules.models import Layer
from services.models import Integration, Service

pytestmark = pytest.mark.once


def run() -> str:
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def counts() -> list[int]:
    nouns = (User, Team, Layer, EscalationPolicy, Service, Integration, Incident, IncidentEvent)
    return [noun.objects.count() for noun in nouns]


def test_it_fills_an_empty_installation_and_changes_nothing_twice(db):
    said = run()
    assert counts()[:-1] == [4, 2, 2, 2, 5, 5, 12]
    assert set(Incident.objects.values_list("status", flat=True)) == set(Status)
    assert Incident.objects.filter(escalation_state=EscalationState.EXHAUSTED).exists()
    assert Page.objects.exists()
    assert "alice@example.com" in said
    before = counts()
    assert "The sample data are there" in run()
    assert counts() == before


def test_it_is_mixed_with_nobodys_real_work(service):
    before = counts()
    with pytest.raises(CommandError, match="Nothing was added"):
        run()
    assert counts() == before
    call_command("demo", "--force", stdout=StringIO())
    assert "The sample data are there" in run()


def test_nobody_is_mailed_about_the_past(db, now):
    run()
    assert publishing.publish_due(now) == 0
    assert not Delivery.objects.filter(state__in=OPEN_STATES).exists()
    assert not orphans(now).exists()


def test_it_takes_the_admin_that_exists(root, as_root):
    run()
    assert not User.objects.filter(email="alice@example.com").exists()
    assert as_root.get(reverse("incidents:list") + "?status=all").context["tabs"][-1].count == 12
