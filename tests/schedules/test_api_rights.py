"""Whoever is on no schedule changes nothing of schedules, whichever resource they knock at."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from schedules import commands
from schedules.commands import LayerSpec
from tests.test_openapi import api_routes

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OURS = ("schedules", "cover", "calendar", "board", "holiday", "time-off/", "support")
# For anybody, about oneself: an empty body is all that is wrong with it.
OPEN_TO_ALL = {"/api/cover-requests", "/api/calendar-feeds", "/api/time-off/calendars"}


@pytest.fixture
def known(alice: User, bob: User) -> dict[str, str]:
    """Things of other people, by the word before their id."""
    now = clock.now()
    acting = {"by": SYSTEM, "now": now}
    rota = commands.create_schedule(name="Primary", time_zone="UTC", **acting)
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[alice.pk], [bob.pk]])
    layer = commands.add_layer(rota, spec, name="Week", **acting)
    soon, later = now + timedelta(hours=1), now + timedelta(days=30)
    override = commands.add_override(
        rota, kind="ADD", user=bob, start=soon, end=soon + timedelta(hours=4), **acting
    )
    span = {"start": later, "end": later + timedelta(days=10)}
    mine = {"by": alice.as_actor("web"), "now": now}
    return {
        "schedules": rota.public_id,
        "layers": layer.public_id,
        "overrides": override.public_id,
        "time-off": commands.add_time_off(alice, **span, **mine).public_id,
        "calendar-feeds": commands.create_feed(alice, schedule=rota, **acting)[0].public_id,
        "notes": commands.add_note(rota, text="Mind it", author=alice, **acting).public_id,
        "cover-requests": commands.ask_cover(rota, requester=alice, **span, **acting).public_id,
    }


def test_a_stranger_changes_nothing(api: Callable, carol: User, known: dict[str, str]):
    client = api(carol)
    paths = [path for path, _ in api_routes() if path.startswith(tuple(f"/api/{w}" for w in OURS))]
    assert len(paths) > 30
    let_in = []
    for path in set(paths) - OPEN_TO_ALL:
        words = path.split("/")
        pairs = zip(["", *words], words, strict=False)
        url = "/".join(known.get(b, "none") if w.startswith("{") else w for b, w in pairs)
        for method in ("post", "put", "patch", "delete"):
            status = getattr(client, method)(url, {}).status_code
            if status not in {403, 404, 405}:
                let_in.append((method, url, status))
    assert let_in == []
