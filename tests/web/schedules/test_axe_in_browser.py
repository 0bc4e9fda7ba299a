"""axe-core finds nothing on the pages of schedules: desk and phone, light and dark."""

from collections.abc import Iterator

import pytest
import time_machine

from accounts.models import User
from core import clock
from schedules.models import Schedule
from tests.axe import violations_everywhere
from tests.browsers import PHONE, SMALLEST, Browse, settled
from tests.web.schedules.full_house import furnish, pages

# What a page looks like does not depend on the database.
pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    """A browser needs a clock that goes on."""
    with time_machine.travel(clock.now(), tick=True):
        yield


@pytest.fixture
def paths(rota: Schedule, root: User) -> list[str]:
    furnish(rota, root, clock.now())
    return pages(rota)


@pytest.mark.parametrize("part", [0, 1])
def test_everybody_can_use_the_pages_of_schedules(
    part: int, paths: list[str], browse: Browse, root: User
):
    page = browse(root, "/")
    found = []
    for path in paths[part::2]:
        page.goto(path)
        settled(page)
        found += [f"{path}: {line}" for line in violations_everywhere(page)]
    assert found == []


def test_no_page_of_schedules_scrolls_sideways(paths: list[str], browse: Browse, root: User):
    page = browse(root, "/", width=PHONE)
    wide = []
    for path in paths:
        answer = page.goto(path)
        assert answer is not None and answer.ok, path
        settled(page)
        for width in (PHONE, SMALLEST):
            page.set_viewport_size({"width": width, "height": 844})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(f"{width}: {path}")
    assert wide == []
