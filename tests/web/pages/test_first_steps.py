"""The first steps are the same in the product and in the README: order, title and meaning."""

import re
from pathlib import Path

from dashboard.queries import FIRST_STEPS

README = (Path(__file__).resolve().parents[3] / "README.md").read_text()


def test_the_readme_leads_along_the_checklist():
    quick_start = README.split("## Quick start")[1].split("\n## ")[0]
    items = re.findall(r"^(\d+)\. \*\*(.+?)\*\* (.+)$", quick_start, re.M)
    expected = [(title + ".", text) for _, title, text, _ in FIRST_STEPS]
    assert [(int(number), title) for number, title, _ in items] == [
        (number, title) for number, (title, _) in enumerate(expected, 1)
    ]
    for (_, _, said), (_, text) in zip(items, expected, strict=True):
        assert said.startswith(text)
