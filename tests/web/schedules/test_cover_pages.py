"""Asking for cover and answering, by plain forms."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Role, User
from schedules import commands
from schedules.models import CoverRequest, CoverState, Schedule
from tests.cast import browser_of, make_person
from tests.web.schedules.conftest import DAY, NOW, names, text_of

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
WEEK = timedelta(weeks=1)
ALICES = NOW.replace(day=23, hour=9)  # in London


@pytest.fixture
def request_of_alice(rota: Schedule, alice: User) -> CoverRequest:
    span = {"start": ALICES, "end": ALICES + WEEK - timedelta(hours=1)}
    acting = {"by": alice.as_actor("web"), "now": NOW}
    return commands.ask_cover(rota, requester=alice, message="Skiing <b>", **span, **acting)


def test_ones_own_shifts_lead_to_a_filled_form(as_alice: Client, rota: Schedule, bob: User):
    page = as_alice.get("/on-call/covers/").content.decode()
    assert "Mon 23 Mar, 09:00 – Mon 30 Mar, 08:00" in text_of(page)
    link = re.search(r'href="(/schedules/[^"]*/cover/new/[^"]*)"', page)[1].replace("&amp;", "&")
    form = as_alice.get(link).content.decode()
    assert 'value="2026-03-23T09:00"' in form and 'value="2026-03-30T09:00"' in form
    given = {"start": "2026-03-23T09:00", "end": "2026-03-30T09:00", "asked": bob.public_id}
    answer = as_alice.post(link, given, follow=True)
    row = CoverRequest.objects.get()
    assert (row.asked, row.shift_index) == (bob, 3)
    assert "Bob is asked" in answer.content.decode()
    assert "Withdraw the request" in answer.content.decode()


def test_a_user_asks_and_answers_too(rota: Schedule, carol: User, alice: User):
    """carol may not edit schedules; giving her shift away is her own affair."""
    client = browser_of(carol)
    path = f"/schedules/{rota.public_id}/cover/new/"
    form = client.get(path).content.decode()
    offer = re.search(rf'value="({alice.public_id}\|[^"]+)"', form)[1]
    given = {"start": "2026-04-06T09:00", "end": "2026-04-13T09:00", "in_return": offer}
    assert client.post(path, given).status_code == 302
    row = CoverRequest.objects.get()
    assert (row.kind, row.asked, row.return_start) == ("SWAP", alice, ALICES)
    assert (
        "In return" in browser_of(alice).get(f"/on-call/covers/{row.public_id}/").content.decode()
    )


def test_looking_changes_nothing_and_one_tap_accepts(
    as_bob: Client, rota: Schedule, request_of_alice: CoverRequest
):
    path = f"/on-call/covers/{request_of_alice.public_id}/"
    page = as_bob.get(path).content.decode()
    assert CoverRequest.objects.get().state == CoverState.OPEN
    assert "Skiing &lt;b&gt;" in page
    assert "Bob would be on call for 13 d 23 h without a break" in text_of(page)
    assert as_bob.get(f"{path}accept/").status_code == 405
    answer = as_bob.post(f"{path}accept/", follow=True).content.decode()
    assert "The shift is yours" in answer and "Taken by" in answer
    assert names(rota, ALICES + DAY) == ["Bob"]
    late = browser_of(make_person("late", Role.ADMIN)).post(f"{path}accept/", follow=True)
    assert "Bob has taken it already" in late.content.decode()


def test_declining_and_withdrawing(rota: Schedule, alice: User, bob: User):
    acting = {"by": alice.as_actor("web"), "now": NOW}
    span = {"start": ALICES, "end": ALICES + DAY}
    first = commands.ask_cover(rota, requester=alice, asked=bob, **span, **acting)
    path = f"/on-call/covers/{first.public_id}/"
    assert "Declined" in browser_of(bob).post(f"{path}decline/", follow=True).content.decode()
    second = commands.ask_cover(rota, requester=alice, **span, **acting)
    path = f"/on-call/covers/{second.public_id}/"
    assert "Withdrawn" in browser_of(alice).post(f"{path}withdraw/", follow=True).content.decode()
    assert "Answered lately" in browser_of(alice).get("/on-call/covers/").content.decode()


def test_an_admin_accepts_for_somebody(
    as_root: Client, rota: Schedule, request_of_alice: CoverRequest, carol: User
):
    path = f"/on-call/covers/{request_of_alice.public_id}/"
    assert "Accept for them" in as_root.get(path).content.decode()
    as_root.post(f"{path}accept/", {"taker": carol.public_id})
    assert CoverRequest.objects.get().taken_by == carol


def test_others_do_not_see_it(rota: Schedule, request_of_alice: CoverRequest):
    stranger = browser_of(make_person("eve", Role.USER))
    path = f"/on-call/covers/{request_of_alice.public_id}/"
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}accept/").status_code == 404
    assert stranger.get(f"/schedules/{rota.public_id}/cover/new/").status_code == 404
    assert "No shift ahead" in stranger.get("/on-call/covers/").content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [({"start": "2026-03-16T10:00"}, "start"), ({"end": ""}, "end"), ({"asked": "usr_x"}, "asked")],
)
def test_a_refusal_stands_beside_the_field(
    change: dict, field: str, as_alice: Client, rota: Schedule
):
    given = {"start": "2026-03-23T09:00", "end": "2026-03-30T09:00"} | change
    answer = as_alice.post(f"/schedules/{rota.public_id}/cover/new/", given)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
