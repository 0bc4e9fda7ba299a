"""axe-core finds nothing on the main pages: on desk and phone, in both themes."""

import pytest
from django.urls import reverse

from accounts.models import Team, User
from core import clock
from dashboard.commands import demo
from escalation.models import EscalationPolicy
from incidents.models import Incident, Status
from notifications.commands import drills
from services.models import Service
from tests.axe import violations, violations_everywhere
from tests.browsers import Browse, settled

# What a page looks like does not depend on the database.
pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def paths(root: User) -> list[str]:
    """The pages of an organisation at work."""
    demo.fill(clock.now())
    test_page = drills.start_drill(root, by=root.as_actor("web"), now=clock.now())
    way = root.contact_methods.get()
    of_one = {
        "incidents:detail": Incident.objects.filter(status=Status.OPEN)[0].pk,
        "services:detail": Service.objects.all()[0].public_id,
        "escalation:detail": EscalationPolicy.objects.all()[0].public_id,
        "escalation:edit": EscalationPolicy.objects.all()[0].public_id,
        "users:detail": root.public_id,
        "notifications:rules": "HIGH",
        "notifications:verify": way.public_id,
        "notifications:drill": test_page.public_id,
        "teams:detail": Team.objects.all()[0].public_id,
    }
    lists = """home incidents:list incidents:create services:list escalation:list users:list
        teams:list account:profile settings:home notifications:reach dashboard:reachability
        notifications:monthly_drill""".split()
    return [
        *(reverse(name) for name in lists),
        *(reverse(name, args=[key]) for name, key in of_one.items()),
    ]


def test_everybody_can_use_the_main_pages(paths: list[str], browse: Browse, root: User):
    page = browse(root, "/")
    found = []
    for number, path in enumerate(paths):
        answer = page.goto(path)
        assert answer is not None and answer.ok, path
        settled(page)
        found += [f"{path}: {line}" for line in violations_everywhere(page, number)]
    assert found == []


def test_everybody_can_sign_in(browse: Browse, root: User):
    assert violations_everywhere(browse(None, reverse("account_login"))) == []


def test_axe_sees_what_cannot_be_read_or_named(browse: Browse, root: User):
    page = browse(None, "about:blank")
    pale = "<p style='color: #ccc; background: #fff'>pale</p>"
    page.set_content(f"<html lang=en><title>Bad</title><h1>Bad</h1>{pale}<img src=x></html>")
    assert [line.split()[0] for line in violations(page)] == ["color-contrast", "image-alt"]
