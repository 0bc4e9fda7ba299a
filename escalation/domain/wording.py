"""Whom a target pages, in words: "Payments", "lead of Platform", "one of Web, in turn"."""

from core.domain.phrase import Phrase, mark
from escalation.domain.engine import FIRST_RANK, TargetKind

SECONDARY = 2
_ORDINALS = {1: mark("{number}st"), 2: mark("{number}nd"), 3: mark("{number}rd")}
_OTHER = mark("{number}th")
_TEENS = range(11, 14)


def named(kind: TargetKind, name: str, rank: int = FIRST_RANK) -> str:
    """A target as a ladder names it; `name` is that of the person, team or schedule."""
    if kind is TargetKind.TEAM_LEAD:
        return f"lead of {name}"
    if kind is TargetKind.TEAM_TURN:
        return f"one of {name}, in turn"
    if kind is TargetKind.SCHEDULE and rank != FIRST_RANK:
        return behind(name, rank)
    return name


def behind(name: str, rank: int) -> str:
    """ "secondary of Payments", "3rd in rotation of Payments"."""
    if rank == SECONDARY:
        return Phrase("secondary of {name}", name=name)
    return Phrase("{rank} in rotation of {name}", rank=ordinal(rank), name=name)


def ordinal(number: int) -> str:
    """ "1st", "2nd", "11th"."""
    template = _OTHER if number % 100 in _TEENS else _ORDINALS.get(number % 10, _OTHER)
    return Phrase(template, number=number)
