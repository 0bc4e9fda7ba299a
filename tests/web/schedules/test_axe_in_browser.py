"""Pages of schedules: axe-core finds nothing, on desk and phone, in both themes."""

from collections.abc import Iterator

import pytest
import time_machine

from accounts.models import User
from schedules.models import Schedule
from tests.axe import some_of, violations_everywhere
from tests.browsers import Browse, settled, sideways
from tests.web.schedules.conftest import NOW
from tests.web.schedules.full_house import furnish, pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.thorough,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    """A browser needs a clock that goes on."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def paths(rota: Schedule, root: User) -> list[str]:
    board = furnish(rota, root, NOW)
    return some_of([*pages(rota), board, f"{board}?theme=light"])


@pytest.mark.parametrize("part", [0, 1])
def test_everybody_can_use_the_pages_of_schedules_and_none_scrolls_sideways(
    part: int, paths: list[str], browse: Browse, root: User
):
    page = browse(root, "/")
    found = []
    for number, path in enumerate(paths[part::2]):
        answer = page.goto(path)
        assert answer is not None and answer.ok, path
        settled(page)
        wrong = violations_everywhere(page, number) + sideways(page)
        found += [f"{path}: {line}" for line in wrong]
    assert found == []
