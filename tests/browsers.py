"""Chromium for tests, and `browse`: pages as signed-in people see them, in windows of their own."""

import contextlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from accounts.models import User
from tests.cast import browser_of

WHOLE = Path("/usr/bin/chromium")
# The same engine without what surrounds a page: two thirds of the work, but no notifications.
BARE = Path("/usr/bin/chromium-headless-shell")
DESK, PHONE, SMALLEST = 1280, 390, 320
Browse = Callable[..., Page]
# Resolves once the page's service worker is in charge; the page's policy forbids to poll for it.
CONTROLLED = """new Promise((done) => navigator.serviceWorker.controller ? done()
  : navigator.serviceWorker.addEventListener("controllerchange", () => done()))"""


class _Chromium:
    """One browser for all tests of a process that follow each other; its start costs seconds.

    So does what a new window needs: the processes that draw it. Ordinary windows are kept, without
    cookies, storage and rights, for the next test.
    """

    def __init__(self) -> None:
        self.browsers: dict[Path, Browser] = {}
        self.idle: list[BrowserContext] = []
        self.stack = contextlib.ExitStack()

    def open(self, program: Path) -> Browser:
        if program not in self.browsers:
            self.browsers[program] = self._driver().chromium.launch(
                executable_path=program,
                args=["--no-sandbox", "--disable-gpu", "--renderer-process-limit=1"],
            )
            self.stack.callback(self.browsers[program].close)
        return self.browsers[program]

    def _driver(self) -> Playwright:
        if not self.browsers:
            # Playwright runs an event loop in this thread; Django must not mind.
            patch = self.stack.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
            self.driver = self.stack.enter_context(sync_playwright())
        return self.driver

    def close(self) -> None:
        self.browsers.clear()
        self.idle.clear()
        self.stack.close()

    def window(self, url: str) -> BrowserContext:
        """One that holds nothing of anybody; `url` is the server that it visits."""
        if self.idle:
            return self.idle.pop()
        context = self.open(_ordinary()).new_context(
            base_url=url, service_workers="block", reduced_motion="reduce"
        )
        context.new_page().goto("/api/health")  # as long as it is there, its processes are
        return context

    def put_back(self, context: BrowserContext) -> None:
        """Nothing of this test is left in it for the next one."""
        first, *others = context.pages
        for page in others:
            page.close()
        context.clear_cookies()
        context.clear_permissions()
        origin = urlsplit(first.url)._replace(path="").geturl()
        session = context.new_cdp_session(first)
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        session.detach()
        self.idle.append(context)


_chromium = _Chromium()


def _ordinary() -> Path:
    return BARE if BARE.exists() else WHOLE


@pytest.fixture(scope="module")
def chromium() -> Browser:
    return _chromium.open(_ordinary())


@pytest.fixture(scope="module")
def whole_chromium() -> Browser:
    """One that shows notifications."""
    return _chromium.open(WHOLE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    """Ends the browser, and its event loop, after the last teardown of a test that used it."""
    try:
        return (yield)
    finally:
        if nextitem is None or not nextitem.get_closest_marker("browser"):
            _chromium.close()


@pytest.fixture
def browse(chromium: Browser, live_server) -> Iterator[Browse]:
    """`browse(alice, "/", width=PHONE)`: a window of that person alone; None is a stranger."""
    kept: list[BrowserContext] = []
    special: list[BrowserContext] = []

    def go(
        person: User | None,
        path: str,
        *,
        width: int = DESK,
        scripts: bool = True,
        worker: bool = False,
    ) -> Page:
        if scripts and not worker:
            context = _chromium.window(live_server.url)
            kept.append(context)
        else:
            context = chromium.new_context(
                base_url=live_server.url,
                java_script_enabled=scripts,
                service_workers="allow" if worker else "block",
            )
            special.append(context)
        if person:
            session = browser_of(person).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 844})
        page.set_default_timeout(10_000)
        page.goto(path)
        return page

    yield go
    for context in special:
        context.close()
    for context in kept:
        _chromium.put_back(context)


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
