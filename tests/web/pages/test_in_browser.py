"""The pages in a real browser against a real server: phone width, live parts, no scripts."""

from functools import partial

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from core import clock
from core.actor import SYSTEM
from incidents import commands
from incidents.models import Status
from tests.browsers import PHONE, Browse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(browse: Browse) -> Browse:
    """`visit(alice, "/", width=320)`: a page of a signed-in person, else on a phone."""
    return partial(browse, width=PHONE)


def test_what_is_being_typed_survives_news(visit, alice, incident):
    page = visit(alice, reverse("incidents:detail", args=[incident.pk]), width=1440)
    page.get_by_label("Note").fill("Half a thought")
    commands.acknowledge(incident, by=SYSTEM, now=clock.now())
    expect(page.locator("#incident-head")).to_contain_text("OpsKnight has it", timeout=10_000)
    expect(page.locator("#incident-activity")).to_contain_text("Acknowledged it")
    expect(page.get_by_label("Note")).to_have_value("Half a thought")
    expect(page.get_by_label("Note")).to_be_focused()


def test_a_list_follows_what_happens_and_keeps_ticks(visit, alice, incident, open_incident):
    page = visit(alice, reverse("incidents:list"), width=1440)
    page.get_by_label(f"Select #{incident.pk}").check()
    open_incident("Fresh one")
    expect(page.locator("#incident-list")).to_contain_text("Fresh one", timeout=10_000)
    expect(page.get_by_role("status").first).to_contain_text("1 new")
    expect(page.get_by_label(f"Select #{incident.pk}")).to_be_checked()
    with page.expect_response(lambda answer: answer.status == 304):
        pass  # a poll that finds nothing new must leave the list alone
    expect(page.locator("#incident-list")).to_contain_text("Fresh one")


def test_acknowledge_is_one_click_and_can_be_undone(visit, alice, incident):
    page = visit(alice, reverse("incidents:detail", args=[incident.pk]))
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#incident-head")).to_contain_text("Alice has it")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#incident-head")).to_contain_text("If nobody acknowledges")


def test_the_verbs_work_without_scripts(visit, alice, incident):
    page = visit(alice, reverse("incidents:detail", args=[incident.pk]), scripts=False)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#incident-head")).to_contain_text("Alice has it")
    page.get_by_role("link", name="Resolve").click()
    page.get_by_label("What fixed it?").fill("A restart")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("#incident-activity")).to_contain_text("A restart")
    incident.refresh_from_db()
    assert incident.status == Status.RESOLVED
