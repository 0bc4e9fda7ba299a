"""Each page puts its questions to either database; how it looks is asked once, beside this."""

import re
from datetime import datetime

import pytest
import time_machine
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import User
from schedules import commands
from schedules.commands import LayerSpec
from tests.test_openapi import routes
from tests.web.at_work import pages_at_work
from tests.web.schedules.conftest import ACTING, LONDON, NOW
from tests.web.schedules.full_house import furnish, pages

pytestmark = pytest.mark.django_db

ANSWERS = {200, 302, 405}


def plain_addresses() -> list[str]:
    """Addresses without an argument; API, tables, sign-in, simulator have tests of their own."""
    patterns = get_resolver().url_patterns
    return [
        f"/{path}"
        for path, _ in routes(patterns)
        if not re.search(r"[<^(]|^api|^admin|^accounts|^simulator", path)
    ]


def refused(client: Client, paths: list[str]) -> list[str]:
    """Addresses that do not answer: 405 is said by what only acts."""
    answers = {path: client.get(path).status_code for path in paths}
    return [f"{path}: {status}" for path, status in answers.items() if status not in ANSWERS]


def test_every_page_of_an_organisation_at_work_is_drawn(as_root: Client, root: User):
    assert refused(as_root, pages_at_work(root)) == []
    plain = plain_addresses()
    assert len(plain) > 50
    assert refused(as_root, plain) == []


def test_every_page_of_a_furnished_schedule_is_drawn(
    as_root: Client, root: User, alice: User, bob: User, carol: User
):
    with time_machine.travel(NOW, tick=False):
        rota = commands.create_schedule(name="Primary", time_zone=LONDON, **ACTING)
        turns = [[user.pk] for user in (alice, bob, carol)]
        spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=turns)
        commands.add_layer(rota, spec, name="Week", **ACTING)
        board = furnish(rota, root, NOW)
        record = reverse("schedules:record_csv", args=[rota.public_id])
        assert refused(as_root, [*pages(rota), board, record]) == []
