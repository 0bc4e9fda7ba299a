"""The hand-written script in a real browser, on the styleguide and on small pages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core import timetext

pytestmark = pytest.mark.browser

STATIC = Path(__file__).resolve().parents[2] / "static"
ORIGIN = "http://opsknight.test/"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OFFSETS = [-200_000, -86_400, -7_300, -3_599, -3_600, -119, -45, -44, -1, 44, 45, 3_599, 90_000]
LEFT = [-5, 0, 1, 59, 61, 299, 3_599, 3_600, 3_905, 90_000]


@pytest.fixture(scope="module")
def tab(chromium: Browser) -> Iterator[Page]:
    """One for all pages whose clock nobody moves: a window costs more than another page in it."""
    tab = chromium.new_page()
    tab.clock.install(time=NOON)
    yield tab
    tab.close()


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    yield tab
    tab.unroute_all()
    tab.context.set_offline(False)
    tab.goto("about:blank")


@pytest.fixture
def timed(chromium: Browser) -> Iterator[Page]:
    """A page in a window of its own: its clock may be moved."""
    tab = chromium.new_page()
    tab.clock.install(time=NOON)
    yield tab
    tab.close()


def show(page: Page, html: str) -> None:
    body = f'<!doctype html>{html}<div id="toasts"></div><div id="offline" hidden></div>'
    page.route(ORIGIN, lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(ORIGIN)
    for script in [*STATIC.glob("vendor/*/*.js"), STATIC / "js/app.js"]:
        page.add_script_tag(path=script)


def test_times_read_the_same_in_browser_and_server(timed: Page):
    instants = [NOON + timedelta(seconds=offset) for offset in OFFSETS]
    ends = [NOON + timedelta(seconds=left) for left in LEFT]
    show(
        timed,
        "".join(f'<time datetime="{at.isoformat()}" data-relative>?</time>' for at in instants)
        + "".join(f'<time datetime="{at.isoformat()}" data-countdown>?</time>' for at in ends),
    )
    timed.clock.pause_at(NOON + timedelta(seconds=60))
    timed.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    then = NOON + timedelta(seconds=60)
    expected = [timetext.relative(at, then) for at in instants]
    expected += [timetext.countdown(at, then) for at in ends]
    assert timed.locator("time").all_inner_texts() == expected


def test_a_tap_on_a_time_shows_it_in_full_and_back(page: Page):
    show(page, f'<time datetime="{NOON.isoformat()}" title="Mon 2 Mar" data-relative>now</time>')
    page.locator("time").click()
    expect(page.locator("time")).to_have_text("Mon 2 Mar")
    page.locator("time").click()
    expect(page.locator("time")).to_have_text("just now")


def test_a_dialog_opens_from_a_link_and_closes_by_its_button(page: Page):
    show(
        page,
        '<a href="#full-page" data-dialog="d">Resolve</a>'
        '<dialog id="d"><div class="dialog-body"><textarea></textarea></div>'
        "<button data-close>Cancel</button></dialog>",
    )
    page.get_by_text("Resolve").click()
    expect(page.locator("textarea")).to_be_focused()
    page.get_by_text("Cancel").click()
    expect(page.locator("#d")).to_be_hidden()
    assert not page.url.endswith("#full-page")


def test_a_link_to_a_missing_dialog_stays_a_link(page: Page):
    show(page, '<a href="#full-page" data-dialog="nowhere">Resolve</a>')
    page.get_by_text("Resolve").click()
    assert page.url.endswith("#full-page")


def test_escape_and_a_click_elsewhere_close_an_open_menu(page: Page):
    show(page, "<p>elsewhere</p><details data-menu><summary>Menu</summary><i>Item</i></details>")
    page.get_by_text("Menu").click()
    page.keyboard.press("Escape")
    expect(page.locator("details")).not_to_have_attribute("open", "")
    page.get_by_text("Menu").click()
    page.get_by_text("elsewhere").click()
    expect(page.locator("details")).not_to_have_attribute("open", "")


def test_a_toast_leaves_after_ten_seconds_but_an_error_stays(timed: Page):
    toasts = (
        '<div class="toast" data-toast="10">Saved</div><div class="toast" data-toast="0">No</div>'
    )
    show(timed, toasts)
    timed.clock.run_for(9_000)
    expect(timed.get_by_text("Saved")).to_be_visible()
    timed.clock.run_for(2_000)
    expect(timed.get_by_text("Saved")).to_have_count(0)
    expect(timed.get_by_text("No", exact=True)).to_be_visible()


def test_a_fragment_is_asked_for_only_at_its_pace(timed: Page):
    show(timed, '<div id="f" data-poll="5"></div>')
    timed.evaluate("window.n = 0; f.addEventListener('poll', () => { window.n += 1; })")
    timed.clock.run_for(21_000)
    assert timed.evaluate("window.n") == 4


def test_a_hidden_page_asks_once_a_minute_and_at_once_on_return(timed: Page):
    show(timed, '<div id="f" data-poll="5"></div>')
    timed.evaluate("window.n = 0; f.addEventListener('poll', () => { window.n += 1; })")
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true})"
    timed.evaluate(hide % "true")
    timed.clock.run_for(59_000)
    assert timed.evaluate("window.n") == 0
    timed.clock.run_for(4_000)
    assert timed.evaluate("window.n") == 1
    timed.evaluate(hide % "false")
    timed.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert timed.evaluate("window.n") == 2


def test_a_morph_keeps_an_open_menu_and_kept_ticks(page: Page):
    menu = (
        '<div id="m"><details{}><summary>Menu</summary></details><input type="checkbox" data-keep>'
    )
    show(page, menu.format(" open"))
    page.locator("input").check()
    page.evaluate("html => Idiomorph.morph(m, html)", menu.format(""))
    expect(page.locator("details")).to_have_attribute("open", "")
    expect(page.locator("input")).to_be_checked()


def test_a_refused_action_is_said_aloud(page: Page):
    show(page, '<button hx-post="/nowhere">Acknowledge</button>')
    page.route("**/nowhere", lambda route: route.fulfill(status=503))
    page.get_by_text("Acknowledge").click()
    expect(page.locator(".toast")).to_contain_text("Not done: the server answered 503")
    page.unroute("**/nowhere")
    page.route("**/nowhere", lambda route: route.abort())
    page.get_by_text("Acknowledge").click()
    expect(page.locator(".toast").last).to_contain_text("Not sent: no connection")


def test_offline_is_shown_and_taken_back(page: Page):
    show(page, "<p>page</p>")
    page.context.set_offline(True)
    expect(page.locator("#offline")).not_to_have_attribute("hidden", "")
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_have_attribute("hidden", "")


def test_a_dangerous_form_wants_the_words_typed(page: Page):
    show(
        page,
        '<form><input data-confirm-text="Checkout"><button type="submit">Delete</button></form>',
    )
    expect(page.locator("button")).to_be_disabled()
    page.locator("input").fill("Checkout")
    expect(page.locator("button")).to_be_enabled()


def test_one_box_ticks_all_of_a_name(page: Page):
    box = '<input type="checkbox" name="id" value="{}">'
    show(page, '<input type="checkbox" data-check-all="id">' + box.format(1) + box.format(2))
    page.locator("[data-check-all]").check()
    assert page.locator("input[name=id]:checked").count() == 2


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Calcutta"])
def test_the_zone_of_the_browser_is_preselected_also_by_its_old_name(chromium: Browser, zone: str):
    context = chromium.new_context(timezone_id=zone)
    tab = context.new_page()
    options = "<option>UTC</option><option>Asia/Kolkata</option><option>Europe/Berlin</option>"
    show(tab, f"<select data-guess-zone>{options}</select><select id=other>{options}</select>")
    assert tab.locator("[data-guess-zone]").input_value() == zone
    assert tab.locator("#other").input_value() == "UTC"
    context.close()


def test_no_component_is_wider_than_the_screen(chromium: Browser, styleguide: str):
    tab = chromium.new_page()
    tab.set_content(styleguide)
    tab.add_style_tag(path=STATIC / "css/app.css")
    for width in (320, 390, 768, 1024, 1440):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.close()


def test_targets_on_a_phone_are_big_enough_for_a_thumb(chromium: Browser, styleguide: str):
    tab = chromium.new_page(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    tab.set_content(styleguide)
    tab.add_style_tag(path=STATIC / "css/app.css")
    small = tab.evaluate(
        """[...document.querySelectorAll(".btn, .dock-item, .tab, .chip, input[type=text]")]
        .filter((e) => e.checkVisibility({ visibilityProperty: true }))
        .filter((e) => e.getBoundingClientRect().height < 44)
        .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert small == []
    tab.close()
