"""What a page will do, in words; the plan that wakes; the holes of a plan."""

from datetime import datetime, timedelta

import pytest

from notifications.domain.choice import Choice
from notifications.domain.foretell import Named, holes, story, wake_surely

START = datetime(2026, 3, 1, 22)
WAYS = {
    1: Named("Push", "PUSH", True),
    2: Named("E-mail", "EMAIL"),
    3: Named("SMS", "SMS"),
    4: Named("Phone call", "VOICE"),
}


def at(way: int, minute: int, ordered: bool = False) -> Choice:
    return Choice(way, timedelta(minutes=minute), ordered, 0)


def test_the_story_names_every_way_and_minute() -> None:
    plan = [at(1, 0), at(2, 0), at(3, 1), at(4, 3)]
    assert story(plan, WAYS, START) == (
        "22:00 page: Push and E-mail at once, SMS 22:01, Phone call 22:03"
    )


def test_a_chain_is_told_as_one() -> None:
    told = story([at(2, 0, True), at(3, 0, True)], WAYS, START)
    assert told == "22:00 page: E-mail, then SMS, each when the one before it fails"


@pytest.mark.parametrize(
    ("plan", "urgency", "said"),
    [
        ([], "LOW", ["Nothing reaches you"]),
        ([at(2, 0)], "HIGH", ["None of these ways is verified", "Nothing rings"]),
        ([at(2, 0)], "LOW", ["None of these ways is verified"]),
        ([at(1, 0), at(4, 16)], "HIGH", ["nothing happens for 16 minutes"]),
        ([at(1, 0), at(4, 15)], "HIGH", []),
    ],
)
def test_holes_are_named(plan: list[Choice], urgency: str, said: list[str]) -> None:
    found = holes(plan, WAYS, urgency)
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("ways", "plan"),
    [
        ([(2, "EMAIL"), (3, "SMS"), (4, "VOICE")], [(2, 0, 0, 0), (3, 0, 5, 3), (4, 2, 5, 3)]),
        ([(4, "VOICE")], [(4, 0, 5, 3)]),
        ([(2, "EMAIL")], [(2, 0, 5, 3)]),
        ([], []),
    ],
)
def test_the_preset_wakes_with_what_there_is(ways: list, plan: list) -> None:
    assert wake_surely(ways) == plan
