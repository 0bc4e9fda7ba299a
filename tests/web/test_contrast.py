"""Every text pair of both themes reads: WCAG 2.2 AA, computed from frontend/themes.css."""

import re
from pathlib import Path

import pytest

THEMES = (Path(__file__).resolve().parents[2] / "frontend/themes.css").read_text()

SURFACES = ("color-base-100", "color-base-200")
TEXT = [
    *(("color-base-content", ground) for ground in (*SURFACES, "color-base-300")),
    *(("muted", ground) for ground in (*SURFACES, "color-base-300")),
    *(("color-primary", ground) for ground in (*SURFACES, "accent-soft")),
    *(
        (f"color-{name}-content", f"color-{name}")
        for name in ("primary", "neutral", "info", "success", "warning", "error", "secondary")
    ),
    *(
        (f"{status}-text", ground)
        for status in ("open", "acknowledged", "resolved", "snoozed", "suppressed")
        for ground in (f"{status}-soft", *SURFACES)
    ),
    *((f"urgency-{level}-text", f"urgency-{level}") for level in ("high", "medium", "low")),
    *(
        ("color-base-content", f"{status}-soft")  # body text of a banner
        for status in ("open", "acknowledged", "resolved", "snoozed")
    ),
]
SHAPES = [  # borders of controls, coloured edges: 3:1
    *(("line-strong", ground) for ground in SURFACES),
    *(
        (status, "color-base-100")
        for status in ("open", "acknowledged", "resolved", "snoozed", "suppressed")
    ),
]


def tokens(theme: str) -> dict[str, str]:
    block = re.search(rf'name: "{theme}";(.*?)\n\}}', THEMES, re.S)
    assert block, theme
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[1]))


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["opsknight-light", "opsknight-dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (SHAPES, 3.0)], ids=["text", "shapes"])
def test_pairs_have_enough_contrast(theme: str, pairs: list[tuple[str, str]], least: float):
    colours = tokens(theme)
    poor = {
        pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair in pairs
        if contrast(colours[pair[0]], colours[pair[1]]) < least
    }
    assert not poor


def test_both_themes_define_the_same_tokens():
    assert tokens("opsknight-light").keys() == tokens("opsknight-dark").keys()


def test_the_measure_knows_black_on_white():
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
