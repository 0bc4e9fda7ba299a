"""What people come to do with schedules, done as they do it: with a mouse, a thumb or keys."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from schedules.models import CoverRequest, Schedule
from tests.browsers import PHONE, Browse
from tests.cast import make_person
from tests.web.schedules.conftest import DAY, NOW, names

# The commands behind the pages are proved on both databases elsewhere.
pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    """A browser needs a clock that goes on."""
    with time_machine.travel(NOW, tick=True):
        yield


def detail_of(rota: Schedule) -> str:
    return reverse("schedules:detail", args=[rota.public_id])


def test_a_swap_is_asked_in_one_browser_and_accepted_in_another(
    browse: Browse, rota: Schedule, alice: User, bob: User, carol: User
):
    # Carol serves this week, alice the next, bob the one after it.
    asks = browse(alice, reverse("schedules:covers"))
    asks.get_by_role("link", name="Ask for cover").first.click()
    offer = asks.get_by_label("In return I take").locator("option", has_text="Bob:").first
    asks.get_by_label("In return I take").select_option(offer.get_attribute("value"))
    asks.get_by_role("button", name="Ask").click()
    expect(asks.get_by_role("heading", level=1)).to_have_text("Swap with Alice")
    answers = browse(bob, reverse("schedules:covers"), width=PHONE)
    answers.get_by_role("link", name="Alice asks you, in return for another shift").click()
    answers.get_by_role("button", name="Accept").click()
    expect(answers.get_by_role("main")).to_contain_text("Taken")
    asks.reload()
    expect(asks.get_by_role("main")).to_contain_text("Taken")
    for page in (asks, answers):
        page.goto(detail_of(rota))
        expect(page.locator("#timeline")).to_contain_text("Bob")
    assert names(rota, NOW + 7 * DAY) == ["Bob"]
    assert names(rota, NOW + 14 * DAY) == ["Alice"]
    assert CoverRequest.objects.get().taken_by == bob


def test_time_off_meets_duty_and_a_free_colleague_is_two_clicks_away(
    browse: Browse, rota: Schedule, alice: User
):
    page = browse(alice, reverse("schedules:time_off"))
    page.get_by_label("First day").fill("2026-03-24")
    page.get_by_label("Last day").fill("2026-03-25")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("You are on call while away")
    page.goto(detail_of(rota))
    expect(page.get_by_role("main")).to_contain_text("Somebody is on call while away")
    page.get_by_role("link", name="is free").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).not_to_contain_text("while away")
    assert names(rota, datetime(2026, 3, 24, 12, tzinfo=UTC)) in (["Bob"], ["Carol"])
    assert names(rota, datetime(2026, 3, 26, 12, tzinfo=UTC)) == ["Alice"]


def test_a_refused_form_is_read_where_it_is_wrong(browse: Browse, alice: User):
    page = browse(alice, "/schedules/new/?preset=follow-the-sun", width=PHONE)
    page.get_by_label("Name").first.fill("Rota")
    page.get_by_role("button", name="Create schedule").click()
    expect(page.get_by_label("Person 1").first).to_be_focused()
    expect(page.get_by_text("Choose at least one person").first).to_be_in_viewport()


def test_no_gap_is_opened_unconfirmed(browse: Browse, rota: Schedule, alice: User):
    layer = rota.layers.get()
    page = browse(alice, reverse("schedules:edit_layer", args=[rota.public_id, layer.public_id]))
    page.get_by_role("button", name="Add hours").click()
    page.get_by_label("Mon", exact=True).check()
    page.get_by_label("From", exact=True).fill("09:00")
    page.get_by_label("To", exact=True).fill("17:00")
    expect(page.locator("#layer-preview")).to_contain_text("Nobody would be on call")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit layer")
    assert names(rota, NOW + DAY) == ["Carol"]
    page.get_by_label("Yes, nobody shall be on call then").check()
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Primary")
    assert names(rota, NOW + DAY) == []


def test_a_layer_is_not_removed_without_a_word_about_the_gap(
    browse: Browse, rota: Schedule, alice: User
):
    page = browse(alice, detail_of(rota))
    page.get_by_label("Week: more").click()
    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_role("main")).to_contain_text("Nobody would be on call")
    page.get_by_role("button", name="Remove the layer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Remove layer")
    assert names(rota, NOW + DAY) == ["Carol"]
    page.get_by_label("Yes, nobody shall be on call then").check()
    page.get_by_role("button", name="Remove the layer").click()
    expect(page.get_by_role("main")).to_contain_text("Nobody takes turns yet")
    assert names(rota, NOW + DAY) == []


class Hands:
    """Counts what a person does: each click, choice, text or pressed key is one."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def click(self, role: str, name: str) -> None:
        self.count += 1
        self.page.get_by_role(role, name=name).first.click()

    def fill(self, label: str, text: str) -> None:
        self.count += 1
        self.page.get_by_label(label, exact=True).first.fill(text)

    def choose(self, group: str, place: int, user: User) -> None:
        self.count += 1
        people = self.page.get_by_role("group", name=group, exact=True)
        people.get_by_label(f"Person {place}", exact=True).select_option(user.public_id)


