"""Messages: raw but storable, bounded, the same after a round trip."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.message import Action, Message
from notifications.domain.text import many_lines, one_line, shorten, storable

ANY_TEXT = st.text(st.characters(codec=None), max_size=600)


@given(title=ANY_TEXT, label=ANY_TEXT, value=ANY_TEXT, body=ANY_TEXT)
def test_any_text_survives_a_round_trip_as_json(
    title: str, label: str, value: str, body: str
) -> None:
    message = Message(
        kind="page",
        subject_id="7",
        title=title,
        facts=((label, value),),
        details=((label, value),),
        body=body,
        url="https://pager.example.com/incidents/7/",
        actions=(Action("Acknowledge", "https://pager.example.com/a/x/"),),
        urgency="HIGH",
        tag="new",
        data={"deep": [{"text": body}]},
    )
    stored = json.dumps(message.to_json())
    assert "\\u0000" not in stored
    stored.encode()
    assert Message.from_json(json.loads(stored)) == message


def test_texts_are_kept_raw_and_cut() -> None:
    message = Message(
        "page",
        "7",
        "<b>a\r\nb</b>" + "x" * 900,
        facts=(("l", "v"),) * 30,
        details=(("l", "v"),) * 90,
    )
    assert message.title.startswith("<b>a\r\nb</b>x")
    assert len(message.title) == 500 and message.title.endswith("…")
    assert len(message.facts) == 20
    assert len(message.details) == 40


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://a b",
        "https://a\nb",
        "https://" + "a" * 2000,
    ],
)
def test_only_plain_web_addresses_become_links(url: str) -> None:
    assert Message("page", "7", "t", url=url).url == ""
    assert Action("Open", url).url == ""


@given(ANY_TEXT)
def test_one_line_has_no_character_that_ends_or_turns_a_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert not set(line) & set("\x00\r\n\x1b\u202e\u2066\u200b\x85\u2028\ud800")


def test_many_lines_keeps_breaks_and_drops_terminal_codes() -> None:
    assert many_lines("a\r\nb\rc\x1b[31m\u202ed\x07") == "a\nb\nc[31md"


def test_storable_replaces_what_databases_refuse() -> None:
    assert storable("a\x00b\ud800c", 10) == "a\ufffdb\ufffdc"
    assert shorten("abcdef", 4) == "abc…"
