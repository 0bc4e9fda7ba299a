"""The committed style sheet fits the templates; nobody needs Node to find out."""

import functools
import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEET = ROOT / "static/css/app.css"
EVERYTHING = sorted((ROOT / "templates").rglob("*.html"))
# Mails bring their own few rules: no reader loads a style sheet.
TEMPLATES = [path for path in EVERYTHING if "email" not in path.parts]
WIDGETS = sorted(path for path in ROOT.glob("*/web/**/*.py") if "tests" not in path.parts)

JS_HOOKS = ("js-",)
FROM_DJANGO = {"errorlist", "nonfield"}

STATUSES = ("open", "acknowledged", "resolved", "snoozed", "suppressed")
TONES = ("ok", "warn", "danger", "info")
COMPOSED = {
    *(f"{stem}-{status}" for stem in ("badge", "edge", "text") for status in STATUSES),
    *(f"{stem}-{tone}" for stem in ("badge", "text") for tone in TONES),
    *(f"banner-{tone}" for tone in ("ok", "warn", "danger")),
    *(f"badge-{word}" for word in ("high", "medium", "low", "critical", "accent")),
    *(f"btn-{word}" for word in ("primary", "secondary", "ghost", "danger", "acknowledge")),
    *("btn-resolve", "btn-danger-quiet", "btn-sm", "btn-lg", "btn-block", "btn-square"),
    *("avatar-sm", "avatar-lg", "menu-start", "menu-item-danger", "toggle", "page-narrow"),
}


@functools.cache
def classes_in_sheet() -> set[str]:
    names = re.findall(r"\.((?:\\[0-9a-f]{1,6} |\\.|[\w-])+)", SHEET.read_text())
    return {_unescape(name) for name in names}


def _unescape(name: str) -> str:
    name = re.sub(r"\\([0-9a-f]{1,6}) ", lambda match: chr(int(match[1], 16)), name)
    return re.sub(r"\\(.)", r"\1", name)


def literal_classes(text: str) -> Iterator[str]:
    """Class names written out in `class="…"`, of elements and of template tags.

    A name that is joined with an expression (`badge-{{ tone }}`) is left to COMPOSED.
    """
    for tag in re.findall(r"\{%.*?%\}", text, re.S):
        for value in re.findall(r'\bclass="([^"]*)"', tag):
            yield from value.split()
    outside = re.sub(r"\{\{.*?\}\}", "\0", re.sub(r"\{%.*?%\}", " ", text, flags=re.S), flags=re.S)
    for value in re.findall(r'\bclass="([^"]*)"', outside):
        yield from (name for name in value.split() if "\0" not in name)


def classes_of_widgets(text: str) -> Iterator[str]:
    for value in re.findall(r"""["']class["']:\s*["']([^"']*)["']""", text):
        yield from value.split()


def is_known(name: str, sheet: set[str]) -> bool:
    return name in sheet or name in FROM_DJANGO or name.startswith(JS_HOOKS)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_class_of_a_template_is_in_the_committed_sheet(path: Path):
    sheet = classes_in_sheet()
    unknown = {name for name in literal_classes(path.read_text()) if not is_known(name, sheet)}
    assert not unknown, f"run `make css`, or write these classes: {sorted(unknown)}"


def test_every_class_of_a_form_widget_is_in_the_committed_sheet():
    sheet = classes_in_sheet()
    unknown = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in WIDGETS
        for name in classes_of_widgets(path.read_text())
        if not is_known(name, sheet)
    }
    assert not unknown, sorted(unknown)


def test_class_names_that_components_put_together_are_in_the_sheet():
    assert sorted(COMPOSED - classes_in_sheet()) == []


def test_the_scan_sees_what_it_is_meant_to_see():
    text = '{% icon "x" class="size-9" %}<p class="a {% if b %}c{% endif %} d-{{ e }} js-f">'
    assert set(literal_classes(text)) == {"size-9", "a", "c", "js-f"}
    assert {"btn", "text-open", "lg:grid-cols-2"} <= classes_in_sheet()


def test_the_sheet_stays_within_its_budget():
    assert len(gzip.compress(SHEET.read_bytes(), 9)) <= 25 * 1024


def test_both_themes_are_in_the_sheet_and_dark_follows_the_system():
    text = SHEET.read_text()
    assert re.search(r"\[data-theme=\"?opsknight-light", text)
    assert re.search(r"\[data-theme=\"?opsknight-dark", text)
    dark = text.index("prefers-color-scheme:dark")
    assert ":root:not([data-theme])" in text[dark : dark + 120]