def test_eight_people_follow_the_sun_within_thirty_touches(browse: Browse, root: User):
    crew = [make_person(f"person{number}") for number in range(8)]
    hands = Hands(browse(root, reverse("schedules:list")))
    hands.click("link", "New schedule")
    hands.click("link", "Follow the sun")
    hands.fill("Name", "Worldwide")
    for group, people in {"Asia": crew[:3], "Europe": crew[3:6], "America": crew[6:]}.items():
        for place, user in enumerate(people, start=1):
            hands.choose(group, place, user)
    hands.click("button", "Create schedule")
    expect(hands.page.get_by_role("heading", level=1)).to_have_text("Worldwide")
    assert hands.count <= 30
    made = Schedule.objects.get()
    answers = {hour: names(made, datetime(2026, 3, 18, hour, tzinfo=UTC)) for hour in (3, 12, 22)}
    assert answers == {3: ["Person0"], 12: ["Person3"], 22: ["Person6"]}


def test_a_shift_is_overridden_in_two_clicks_from_the_timeline(
    browse: Browse, rota: Schedule, bob: User
):
    page = browse(bob, detail_of(rota))
    page.get_by_role("group", name="On call").get_by_role("link", name="Carol").first.click()
    page.get_by_role("button", name="Save override").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Primary")
    assert names(rota, NOW + timedelta(hours=1)) == names(rota, NOW + 6 * DAY) == ["Bob"]
    assert names(rota, NOW + 7 * DAY) == ["Alice"]


class Keys:
    """A keyboard alone, on a page where the focus can always be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, role: str, name: str) -> None:
        """Tab until the control has the focus; each stop on the way must show it."""
        wanted = self.page.get_by_role(role, name=name).first.element_handle()
        reached = wanted.evaluate("it => it === document.activeElement")
        for _ in range(80):
            if reached:
                return
            self.page.keyboard.press("Tab")
            reached, shown = wanted.evaluate(REACHED_AND_SHOWN)
            assert shown, self.page.evaluate(FOCUSED)
        pytest.fail(f"Tab does not lead to {name}")

    def press(self, role: str, name: str, key: str = "Enter") -> None:
        self.reach(role, name)
        self.page.keyboard.press(key)

    def type(self, role: str, name: str, text: str) -> None:
        self.reach(role, name)
        self.page.keyboard.type(text)


FOCUSED = "document.activeElement.outerHTML.slice(0, 200)"
# An outline or a ring around what has the focus, or around the label that wraps it. The buttons
# inside of date inputs are the browser's own, and so is their ring.
REACHED_AND_SHOWN = """(wanted) => [wanted === document.activeElement, (() => {
    let it = document.activeElement
    if (it.matches("input:focus-within:not(:focus)")) return true
    for (let steps = 0; it && it !== document.body && steps < 3; steps++, it = it.parentElement) {
        const style = getComputedStyle(it)
        const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
        if (outlined || style.boxShadow !== "none") return true
    }
    return document.activeElement === document.body
})()]"""


def test_a_keyboard_is_enough_for_a_schedule_and_an_override(
    browse: Browse, alice: User, bob: User, root: User
):
    keys = Keys(browse(root, reverse("schedules:list")))
    keys.press("link", "New schedule")
    keys.press("link", "Weekly")
    keys.type("textbox", "Name", "Typed")
    keys.type("combobox", "Person 1", "Alice")
    keys.type("combobox", "Person 2", "Bob")
    keys.press("button", "Create schedule")
    expect(keys.page.get_by_role("heading", level=1)).to_have_text("Typed")
    made = Schedule.objects.get()
    assert [names(made, NOW + days * DAY) for days in (0.1, 7)] == [["Alice"], ["Bob"]]
    keys.press("link", "Override")
    keys.type("combobox", "Goes off call", "Alice")
    keys.type("combobox", "Comes on call", "Bob")
    keys.type("textbox", "Until", "03172026")
    keys.page.keyboard.press("Tab")
    keys.page.keyboard.type("0900AM")
    keys.press("button", "Save override")
    expect(keys.page.get_by_role("heading", level=1)).to_have_text("Typed")
    assert names(made, NOW + timedelta(hours=1)) == ["Bob"]
