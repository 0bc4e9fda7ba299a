"""The board in a real browser: it renews itself, and says so when nobody answers."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from core import clock, config
from core.actor import SYSTEM
from schedules import commands
from schedules.models import Schedule

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    """A browser needs a clock that goes on."""
    with time_machine.travel(clock.now(), tick=True):
        yield


def cover(rota: Schedule, user: User) -> None:
    """From now on, for an hour."""
    now = clock.now()
    end = now + timedelta(hours=1)
    commands.add_override(rota, kind="COVER_ALL", user=user, start=now, end=end, by=SYSTEM, now=now)


@pytest.fixture
def wall(chromium: Browser, live_server, rota: Schedule, carol: User) -> Iterator[Page]:
    """A public board on the smallest screen; its clock is moved by hand. Carol is on call."""
    config.put("public_boards", True)
    acting = {"by": SYSTEM, "now": clock.now()}
    cover(rota, carol)
    _, token = commands.create_board_link(name="Wall", schedules=[rota], name_form="FULL", **acting)
    page = chromium.new_page(viewport={"width": 320, "height": 640})
    page.clock.install()
    page.goto(live_server.url + reverse("schedules:public_board", args=[token]))
    yield page
    page.close()


def test_the_board_renews_itself(wall: Page, rota: Schedule, alice: User):
    expect(wall.locator(".board-people")).to_have_text("Carol")
    cover(rota, alice)
    wall.clock.run_for(16_000)
    expect(wall.locator(".board-people")).to_have_text("Alice")


def test_old_data_is_called_old(wall: Page):
    assert not wall.evaluate("document.documentElement.scrollWidth > innerWidth")
    wall.route("**/*part=1*", lambda route: route.abort())
    wall.clock.run_for(60_000)
    expect(wall.locator("#board-age")).to_contain_text("s old: the server does not answer")
    expect(wall.locator(".board-people")).to_have_text("Carol")
    wall.unroute("**/*part=1*")
    wall.clock.run_for(16_000)
    expect(wall.locator("#board-age")).to_contain_text("as of")


def test_a_board_that_is_switched_off_goes_dark(wall: Page):
    config.put("public_boards", False)
    config.forget()
    wall.clock.run_for(16_000)
    expect(wall.locator(".board-people")).to_have_count(0)
