"""The mail of a page as a mail reader paints it: every word reads, by day and by night."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from notifications.channels import email
from notifications.domain.message import Action, Message

pytestmark = pytest.mark.browser

# WCAG 2.2, 1.4.3: 4.5 between the colour of each piece of text and what lies behind it.
RATIOS = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number)
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    const colour = rgb(getComputedStyle(element).backgroundColor)
    return colour.length === 3 || colour[3] ? colour : behind(element.parentElement)
  }
  const words = (element) => [...element.childNodes]
    .filter((node) => node.nodeType === 3).map((node) => node.textContent.trim()).join('')
  return [...document.body.querySelectorAll('*')].filter(words).map((element) => {
    const pair = [light(rgb(getComputedStyle(element).color)), light(behind(element))]
    return [words(element), (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05)]
  })
}"""

MAIL = email.render(
    Message(
        kind="page",
        subject_id="7",
        title="#7 Checkout is down",
        facts=(("Service", "Checkout"), ("Why you", "step 1: on call")),
        details=(("labels.a_very_long_name_of_a_label_without_any_space", "x" * 300),),
        body="5xx > 20 %",
        url="https://pager.example.com/incidents/7/",
        actions=(
            Action("Acknowledge", "https://pager.example.com/a/t0ken/"),
            Action("Open elsewhere", "https://pager.example.com/x/", "secondary"),
        ),
        urgency="HIGH",
    )
)


@pytest.fixture(scope="module")
def reader(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 320, "height": 640})
    page.set_content(MAIL.html)
    yield page
    page.close()


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(2")])
def test_every_word_of_a_mail_stands_out(reader: Page, scheme, paper: str):
    reader.emulate_media(color_scheme=scheme)
    assert reader.evaluate("getComputedStyle(document.body).backgroundColor").startswith(paper)
    ratios = reader.evaluate(RATIOS)
    assert {"Urgent", "Acknowledge", "Open elsewhere", "Service"} <= {text for text, _ in ratios}
    assert [(text, ratio) for text, ratio in ratios if ratio < 4.5] == []


def test_a_mail_fits_the_smallest_phone(reader: Page):
    assert reader.evaluate("document.documentElement.scrollWidth") <= 320
