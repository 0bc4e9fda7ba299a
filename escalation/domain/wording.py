"""Whom a target pages, in words: "Payments", "lead of Platform", "one of Web, in turn"."""

from escalation.domain.engine import FIRST_RANK, TargetKind

SECONDARY = 2
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
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
        return f"secondary of {name}"
    return f"{ordinal(rank)} in rotation of {name}"


def ordinal(number: int) -> str:
    """ "1st", "2nd", "11th"."""
    ending = "th" if number % 100 in _TEENS else _ENDINGS.get(number % 10, "th")
    return f"{number}{ending}"
