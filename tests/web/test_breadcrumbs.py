"""The way up to a page: every crumb leads somewhere, and none repeats the name of the page."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    path
    for path in sorted((ROOT / "templates").rglob("*.html"))
    if "cotton" not in path.parts and "<c-breadcrumb" in path.read_text()
]
WITHOUT_ADDRESS = r"<c-breadcrumb>([^<]*)</c-breadcrumb>"
NUMBER = "#{{ incident.pk }}"  # stands in no title


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_crumb_without_address_says_what_the_title_leaves_out(path: Path):
    assert set(re.findall(WITHOUT_ADDRESS, path.read_text())) <= {NUMBER}


def test_there_are_crumbs_to_look_at():
    assert len(PAGES) > 15
