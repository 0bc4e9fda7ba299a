"""Reasons of the why-log: every code has its sentence, and odd rows break none."""

import pytest

from escalation.domain import reasons
from escalation.domain.reasons import Code
from notifications.domain import reasons as ways
from notifications.domain.choice import Method, Rule, Wish, choose
from notifications.domain.reasons import Why

MAIL, SMS = Method(1, "EMAIL"), Method(2, "SMS", position=1)


@pytest.mark.parametrize(("room", "codes"), [(reasons, Code), (ways, Why)])
def test_every_code_has_words_even_when_its_facts_are_missing(room, codes) -> None:
    for code in codes:
        said = room.words({"code": str(code)})
        assert said
        assert said != str(code).replace("_", " ")


def test_a_code_of_another_version_is_shown_rather_than_hidden() -> None:
    assert reasons.words({"code": "from_the_future"}) == "from the future"


def test_who_is_on_call_is_told_with_the_layer_or_the_override() -> None:
    layer = reasons.on_call("Payments", 1, "layer", "Weeks")
    other = reasons.on_call("Payments", 2, "override", "REPLACE")
    assert reasons.words(layer) == "on call in Payments: it is their turn in the layer Weeks"
    assert reasons.words(other) == "secondary of Payments: an override (replace) says so"


@pytest.mark.parametrize(
    ("rules", "wish", "why"),
    [
        ([], Wish("HIGH"), [Why.ALL_AT_ONCE, Why.ALL_AT_ONCE]),
        ([], Wish("LOW"), [Why.ONE_BY_ONE, Why.ONE_BY_ONE]),
        ([Rule("HIGH", 2, 5)], Wish("HIGH"), [Why.RULE]),
        ([], Wish("HIGH", ["SMS"]), [Why.STEP]),
        ([], Wish("HIGH", ["SLACK"]), [Why.STEP_UNREACHABLE, Why.STEP_UNREACHABLE]),
        ([], Wish("LOW", all_channels=True), [Why.EVERYTHING, Why.EVERYTHING]),
        ([], Wish("LOW", quiet=True), [Why.QUIETEST]),
    ],
)
def test_the_choice_of_channels_says_why(rules, wish, why) -> None:
    assert [one.because for one in choose([MAIL, SMS], rules, wish)] == why
