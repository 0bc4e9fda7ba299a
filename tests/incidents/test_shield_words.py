"""What is said of a page that was put among others, and of one that left alone after all."""

import pytest

from core import clock
from core.actor import SYSTEM
from incidents import commands, publishing
from incidents.shield import departure
from notifications.channels import email
from notifications.domain.message import Message
from tests.cast import browser_of
from tests.incidents.conftest import MINUTE, T0
from tests.incidents.test_storm_shield import S, Storm, storm

pytestmark = pytest.mark.django_db
__all__ = ["storm"]


def test_who_leaves_alone_hears_nothing_of_others(storm: Storm):
    third = storm.strike(3, T0)[-1]
    departure.depart(T0 + 15 * S)
    last = storm.messages()[-1]
    assert (last.subject_kind, last.subject_id) == ("incident", third.pk)
    assert "step 1 of 2" in str(last.message)
    assert "with others" not in str(last.message)


@pytest.mark.parametrize(
    ("end", "word"), [("acknowledge", "Acknowledged"), ("resolve", "Resolved")]
)
def test_news_that_leave_alone_name_who_did_it(storm: Storm, end: str, word: str):
    incidents = storm.strike(2, T0)
    paged = len(storm.messages())
    for incident in incidents:
        getattr(commands, end)(incident, by=storm.people.ben.as_actor("web"), now=T0 + MINUTE)
    publishing.publish_due(T0 + MINUTE)
    departure.depart(T0 + MINUTE + 15 * S)
    news = storm.messages()[paged:]
    assert [row.subject_kind for row in news] == ["incident-news"] * 2
    assert [dict(row.message["facts"])[word] for row in news] == ["by Ben"] * 2


def test_nobody_is_called_paged_whose_page_waits_with_others(storm: Storm):
    now = clock.now()
    third = storm.strike(3, now)[-1]
    browser = browser_of(storm.people.ann)
    page = browser.get(f"/incidents/{third.pk}/").content.decode()
    assert "Paged so far" not in page
    assert "Held back: the page to <strong>Ann</strong> leaves with others" in page
    departure.depart(now + 15 * S)
    page = browser.get(f"/incidents/{third.pk}/").content.decode()
    assert "Paged so far: Ann" in page
    assert "Held back" not in page


def test_nobody_is_called_paged_whose_page_never_left(storm: Storm):
    now = clock.now()
    third = storm.strike(3, now)[-1]
    commands.resolve(third, by=SYSTEM, now=now)
    departure.depart(now + 15 * S)
    page = browser_of(storm.people.ann).get(f"/incidents/{third.pk}/").content.decode()
    assert "Paged so far" not in page
    assert "Held back" not in page


@pytest.mark.parametrize("end", ["acknowledge", "resolve"])
def test_good_news_is_not_called_urgent(storm: Storm, end: str):
    (incident,) = storm.strike(1, T0)
    getattr(commands, end)(incident, by=storm.people.ben.as_actor("web"), now=T0 + MINUTE)
    publishing.publish_due(T0 + MINUTE)
    page, news = (email.render(Message.from_json(row.message)) for row in storm.messages())
    assert (page.urgent, news.urgent) == (True, False)
    assert page.text.startswith("URGENT: ") and "Urgent" in page.html
    assert "urgent" not in news.text.lower()
