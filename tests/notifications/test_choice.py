"""Which contact methods a page takes: every combination of urgency, step channels and rules."""

from datetime import timedelta
from itertools import product

import pytest

from notifications.domain.choice import Choice, Method, Rule, Wish, choose

MAIL = Method(1, "EMAIL", position=0)
HOOK = Method(2, "WEBHOOK", position=1)
MAIL_2 = Method(3, "EMAIL", position=2)
OFF_HOOK = Method(4, "WEBHOOK", enabled=False, position=3)
ALL = [MAIL, HOOK, MAIL_2, OFF_HOOK]
NOW = timedelta(0)
HIGH = Wish("HIGH")


def ids(choices: list[Choice]) -> list[int]:
    return [choice.method_id for choice in choices]


def test_high_goes_to_all_reachable_methods_at_once() -> None:
    chosen = choose(ALL, [], Wish("HIGH"))
    assert chosen == [Choice(1, NOW, False, 0), Choice(2, NOW, False, 1), Choice(3, NOW, False, 2)]


@pytest.mark.parametrize("urgency", ["MEDIUM", "LOW"])
def test_less_urgent_goes_from_one_to_the_next(urgency: str) -> None:
    chosen = choose(ALL, [], Wish(urgency))
    assert chosen == [Choice(1, NOW, True, 0), Choice(2, NOW, True, 1), Choice(3, NOW, True, 2)]


def test_a_chain_of_one_is_no_chain() -> None:
    assert choose([MAIL], [], Wish("LOW")) == [Choice(1, NOW, False, 0)]


def test_the_order_is_the_persons_own() -> None:
    swapped = [Method(1, "EMAIL", position=5), Method(2, "WEBHOOK", position=1)]
    assert ids(choose(swapped, [], Wish("LOW"))) == [2, 1]


def test_personal_rules_replace_the_defaults_with_delays() -> None:
    rules = [Rule("HIGH", 3, 10), Rule("HIGH", 2, 0), Rule("LOW", 1, 0)]
    assert choose(ALL, rules, Wish("HIGH")) == [
        Choice(2, NOW, False, 0),
        Choice(3, timedelta(minutes=10), False, 1),
    ]
    assert choose(ALL, rules, Wish("LOW")) == [Choice(1, NOW, False, 0)]


def test_a_rule_is_repeated_and_two_rules_for_the_same_minute_are_one_message() -> None:
    rules = [Rule("HIGH", 2, 0, 0, 5, 2), Rule("HIGH", 1, 5, 1), Rule("HIGH", 2, 10, 2)]
    planned = [(c.method_id, c.delay.seconds // 60, c.number) for c in choose(ALL, rules, HIGH)]
    assert planned == [(2, 0, 1), (2, 5, 2), (1, 5, 1), (2, 10, 3)]


def test_rules_of_another_urgency_change_nothing() -> None:
    assert ids(choose(ALL, [Rule("LOW", 1)], Wish("HIGH"))) == [1, 2, 3]


def test_rules_that_name_only_switched_off_methods_give_way_to_the_defaults() -> None:
    assert ids(choose(ALL, [Rule("HIGH", 4)], Wish("HIGH"))) == [1, 2, 3]


def test_step_channels_win_over_rules_and_switches() -> None:
    rules = [Rule("HIGH", 1)]
    assert ids(choose(ALL, rules, Wish("HIGH", channels=["WEBHOOK"]))) == [2, 4]


def test_step_channels_keep_the_order_for_less_urgent_pages() -> None:
    chosen = choose(ALL, [], Wish("LOW", channels=["EMAIL"]))
    assert chosen == [Choice(1, NOW, True, 0), Choice(3, NOW, True, 1)]


@pytest.mark.parametrize("channels", [["SMS"], ["IN_APP"], ["SMS", "PUSH"]])
def test_unreachable_step_channels_mean_every_channel_never_silence(channels: list[str]) -> None:
    rules = [Rule("HIGH", 1, 30)]
    assert ids(choose(ALL, rules, Wish("HIGH", channels=channels))) == [1, 2, 3]


@pytest.mark.parametrize("urgency", ["HIGH", "MEDIUM", "LOW"])
def test_the_fallback_contact_gets_everything_at_once(urgency: str) -> None:
    wish = Wish(urgency, channels=["EMAIL"], all_channels=True)
    chosen = choose(ALL, [Rule(urgency, 1, 30)], wish)
    assert ids(chosen) == [1, 2, 3]
    assert not any(choice.ordered or choice.delay for choice in chosen)


@pytest.mark.parametrize(
    ("methods", "expected"), [(ALL, [1]), ([HOOK], [2]), ([HOOK, MAIL_2], [3]), ([OFF_HOOK], [])]
)
def test_news_take_the_single_quietest_channel(methods: list[Method], expected: list[int]) -> None:
    assert ids(choose(methods, [Rule("HIGH", 2)], Wish("HIGH", quiet=True))) == expected


def test_nothing_is_chosen_exactly_when_nothing_is_reachable() -> None:
    """All 3 x 4 x 2 x 2 x 2 x 3 x 16 wishes and people: never silence by accident."""
    wishes = product(
        ["HIGH", "MEDIUM", "LOW"],
        [(), ("EMAIL",), ("WEBHOOK",), ("SMS",)],
        [False, True],
        [False, True],
    )
    rule_sets = [[], [Rule("HIGH", 1, 5)], [Rule("LOW", 4), Rule("HIGH", 4)]]
    for (urgency, channels, everything, quiet), rules in product(wishes, rule_sets):
        wish = Wish(urgency, channels, everything, quiet)
        for present in product([False, True], repeat=4):
            methods = [method for method, there in zip(ALL, present, strict=True) if there]
            chosen = choose(methods, rules, wish)
            reachable = any(method.enabled for method in methods)
            assert bool(chosen) or not reachable, (wish, rules, methods)
            assert len(set(ids(chosen))) == len(chosen)
            assert [choice.position for choice in chosen] == list(range(len(chosen)))
            assert len(chosen) <= 1 or not quiet
