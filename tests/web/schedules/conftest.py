"""A rota of three people, a clock that stands still, and forms as a browser sends them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.actor import SYSTEM
from schedules import commands, queries
from schedules.commands import LayerSpec
from schedules.models import Layer, Schedule

# Carol has the pager of the rota: Monday noon in the third week.
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
LONDON = "Europe/London"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rota(alice: User, bob: User, carol: User) -> Schedule:
    """alice, bob, carol by weeks, from Monday 09:00 in London."""
    schedule = commands.create_schedule(name="Primary", time_zone=LONDON, **ACTING)
    people = [[user.pk] for user in (alice, bob, carol)]
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=people)
    commands.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


@pytest.fixture
def layer(rota: Schedule) -> Layer:
    return rota.layers.get()


def page_of(client: Client, rota: Schedule, **query: str) -> str:
    return client.get(reverse("schedules:detail", args=[rota.public_id]), query).content.decode()


def text_of(page: str) -> str:
    """What a person reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main")[1].split("</main>")[0]).split())


def names(rota: Schedule, at: datetime) -> list[str]:
    return [entry.user.name for entry in queries.on_call([rota.pk], at)[rota.pk]]


def layer_form(*people: User | str, **more: object) -> dict[str, object]:
    """The layer form as a browser sends it; windows: `windows=[{"days": [...], ...}]`."""
    windows: list = more.pop("windows", [])
    data: dict[str, object] = {
        "name": "Rotation",
        "preset": "week-1",
        "anchor": "2026-03-16T09:00",
        "priority": "0",
        "people-TOTAL_FORMS": str(len(people)),
        "people-INITIAL_FORMS": "0",
        "windows-TOTAL_FORMS": str(len(windows)),
        "windows-INITIAL_FORMS": "0",
    }
    for index, person in enumerate(people):
        value = person if isinstance(person, str) else person.public_id
        data[f"people-{index}-person"] = value
    for index, window in enumerate(windows):
        data |= {f"windows-{index}-{key}": value for key, value in window.items()}
    return data | more


def override_form(**changes: object) -> dict[str, object]:
    return {"start": "2026-03-16T18:00", "end": "2026-03-16T20:00"} | changes


def controls(page: str, form_id: str = "layer-form") -> dict[str, object]:
    """What a browser would send of a form on the page."""
    form = page.split(f'<form id="{form_id}"')[1].split("</form>")[0]
    data: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        name, kind = attributes.get("name"), attributes.get("type")
        if not name or (kind == "checkbox" and " checked" not in tag):
            continue
        value = attributes.get("value", "on" if kind == "checkbox" else "")
        data[name] = [*data.get(name, []), value] if kind == "checkbox" else value
    for tag, options in re.findall(r"<select([^>]*)>(.*?)</select>", form, re.S):
        name = re.search(r'name="([^"]+)"', tag)[1]
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        data[name] = chosen[1] if chosen else ""
    return data
