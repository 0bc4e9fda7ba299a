"""Chromium for tests, and `browse`: pages as signed-in people see them, in windows of their own."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from accounts.models import User
from tests.cast import browser_of

DESK, PHONE, SMALLEST = 1280, 390, 320
Browse = Callable[..., Page]
# Resolves once the page's service worker is in charge; the page's policy forbids to poll for it.
CONTROLLED = """new Promise((done) => navigator.serviceWorker.controller ? done()
  : navigator.serviceWorker.addEventListener("controllerchange", () => done()))"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright runs an event loop in this thread; Django must not mind, down to the last teardown.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as driver:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium: Browser, live_server) -> Iterator[Browse]:
    """`browse(alice, "/", width=PHONE)`: a window of that person alone; None is a stranger."""
    contexts: list[BrowserContext] = []

    def go(
        person: User | None,
        path: str,
        *,
        width: int = DESK,
        scripts: bool = True,
        worker: bool = False,
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 844},
            java_script_enabled=scripts,
            service_workers="allow" if worker else "block",
        )
        contexts.append(context)
        if person:
            session = browser_of(person).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(path)
        return page

    yield go
    for context in contexts:
        context.close()


def settled(page: Page) -> None:
    """Waits until the parts of the page that load by themselves are there."""
    if page.locator("[hx-trigger^=load]").count():
        page.wait_for_load_state("networkidle")


def sideways(page: Page) -> list[str]:
    """Widths of phones, in pixels, at which the page must be scrolled sideways to be read."""
    wide = []
    for width in (PHONE, SMALLEST):
        page.set_viewport_size({"width": width, "height": 844})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(f"wider than {width} px")
    return wide
