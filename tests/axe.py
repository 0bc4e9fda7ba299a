"""What axe-core says about a page: the rules of WCAG 2.0, 2.1 and 2.2, levels A and AA."""

import os

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WINDOWS = [(1280, "light"), (390, "dark"), (1280, "dark"), (390, "light")]
EVERYWHERE = os.environ.get("HYPOTHESIS_PROFILE", "suite") != "suite"

# No rule is about what is folded into a closed select, and hundreds of time zones take axe longer
# than all the rest. Colours that fade from one theme to the other are nobody's fault; their end is
# not waited for, because a window that is resized often may draw nothing more for minutes.
PREPARE = """() => {
    document.querySelectorAll("option:not(:checked)").forEach(one => one.remove())
    const still = new CSSStyleSheet()
    const rules = "transition: none !important; animation: none !important"
    still.replaceSync(`*, *::before, *::after { ${rules} }`)
    document.adoptedStyleSheets.push(still)
}"""
RUN = """async () => {
    const found = await axe.run({runOnly: TAGS, resultTypes: ["violations"]})
    return found.violations.flatMap(rule => rule.nodes.map(node => [
        rule.id, node.target.join(" "), node.any.map(check => check.message)[0] || ""]))
}""".replace("TAGS", str(TAGS))


def some_of(paths: list[str]) -> list[str]:
    """A third of the pages: the short version in `make test` of what `make properties` walks."""
    return paths if EVERYWHERE else paths[::3]


def violations(page: Page) -> list[str]:
    """What is wrong with the page as it stands, each as "rule at target (reason)"."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [
        f"{rule} at {target}" + (f" ({why})" if why else "")
        for rule, target, why in page.evaluate(RUN)
    ]


def violations_everywhere(page: Page, number: int = 0) -> list[str]:
    """On a desk and on a phone, in both themes; `make test` looks into the next window each time.

    `make properties`, which CI runs as well, looks into all four, at every page.
    """
    page.evaluate(PREPARE)
    found = []
    for width, theme in WINDOWS if EVERYWHERE else [WINDOWS[number % len(WINDOWS)]]:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=theme)
        found += [f"{width} {theme}: {line}" for line in violations(page)]
    return found
