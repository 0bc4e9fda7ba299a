"""Who hears what of an incident they watch, in which words; whom a note calls."""

import pytest

from incidents.domain.mentions import Kind, Named, find
from incidents.domain.watching import EVERYTHING, Change, WatchRole, hears, in_one_line, in_words
from incidents.models import EventType

ANN = Named(Kind.PERSON, 1, "Ann Archer", "ann@example.com")
ANNA = Named(Kind.PERSON, 2, "Ann", "anna@example.com")
BEN = Named(Kind.PERSON, 3, "Ben O'Hara", "ben@example.com")
TWIN = Named(Kind.PERSON, 4, "Ben O'Hara", "twin@example.com")
DB = Named(Kind.TEAM, 1, "Data base")


@pytest.mark.parametrize(
    ("type", "heard_by"),
    [
        ("created", "FSE"),
        ("resolved", "FSE"),
        ("reopened", "FSE"),
        ("acknowledged", "FS"),
        ("snoozed", "FS"),
        ("note_added", "F"),
        ("reassigned", "F"),
        ("priority_changed", "F"),
        ("notification_sent", ""),
        ("watcher_added", ""),
    ],
)
def test_each_role_hears_what_it_asked_for(type, heard_by):
    assert "".join(role[0] for role in WatchRole if hears(role, type, {})) == heard_by


def test_an_escalation_is_news_only_when_the_policy_has_ended():
    assert not hears("FOLLOWER", "escalation", {"to_step": 2})
    assert hears("FOLLOWER", "escalation", {"exhausted": True})
    assert not hears("EXEC", "escalation", {"exhausted": True})


def test_everything_is_of_the_timeline():
    assert set(EventType.values) >= EVERYTHING


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("acknowledged", "Ann"), "acknowledged by Ann"),
        (Change("resolved"), "resolved"),
        (Change("reassigned", "Ann", {"to": "Ben"}), "given to Ben by Ann"),
        (Change("assigned", "Ann", {"to": ""}), "given to nobody by Ann"),
        (Change("priority_changed", "", {"from": None, "to": "P1"}), "priority none → P1"),
        (Change("escalation", "", {"exhausted": True}), "nobody answered: the fallback"),
    ],
)
def test_a_change_is_said_in_a_few_words(change, words):
    assert in_words(change).startswith(words)


def test_the_same_words_stand_in_a_message_once():
    twice = [Change("note_added", "Ann"), Change("note_added", "Ann"), Change("resolved")]
    assert in_one_line(twice) == "note by Ann; resolved"


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@Ann Archer, look", [ANN]),
        ("@ann archer", [ANN]),
        ("@Ann\nArcher", [ANN]),
        ("@AnnArcher and @ann.archer", [ANN]),
        ("@ann@example.com?", [ANN]),
        ("@anna knows", [ANNA]),
        ("ask @Ann.", [ANNA]),
        ("(@data base) and @Data-base", [DB]),
        ("@ben O'Hara's turn", [BEN]),
        ("mail ann@example.com", []),
        ("see `@Ann Archer`", []),
        ("```\n@Ann Archer\n``` but @anna", [ANNA]),
        ("@Annabel", []),
        ("@ @@ @", []),
    ],
)
def test_people_and_teams_are_called_by_their_names(text, called):
    assert list(find(text, [ANN, ANNA, BEN, DB]).called) == called


def test_a_name_that_two_have_calls_neither():
    found = find("@Ben O'Hara and @ben", [BEN, TWIN, ANN])
    assert found.ambiguous == ("Ben O'Hara",)
    assert found.called == (BEN,)


def test_names_that_nobody_has_are_said():
    assert find("@here @Override @here", [ANN]).unknown == ("here", "Override")


def test_a_text_full_of_signs_is_read_in_no_time():
    many = [Named(Kind.PERSON, n, f"Person number {n}") for n in range(2000)]
    assert len(find("@x " * 3000, many).unknown) == 1
