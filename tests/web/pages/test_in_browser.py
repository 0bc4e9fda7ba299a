"""The pages in a real browser against a real server: phone width, live parts, no scripts."""

from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core import clock
from core.actor import SYSTEM
from incidents import commands
from incidents.models import Status
from tests.cast import browser_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, live_server) -> Iterator[Visit]:
    """`visit(alice, "/", width=320)`: a page of a signed-in person."""
    contexts: list[BrowserContext] = []

    def go(person, path: str, *, width: int = 390, scripts: bool = True) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 844},
            java_script_enabled=scripts,
        )
        contexts.append(context)
        if person:
            session = browser_of(person).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(path)
        return page

    yield go
    for context in contexts:
        context.close()


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
