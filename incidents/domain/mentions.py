"""Whom a note calls by `@name`: people and teams, found by the names they have. Pure.

A name is called by `@` and the whole of it, as people write it ("@Jane Engineer"), without its
spaces ("@JaneEngineer", "@jane.engineer"), by the address or by the part of it before the sign.
The longest name that fits is meant. What stands in code is not looked at.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    PERSON = "person"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who can be called: `id` is the row's key, `address` an e-mail address or ""."""

    kind: Kind
    id: int
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a text says: those called once, in order; words that could be several; unknown ones."""

    called: tuple[Named, ...] = ()
    ambiguous: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_AT = re.compile(r"(?<![\w@/.+-])@(?=\w)")
_WORD = re.compile(r"[\w.+-]*\w(?:@[\w.-]*\w)?")
_SPACES = re.compile(r"\s+")
LONGEST = 130


def find(text: str, names: Iterable[Named]) -> Found:
    """Everybody whom the text calls."""
    by_name = _by_name(names)
    lengths = sorted({len(name) for name in by_name}, reverse=True)
    plain = _CODE.sub(" ", text)
    called: dict[tuple[Kind, int], Named] = {}
    ambiguous: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for at in _AT.finditer(plain):
        rest = _SPACES.sub(" ", plain[at.end() : at.end() + LONGEST])
        name = _longest(rest, by_name, lengths)
        if not name:
            unknown[_word(rest)] = None
        elif len(by_name[name]) > 1:
            ambiguous[rest[: len(name)]] = None
        else:
            (one,) = by_name[name]
            called[one.kind, one.id] = one
    return Found(tuple(called.values()), tuple(ambiguous), tuple(unknown))


def _by_name(names: Iterable[Named]) -> dict[str, set[Named]]:
    """Folded name -> who has it. A whole name wins over the short form of another one's."""
    whole: dict[str, set[Named]] = defaultdict(set)
    short: dict[str, set[Named]] = defaultdict(set)
    for one in names:
        words = one.name.casefold().split()
        for joint in (" ", "", ".", "-", "_"):
            whole[joint.join(words)].add(one)
        if one.address:
            whole[one.address.casefold()].add(one)
            short[one.address.casefold().partition("@")[0]].add(one)
    return {**short, **whole}


def _longest(rest: str, by_name: dict[str, set[Named]], lengths: Sequence[int]) -> str:
    """The longest name that the text goes on with, up to the end of a word; "" for none."""
    folded = rest.casefold()
    for length in lengths:
        ends = len(folded) == length or not (folded[length : length + 1].isalnum())
        if length and len(folded) >= length and ends and folded[:length] in by_name:
            return folded[:length]
    return ""


def _word(rest: str) -> str:
    found = _WORD.match(rest)
    return found.group() if found else rest[:20]
