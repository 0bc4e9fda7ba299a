"""When a step applies: urgencies, priorities, support hours; and why it does not, in words. Pure.

An empty condition always applies. Hours that are not known any more restrict nothing: a step that
pages too often is better than one that never does.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from notifications.domain.words import Urgency

# The priority of an incident that has none.
NO_PRIORITY = ""
PRIORITIES = ("P1", "P2", "P3", "P4", "P5", NO_PRIORITY)


class Hours(Protocol):
    """Support hours, as far as the engine asks them."""

    def open_at(self, instant: datetime) -> bool: ...

    def next_open(self, instant: datetime) -> datetime | None: ...

    def spans(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]: ...


@dataclass(frozen=True, slots=True)
class HoursRule:
    """Only `inside` (or only outside) the support hours whose primary key is `hours`."""

    hours: int
    inside: bool = True
    label: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What an incident must be like; an empty set is no demand. NO_PRIORITY stands for none."""

    urgencies: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    hours: HoursRule | None = None

    def __bool__(self) -> bool:
        return bool(self.urgencies or self.priorities or self.hours)


ALWAYS = Condition()


@dataclass(frozen=True, slots=True)
class Case:
    """What conditions are asked of: the incident as it is now, and the support hours known.

    `at_any_hour`: somebody asked for the next step by hand, so LOW waits for no support hours.
    """

    urgency: str
    priority: str | None = None
    hours: Mapping[int, Hours] = field(default_factory=lambda: MappingProxyType({}))
    at_any_hour: bool = False


def refusal(condition: Condition, case: Case, at: datetime) -> str:
    """Why a step with this condition does not apply at an instant; "" when it does."""
    if condition.urgencies and case.urgency not in condition.urgencies:
        return f"only for {urgencies_in_words(condition.urgencies)}"
    if condition.priorities and (case.priority or NO_PRIORITY) not in condition.priorities:
        return f"only for {priorities_in_words(condition.priorities)}"
    rule = condition.hours
    hours = case.hours.get(rule.hours) if rule else None
    if rule and hours and hours.open_at(at) != rule.inside:
        return hours_in_words(rule)
    return ""


def in_words(condition: Condition) -> str:
    """ "only for HIGH, only for P1 or P2, only in Office hours"; "" for none."""
    said = []
    if condition.urgencies:
        said.append(f"only for {urgencies_in_words(condition.urgencies)}")
    if condition.priorities:
        said.append(f"only for {priorities_in_words(condition.priorities)}")
    if condition.hours:
        said.append(hours_in_words(condition.hours))
    return ", ".join(said)


def urgencies_in_words(urgencies: Collection[str]) -> str:
    return _either(urgency.value for urgency in Urgency if urgency in urgencies)


def priorities_in_words(priorities: Collection[str]) -> str:
    """ "P1 or P2", "P5 or no priority"."""
    return _either(one or "no priority" for one in PRIORITIES if one in priorities)


def hours_in_words(rule: HoursRule) -> str:
    return f"only {'in' if rule.inside else 'outside'} {name_of(rule)}"


def name_of(rule: HoursRule | None) -> str:
    return rule.label if rule and rule.label else "support hours"


def waits_until(rule: HoursRule | None, case: Case, at: datetime) -> datetime | None:
    """When a LOW incident may go on whose policy waits for these hours; None: at once.

    Hours that never open, or that nobody knows any more, hold nothing back.
    """
    hours = case.hours.get(rule.hours) if rule else None
    if hours is None or case.urgency != Urgency.LOW or case.at_any_hour or hours.open_at(at):
        return None
    return hours.next_open(at)


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
