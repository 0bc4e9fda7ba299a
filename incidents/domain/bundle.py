"""What a message about many incidents says: the first by name, all by number. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.domain.phrase import Say

NAMED = 3  # in a sentence
LISTED = 30  # line by line, where there is room
TITLE_LENGTH = 80
RANKS = {"HIGH": 0, "MEDIUM": 1, "LOW": 2}


@dataclass(frozen=True, slots=True)
class Item:
    """One incident of a bundle."""

    number: int
    title: str
    urgency: str


def ordered(items: Iterable[Item]) -> list[Item]:
    """The most urgent first, among those the oldest."""
    return sorted(items, key=lambda item: (RANKS.get(item.urgency, 1), item.number))


def highest(urgencies: Iterable[str]) -> str:
    return min(urgencies, key=lambda urgency: RANKS.get(urgency, 1), default="LOW")


def in_short(items: Sequence[Item], say: Say = str) -> str:
    """ "#7 Disk full; #9 No answer; #12 Slow; and 39 more" """
    names = [f"#{item.number} {item.title[:TITLE_LENGTH]}" for item in items[:NAMED]]
    more = len(items) - NAMED
    rest = [say("and {count} more").format(count=more)] if more > 0 else []
    return "; ".join([*names, *rest])


def lines(items: Sequence[Item], say: Say = str) -> list[tuple[str, str]]:
    """(number, title) of the first ones, then how many more there are."""
    listed = [(f"#{item.number}", item.title) for item in items[:LISTED]]
    more = len(items) - LISTED
    return [*listed, ("…", say("and {count} more").format(count=more))] if more > 0 else listed


def ranges(numbers: Iterable[int]) -> str:
    """Every number, neighbours drawn together: "#7, #9–#341"."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(f"#{first}" if first == last else f"#{first}–#{last}" for first, last in parts)
