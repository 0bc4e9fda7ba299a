"""Details of an alert become lines for humans, whatever shape a tool gives them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.details import apart, lines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=300), inner),
    max_leaves=60,
)


def shown(details: object) -> list[tuple[str, str]]:
    return lines(details, most=30, width=300)


def test_nested_values_have_dotted_names():
    details = {"cpu": 95.5, "labels": {"job": "api", "zone": {"name": "a"}}, "ok": False}
    assert shown(details) == [
        ("cpu", "95.5"),
        ("labels.job", "api"),
        ("labels.zone.name", "a"),
        ("ok", "false"),
    ]


def test_lists_stand_on_one_line_unless_they_hold_more():
    details = {"hosts": ["a", "b", 3], "checks": [{"name": "ping"}, {"name": "disk"}]}
    assert shown(details) == [
        ("hosts", "a, b, 3"),
        ("checks.1.name", "ping"),
        ("checks.2.name", "disk"),
    ]


def test_what_is_empty_is_left_out_and_nought_is_not_empty():
    assert shown({"a": None, "b": "", "c": [], "d": {}, "e": 0}) == [("e", "0")]


@given(st.dictionaries(st.text(max_size=300), JSON, max_size=80))
def test_any_details_are_bounded_text(details: dict):
    found = shown(details)
    assert len(found) <= 30
    assert all(len(name) <= 200 and len(text) <= 300 for name, text in found)


@pytest.mark.parametrize("odd", [None, "", [], "text", 7])
def test_details_that_are_no_object_break_nothing(odd: object):
    assert apart("Disk is full", odd) == ("Disk is full", {})


def test_the_copy_that_events_carry_as_description_is_no_text():
    details = {"cpu": 95.5, "labels": {"b": 1, "a": 2}}
    assert apart(json.dumps(details, indent=2), details) == ("", details)


def test_details_changed_later_win_over_the_copy_and_nothing_is_lost():
    words, details = apart('{"cpu": 95, "disk": 1}', {"cpu": 99, "ticket": "T-1"})
    assert words == ""
    assert details == {"cpu": 99, "disk": 1, "ticket": "T-1"}


@pytest.mark.parametrize("text", ["{not json", "{" * 100_000, '{"a":' * 100_000, "[1]", "3", ""])
def test_every_other_description_is_text(text: str):
    assert apart(text, {}) == (text, {})
