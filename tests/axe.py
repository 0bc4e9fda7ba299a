"""What axe-core says about a page: the rules of WCAG 2.0, 2.1 and 2.2, levels A and AA."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The rules that another theme can break.
COLOURS = ["color-contrast", "link-in-text-block"]

# Colours that are still fading from one theme to the other are nobody's fault.
RUN = """async only => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    const fading = document.getAnimations().filter(one => one.effect.getTiming().iterations === 1)
    await Promise.allSettled(fading.map(one => one.finished))
    const runOnly = only.length ? {type: "rule", values: only} : {type: "tag", values: TAGS}
    const found = await axe.run({runOnly, resultTypes: ["violations"]})
    return found.violations.flatMap(rule => rule.nodes.map(node => [
        rule.id, node.target.join(" "), node.any.map(check => check.message)[0] || ""]))
}""".replace("TAGS", str(TAGS))


def violations(page: Page, *rules: str) -> list[str]:
    """What is wrong with the page as it stands: "rule at target (reason)", empty when it is well.

    All rules of `TAGS` are asked, or only those that are named.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [
        f"{rule} at {target}" + (f" ({why})" if why else "")
        for rule, target, why in page.evaluate(RUN, list(rules))
    ]


def violations_everywhere(page: Page) -> list[str]:
    """On a desk and on a phone, each in both themes.

    What is folded into a closed select is taken away first: no rule is about it, and hundreds of
    time zones take axe longer than the rest of the page.
    """
    found = []
    page.evaluate("document.querySelectorAll('option:not(:checked)').forEach(one => one.remove())")
    for width, first, second in ((1280, "light", "dark"), (390, "dark", "light")):
        page.set_viewport_size({"width": width, "height": 844})
        for scheme, rules in ((first, []), (second, COLOURS)):
            page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme}: {line}" for line in violations(page, *rules)]
    return found
