"""axe-core finds nothing on the main pages, and none is wider than a small phone."""

import pytest
from django.urls import reverse

from accounts.models import User
from tests.axe import some_of, violations, violations_everywhere
from tests.browsers import Browse, settled, sideways
from tests.web.at_work import pages_at_work

pytestmark = [
    pytest.mark.browser,
    pytest.mark.thorough,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def paths(root: User) -> list[str]:
    return some_of(pages_at_work(root))


def test_everybody_can_use_the_main_pages_and_none_scrolls_sideways(
    paths: list[str], browse: Browse, root: User
):
    page = browse(root, "/")
    found = []
    for number, path in enumerate(paths):
        answer = page.goto(path)
        assert answer is not None and answer.ok, path
        settled(page)
        wrong = violations_everywhere(page, number) + sideways(page)
        found += [f"{path}: {line}" for line in wrong]
    assert found == []


def test_everybody_can_sign_in(browse: Browse, root: User):
    assert violations_everywhere(browse(None, reverse("account_login"))) == []


def test_axe_sees_what_cannot_be_read_or_named(browse: Browse, root: User):
    page = browse(None, "about:blank")
    pale = "<p style='color: #ccc; background: #fff'>pale</p>"
    page.set_content(f"<html lang=en><title>Bad</title><h1>Bad</h1>{pale}<img src=x></html>")
    assert [line.split()[0] for line in violations(page)] == ["color-contrast", "image-alt"]
