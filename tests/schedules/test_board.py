"""Everybody on call in one answer, and the board for wall screens, with and without signing in."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import config
from core.actor import SYSTEM
from core.errors import Conflict
from schedules import commands
from schedules.commands import LayerSpec
from schedules.models import BoardLink, Layer, LayerVersion, Schedule
from tests.page_rules import PageRules

pytestmark = [pytest.mark.once, pytest.mark.django_db]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock_at() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def make_rota(name: str, *people: User) -> Schedule:
    """By weeks from Monday 2 March 09:00 in London: the third one has it now."""
    schedule = commands.create_schedule(name=name, time_zone="Europe/London", **ACTING)
    spec = LayerSpec(
        unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[user.pk] for user in people]
    )
    commands.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


@pytest.fixture
def rota(alice: User, bob: User, carol: User) -> Schedule:
    return make_rota("Primary", alice, bob, carol)


@pytest.fixture
def _allowed(db: None) -> None:
    config.put("public_boards", True)


def link(*schedules: Schedule, form: str = "FULL", name: str = "Wall") -> str:
    made = commands.create_board_link(name=name, schedules=schedules, name_form=form, **ACTING)
    return reverse("schedules:public_board", args=[made[1]])


class TestBoard(PageRules):
    name = "schedules:board"


class TestLinks(PageRules):
    name = "schedules:board_links"
    roles = frozenset({"ADMIN"})


def test_everybody_on_call_at_an_instant(api: Callable, rota: Schedule, alice: User):
    commands.create_schedule(name="Empty", time_zone="UTC", **ACTING)
    body = api(alice).get("/api/on-call").json()
    assert (body["total"], body["gaps"]) == (2, 1)
    empty, primary = body["schedules"]
    assert (empty["gap"], empty["onCall"]) == (True, [])
    assert [one["user"]["name"] for one in primary["onCall"]] == ["Carol"]
    assert primary["onCall"][0]["because"] == {"type": "layer", "name": "Week"}
    then = api(alice).get("/api/on-call", {"at": "2026-03-09T12:00:00Z"}).json()
    assert then["schedules"][1]["onCall"][0]["user"]["name"] == "Bob"
    assert api(alice).get("/api/on-call", {"at": "soon"}).status_code == 400


def test_a_user_is_told_of_the_own_schedules_only(api: Callable, rota: Schedule, carol: User):
    make_rota("Secret", carol.__class__.objects.get(name="Alice"))
    assert api(carol).get("/api/on-call").json()["total"] == 1
    assert api(carol, "incidents:read").get("/api/on-call").status_code == 403


def test_a_thousand_schedules_cost_few_queries(
    api: Callable, alice: User, django_assert_max_num_queries
):
    rows = Schedule.objects.bulk_create(Schedule(name=f"S {n}") for n in range(1000))
    layers = Layer.objects.bulk_create(Layer(schedule=row, name="Week") for row in rows)
    LayerVersion.objects.bulk_create(
        LayerVersion(
            layer=layer, time_zone="UTC", unit="week", anchor="2026-03-02T09:00", slots=[[alice.pk]]
        )
        for layer in layers
    )
    client = api(alice)
    with django_assert_max_num_queries(8):
        body = client.get("/api/on-call").json()
    assert (body["total"], body["gaps"]) == (1000, 0)


def test_the_board_says_who_until_when_and_who_is_next(rota: Schedule, as_alice: Client):
    page = as_alice.get(reverse("schedules:board")).content.decode()
    assert "Carol" in page
    assert "until <time" in page
    assert "then Alice" in page
    assert '<meta http-equiv="refresh" content="30">' in page  # without scripts


def test_a_board_may_show_some_schedules_only(rota: Schedule, alice: User, as_alice: Client):
    other = make_rota("Other", alice)
    page = as_alice.get(reverse("schedules:board"), {"of": other.public_id}).content.decode()
    assert "Other" in page
    assert "Primary" not in page


def test_an_unchanged_board_is_304_until_the_pager_changes_hands(
    rota: Schedule, alice: User, carol: User, as_alice: Client, clock_at: Any
):
    path = reverse("schedules:board") + "?part=1"
    first = as_alice.get(path)
    clock_at.shift(3600)
    again = as_alice.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    clock_at.move_to(NOW + 7 * DAY)
    changed = as_alice.get(path, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert "Alice" in changed.content.decode()


def test_gaps_come_first(rota: Schedule, as_alice: Client):
    commands.create_schedule(name="Zebra", time_zone="UTC", **ACTING)
    page = as_alice.get(reverse("schedules:board")).content.decode()
    assert page.index("Zebra") < page.index("Primary")
    assert "Nobody is on call" in page


def test_public_boards_are_off_until_somebody_allows_them(rota: Schedule):
    with pytest.raises(Conflict):
        link(rota)


@pytest.mark.usefixtures("_allowed")
def test_a_public_board_shows_names_and_nothing_else(rota: Schedule, bob: User):
    make_rota("Hidden", bob)
    answer = Client().get(link(rota))
    page = answer.content.decode()
    assert "Carol" in page
    assert "Hidden" not in page
    assert "@" not in page.split("<main")[1]
    assert "sessionid" not in answer.cookies
    assert answer["X-Robots-Tag"] == "noindex"


@pytest.mark.usefixtures("_allowed")
@pytest.mark.parametrize(
    ("form", "seen"), [("FULL", "Carol Crane"), ("FIRST", "Carol"), ("INITIALS", "CC")]
)
def test_names_appear_in_the_chosen_form(form: str, seen: str, rota: Schedule, carol: User):
    User.objects.filter(pk=carol.pk).update(name="Carol Crane")
    page = Client().get(link(rota, form=form)).content.decode()
    people = page.split('<p class="board-people">')[1].split("</p>")[0]
    assert people == seen


@pytest.mark.usefixtures("_allowed")
def test_a_public_board_of_all_shows_new_schedules_too(rota: Schedule, bob: User):
    path = link()
    make_rota("Later", bob)
    assert "Later" in Client().get(path).content.decode()


@pytest.mark.usefixtures("_allowed")
def test_a_public_board_is_switched_off_alone_and_altogether(rota: Schedule):
    one, other = link(rota), link(rota)
    commands.revoke_board_link(BoardLink.objects.earliest("id"), **ACTING)
    assert Client().get(one).status_code == 404
    assert Client().get(other).status_code == 200
    config.put("public_boards", False)
    assert Client().get(other).status_code == 404


@pytest.mark.usefixtures("_allowed")
def test_the_use_of_a_public_board_is_noted(rota: Schedule):
    Client().get(link(rota))
    assert BoardLink.objects.get().last_used_at == NOW


@pytest.mark.usefixtures("_allowed")
def test_admins_make_and_switch_off_links(rota: Schedule, as_root: Client):
    path = reverse("schedules:board_links")
    form = {"name": "Lobby", "schedules": [rota.public_id], "name_form": "FIRST"}
    page = as_root.post(path, form).content.decode()
    assert "/board/" in page
    made = BoardLink.objects.get()
    assert (made.name_form, list(made.schedules.all())) == ("FIRST", [rota])
    assert "Lobby" in as_root.get(path).content.decode()
    as_root.post(reverse("schedules:revoke_board_link", args=[made.public_id]))
    made.refresh_from_db()
    assert made.revoked_at == NOW


def test_the_page_says_that_public_boards_are_off(as_root: Client):
    page = as_root.get(reverse("schedules:board_links")).content.decode()
    assert "switched off" in page
    assert "Make the address" not in page


def test_the_setting_is_a_setting(as_root: Client, root: User):
    form = {"mail_from": "OpsKnight <o@example.com>", "fallback_users": [root.pk]}
    as_root.post(reverse("settings:home"), form | {"public_boards": "on"})
    assert config.get("public_boards") is True
    as_root.post(reverse("settings:home"), form)
    assert config.get("public_boards") is False


@pytest.mark.usefixtures("_allowed")
def test_links_by_the_api(api: Callable, rota: Schedule, root: User, alice: User):
    client = api(root)
    made = client.post("/api/board-links", {"scheduleIds": [rota.public_id], "nameForm": "FIRST"})
    assert made.status_code == 201, made.json()
    path = "/board/" + made.json()["url"].split("/board/")[1]
    assert "Carol" in Client().get(path).content.decode()
    [listed] = client.get("/api/board-links").json()["boardLinks"]
    assert "url" not in listed
    assert client.post("/api/board-links", {"scheduleIds": ["sch_no"]}).status_code == 422
    assert api(alice).get("/api/board-links").status_code == 403
    assert client.delete(f"/api/board-links/{listed['id']}").status_code == 204
    assert Client().get(path).status_code == 404
