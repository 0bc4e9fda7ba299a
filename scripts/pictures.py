"""Takes the pictures of the guide anew: `.venv/bin/python -m scripts.pictures`. Needs Chromium."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.instance import ROOT, Instance

FOLDER = ROOT / "docs" / "guide" / "pictures"
CHROMIUM = "/usr/bin/chromium"
DESK, PHONE = (1200, 800), (390, 844)


@dataclass(frozen=True)
class Picture:
    """`path` may name {schedule} and {incident}. Dark where it says so."""

    name: str
    path: str
    size: tuple[int, int] = DESK
    dark: bool = False


PICTURES = (
    Picture("timeline", "/schedules/{schedule}/"),
    Picture("timeline-phone", "/schedules/{schedule}/", PHONE, dark=True),
    Picture("wizard", "/schedules/new/?preset=follow-the-sun"),
    Picture("override", "/schedules/{schedule}/overrides/new/"),
    Picture("series", "/schedules/{schedule}/series/"),
    Picture("coverage", "/coverage/"),
    Picture("fairness", "/schedules/{schedule}/fairness/"),
    Picture("board", "/on-call/", dark=True),
    Picture("feeds", "/calendar-feeds/"),
    Picture("why", "/incidents/{incident}/why/"),
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        Instance("sqlite", seed=("scripts.picture_data",)) as instance,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for picture in PICTURES:
            take(browser, instance, picture, FOLDER / f"{picture.name}.png")
        browser.close()


def take(browser: Browser, instance: Instance, picture: Picture, into: Path) -> None:
    """One page as a person sees it first. Raises RuntimeError for anything but 200."""
    origin = f"http://127.0.0.1:{instance.port}"
    width, height = picture.size
    context = browser.new_context(
        base_url=origin,
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.dark else "light",
    )
    context.add_cookies(
        [{"name": "sessionid", "value": str(instance.seeds["session"]), "url": origin}]
    )
    page = context.new_page()
    answer = page.goto(picture.path.format(**instance.seeds))
    if answer is None or not answer.ok:
        raise RuntimeError(f"{picture.path} answered {answer and answer.status}")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=into)
    context.close()


if __name__ == "__main__":
    main()
