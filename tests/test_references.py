"""Comments and documents give reasons or public sources, never numbers of texts kept elsewhere."""

import re
from pathlib import Path

import pytest

from tests.source_tree import APPS, ROOT, WORKSHOP

FOLDERS = [*APPS, *WORKSHOP, "docs", "templates", "tests"]
KINDS = {".py", ".md", ".html"}
ELSEWHERE = re.compile(
    r"(?:\bsection|§)\s*\d|\bspec \d|\bdecisions? \d|\binvariant I\d|\(I\d\)"
    r"|\b(?:architecture|stack|style|ui)\.md\b",
    re.IGNORECASE,
)
PUBLIC = re.compile(r"\bRFC ?\d|WCAG|ISO ?\d|https?://")


def sources() -> list[Path]:
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    beside = [*ROOT.glob("*.md"), *ROOT.glob("frontend/*.css"), ROOT / "env.example"]
    return [path for path in inside if path.suffix in KINDS] + beside


def references(text: str) -> list[str]:
    lines = text.splitlines()
    return [line.strip() for line in lines if ELSEWHERE.search(line) and not PUBLIC.search(line)]


def test_nothing_refers_to_texts_that_readers_do_not_have():
    paths = [path for path in sources() if path != Path(__file__)]
    assert len(paths) > 300
    found = {str(path.relative_to(ROOT)): references(path.read_text()) for path in paths}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    ["# see section 5", "as decision 16 says", "(spec 01)", "invariant I4", "in stack.md"],
)
def test_such_a_reference_would_be_found(line: str):
    assert references(line)


@pytest.mark.parametrize(
    "line", ["# RFC 5545 section 3.3.10", "in this section", "WCAG 2.2, 1.4.3"]
)
def test_public_sources_are_welcome(line: str):
    assert not references(line)
