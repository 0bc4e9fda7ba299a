"""Templates keep the content security policy: no inline code, no inline styles; icons exist."""

import json
import re
from pathlib import Path

import pytest

from core.templatetags import ui

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if "mail" not in path.parts and "email" not in path.parts]
ICONS = set(json.loads((ROOT / "frontend/icons.json").read_text()))
SPRITE = (ROOT / "static/icons/sprite.svg").read_text()

BREACHES = {
    "inline style": r"<[^>]*\sstyle\s*=",
    "event handler attribute": r"<[^>]*\son[a-z]+\s*=",
    "htmx code attribute": r"\bhx-on\b|\bhx-vals\s*=\s*.js:",
    "javascript: address": r"javascript:",
    "style element without nonce": r"<style(?![^>]*nonce=)",
    "script without src or nonce": r"<script(?![^>]*(\bsrc=|\bnonce=|type=\"application/json\"))",
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_carries_no_inline_code(path: Path):
    text = re.sub(r"\{%.*?%\}", "", path.read_text(), flags=re.S)
    found = [what for what, pattern in BREACHES.items() if re.search(pattern, text)]
    assert not found


@pytest.mark.parametrize("bad", ["<p style='x'>", "<a onclick=x>", "<script>x</script>"])
def test_inline_code_would_be_found(bad: str):
    assert any(re.search(pattern, bad) for pattern in BREACHES.values())


def icons_named_in(text: str) -> set[str]:
    tags = re.findall(r"""\{%\s*icon\s+["']([\w-]+)""", text)
    attributes = re.findall(r"""(?<![:\w])icon(?:_end)?=["']([a-z][\w-]*)["']""", text)
    return {*tags, *attributes}


def test_every_icon_a_page_names_is_in_the_sprite():
    sources = [*TEMPLATES, *ROOT.glob("*/web/**/*.py"), *ROOT.glob("*/context.py")]
    named = set().union(*(icons_named_in(path.read_text()) for path in sources))
    maps = (ui.STATUS_ICONS, ui.URGENCY_ICONS, ui.SEVERITY_ICONS, ui.TONE_ICONS)
    named |= {icon for mapping in maps for icon in mapping.values()}
    assert sorted(named - ICONS) == []


def test_the_sprite_holds_exactly_the_listed_icons():
    assert set(re.findall(r'<symbol id="([\w-]+)"', SPRITE)) == ICONS
