"""The look-up that paging waits for says what the resolver says, with few questions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from accounts import commands as accounts
from accounts.models import User
from core.actor import SYSTEM
from schedules import commands, queries
from schedules.commands import LayerSpec
from schedules.domain import ranks
from schedules.models import OverrideKind, Schedule

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
HOUR = timedelta(hours=1)
HOURS = [{"days": ["MON", "TUE", "FRI"], "start": "09:00", "end": "17:30", "endDay": None}]


@pytest.fixture
def rotas(alice: User, bob: User, carol: User, root: User) -> list[Schedule]:
    """One of weeks with office hours on top, one that was edited, one without anybody."""
    made = [
        commands.create_schedule(name=name, time_zone=zone, **ACTING)
        for name, zone in (
            ("London", "Europe/London"),
            ("Lord", "Australia/Lord_Howe"),
            ("-", "UTC"),
        )
    ]
    week = LayerSpec("week", datetime(2026, 3, 2, 9), [[alice.pk], [bob.pk], [carol.pk]])
    office = LayerSpec(
        "day", datetime(2026, 3, 2, 9), [[root.pk, bob.pk], []], restrictions=HOURS, priority=1
    )
    commands.add_layer(made[0], week, name="Week", **ACTING)
    commands.add_layer(made[0], office, name="Office", **ACTING)
    layer = commands.add_layer(made[1], week, name="Week", **ACTING)
    daily = LayerSpec("day", datetime(2026, 3, 2, 9), [[root.pk, bob.pk], [alice.pk]])
    commands.edit_layer(layer, daily, effective_from=NOW + 50 * HOUR, **ACTING)
    return made


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_it_says_what_the_resolver_says(
    rotas: list[Schedule], alice: User, carol: User, root: User, rank: int
):
    change = {"kind": OverrideKind.REPLACE, "user": alice, "replaces": carol, **ACTING}
    commands.add_override(rotas[0], start=NOW + HOUR, end=NOW + 30 * HOUR, **change)
    accounts.disable(carol, by=root.as_actor("web"), now=NOW)
    ids = [rota.pk for rota in rotas]
    values = queries.load(ids, start=NOW, end=NOW + 400 * HOUR)
    for hours in range(0, 400, 7):
        at = NOW + hours * HOUR
        found = queries.on_call(ids, at, rank=rank)
        for pk in ids:
            said = [(entry.user.pk, entry.because) for entry in found[pk]]
            assert said == [(one.user, one.because) for one in ranks.nth(values[pk], at, rank)]


def test_it_asks_little_and_more_only_when_something_is_planned(
    rotas: list[Schedule], alice: User, django_assert_num_queries: Callable
):
    ids = [rota.pk for rota in rotas[:2]]
    with django_assert_num_queries(2):
        queries.on_call(ids, NOW)
    commands.add_override(
        rotas[0], kind=OverrideKind.ADD, user=alice, start=NOW, end=NOW + HOUR, **ACTING
    )
    with django_assert_num_queries(4):
        assert alice in [entry.user for entry in queries.on_call(ids, NOW)[ids[0]]]
    with django_assert_num_queries(2):
        queries.on_call(ids, NOW + HOUR)


def test_somebody_added_to_an_empty_schedule_is_on_call(rotas: list[Schedule], alice: User):
    commands.add_override(
        rotas[2], kind=OverrideKind.ADD, user=alice, start=NOW, end=NOW + HOUR, **ACTING
    )
    pk = rotas[2].pk
    assert [entry.user for entry in queries.on_call([pk], NOW)[pk]] == [alice]
    assert queries.on_call([pk], NOW + HOUR) == {pk: []}


def test_new_rules_count_at_once_though_texts_are_remembered(
    rotas: list[Schedule], alice: User, bob: User
):
    pk, layer = rotas[0].pk, rotas[0].layers.get(name="Office")
    assert alice not in [entry.user for entry in queries.on_call([pk], NOW)[pk]]
    spec = LayerSpec("day", datetime(2026, 3, 2, 9), [[alice.pk]], priority=1)
    commands.edit_layer(layer, spec, **ACTING)
    assert [entry.user for entry in queries.on_call([pk], NOW)[pk]] == [alice]
