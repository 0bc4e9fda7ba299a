"""Why a page takes a channel, and takes it when it does: values that deliveries keep; their words.

A reason is a code and what its sentence needs: rows of years ago stay readable. Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

Reason = Mapping[str, Any]


class Why(StrEnum):
    """What chose a channel (`choice.choose`), and what made it wait."""

    STEP = "step"
    STEP_UNREACHABLE = "step_unreachable"
    EVERYTHING = "everything"
    RULE = "rule"
    ALL_AT_ONCE = "all_at_once"
    ONE_BY_ONE = "one_by_one"
    QUIETEST = "quietest"
    HELD = "held"
    GATHERED = "gathered"
    MAIL_MEANWHILE = "mail_meanwhile"


def chosen(code: str, *, minutes: int = 0, number: int = 1, position: int = 0) -> Reason:
    """Why a channel was chosen. `number`: the how manieth message to the same address."""
    facts = {"minutes": minutes, "number": number, "position": position}
    plain = {"minutes": 0, "number": 1, "position": 0}
    return {"code": str(code), **{k: v for k, v in facts.items() if v != plain[k]}}


def held(until: datetime) -> Reason:
    """Quiet hours: it waits for their end."""
    return {"code": str(Why.HELD), "until": until.isoformat()}


def gathered(until: datetime) -> Reason:
    """Their digest of low urgency: it leaves then, with others."""
    return {"code": str(Why.GATHERED), "until": until.isoformat()}


def mail_meanwhile() -> Reason:
    return {"code": str(Why.MAIL_MEANWHILE)}


def sentence(found: Iterable[Reason]) -> str:
    """All reasons of a delivery in one line; "" where none were kept."""
    return "; ".join(words(one) for one in found)


def words(found: Reason) -> str:
    """The words of one reason; a code that this version does not know is shown as it is."""
    code = str(found.get("code", ""))
    says = _WORDS.get(code)
    return says(found) if says else code.replace("_", " ")


def _plain(text: str) -> Callable[[Reason], str]:
    return lambda found: text


def _rule(found: Reason) -> str:
    minutes = int(found.get("minutes", 0))
    when = f"{minutes} min after the page" if minutes else "at once"
    again = f", message {found['number']} to it" if found.get("number") else ""
    return f"a rule of their own: {when}{again}"


def _one_by_one(found: Reason) -> str:
    place = int(found.get("position", 0))
    behind = f"number {place + 1}, when those before it fail" if place else "the first of them"
    return f"not urgent and no rules of their own, so one channel after the other: {behind}"


_WORDS: dict[str, Callable[[Reason], str]] = {
    Why.STEP: _plain("the step names this channel"),
    Why.STEP_UNREACHABLE: _plain("they have none of the step's channels, so every one they have"),
    Why.EVERYTHING: _plain("last resort: every channel they have, at once"),
    Why.RULE: _rule,
    Why.ALL_AT_ONCE: _plain("every channel at once: urgent, or the only one, and no own rules"),
    Why.ONE_BY_ONE: _one_by_one,
    Why.QUIETEST: _plain("news goes by the quietest channel"),
    Why.HELD: lambda found: f"kept for the end of their quiet hours, {found.get('until', '?')}",
    Why.GATHERED: lambda found: (
        f"gathered for their digest of low urgency, {found.get('until', '?')}"
    ),
    Why.MAIL_MEANWHILE: _plain("quiet hours: mail instead, as they chose"),
}
