"""A form that is sent twice within a moment arrives once."""

import time
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts import commands
from accounts.models import Team, User
from services.models import Integration, Service
from tests.browsers import Browse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server takes so long that a second press gets there before the answer."""
    create = commands.create_team

    def slowly(*given: Any, **more: Any) -> Team:
        team = create(*given, **more)
        time.sleep(0.5)
        return team

    monkeypatch.setattr(commands, "create_team", slowly)


@pytest.mark.usefixtures("slow")
def test_an_impatient_press_makes_no_second_team(browse: Browse, root: User):
    page = browse(root, reverse("teams:create"))
    page.get_by_label("Name").fill("Payments")
    page.locator("main form [type=submit]").evaluate(
        "it => { it.click(); setTimeout(() => it.click(), 200) }"
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("Payments")
    assert Team.objects.count() == 1


@pytest.mark.usefixtures("slow")
def test_what_was_corrected_meanwhile_is_sent(browse: Browse, root: User):
    page = browse(root, reverse("teams:create"))
    page.get_by_label("Name").fill("First")
    page.locator("main form").evaluate(
        """it => {
            it.querySelector("[type=submit]").click()
            setTimeout(() => {
                it.elements.name.value = "Corrected"
                it.querySelector("[type=submit]").click()
            }, 200)
        }"""
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("Corrected")


def test_a_press_that_is_not_heard_is_answered_and_escape_ends_that(browse: Browse, root: User):
    page = browse(root, reverse("teams:create"))
    page.evaluate(
        """() => {
            window.heard = 0
            document.addEventListener("submit", (event) => {
                if (!event.defaultPrevented) heard += 1
                event.preventDefault()
            })
        }"""
    )
    page.get_by_label("Name").fill("Payments")
    button = page.locator("main form [type=submit]")
    button.click()
    button.click()
    expect(page.get_by_text("Already on its way")).to_be_visible()
    assert page.evaluate("heard") == 1
    page.keyboard.press("Escape")
    button.click()
    assert page.evaluate("heard") == 2


def test_a_form_that_came_back_is_sent_again_at_once(browse: Browse, root: User):
    Team.objects.create(name="Payments")
    page = browse(root, reverse("teams:create"))
    page.get_by_label("Name").fill("Payments")
    page.locator("main form [type=submit]").click()
    expect(page.locator("main [aria-invalid=true]")).to_be_visible()
    page.get_by_label("Name").fill("Checkout")
    page.locator("main form [type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout")


def test_another_button_of_the_same_form_is_heard(browse: Browse, root: User):
    page = browse(root, reverse("teams:create"))
    page.evaluate(
        """() => {
            document.querySelector("main form").insertAdjacentHTML("beforeend",
                "<button name=one>One</button><button name=two>Two</button>")
            window.heard = []
            document.addEventListener("submit", (event) => {
                if (!event.defaultPrevented) heard.push(event.submitter.name)
                event.preventDefault()
            })
        }"""
    )
    page.get_by_label("Name").fill("Payments")
    for name in ("One", "One", "Two"):
        page.get_by_role("button", name=name, exact=True).click()
    assert page.evaluate("heard") == ["one", "two"]


def test_a_reload_of_the_page_with_the_key_makes_no_second_one(
    browse: Browse, root: User, service: Service
):
    page = browse(root, reverse("services:add_integration", args=[service.public_id]))
    page.get_by_label("Name").fill("Events")
    page.locator("main form [type=submit]").click()
    expect(page.get_by_text("Copy the key now")).to_be_visible()
    page.reload()
    expect(page.get_by_text("That was done already")).to_be_visible()
    assert Integration.objects.count() == 1
