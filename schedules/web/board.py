"""The board: who is on call, as short as a wall screen needs it, and whether it changed."""

import hashlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime

from accounts.models import User
from core.templatetags.ui import initials
from schedules.models import NameForm, Schedule
from schedules.web.sheet import briefs

MAX_CARDS = 200
FORMAT = "1"  # grows when the same cards are drawn in another way


@dataclass(frozen=True, slots=True)
class Card:
    """One schedule: names only. `next_at` None: no change in the next month."""

    name: str
    zone: str
    people: tuple[str, ...]
    next_at: datetime | None
    following: tuple[str, ...]


def cards(rows: Iterable[Schedule], now: datetime, form: str = NameForm.FULL) -> list[Card]:
    """Few queries for any number of schedules; who is missing comes first."""
    found = [
        Card(
            name=brief.schedule.name,
            zone=brief.schedule.time_zone,
            people=tuple(shown(user, form) for user in brief.people),
            next_at=brief.next_at,
            following=tuple(shown(user, form) for user in brief.next_people),
        )
        for brief in briefs(rows, now)
    ]
    return sorted(found, key=lambda card: (bool(card.people), card.name.casefold()))


def shown(user: User, form: str) -> str:
    """A person's name as a board may say it; never an address."""
    name = user.name or "Somebody"
    if form == NameForm.FIRST:
        return name.split()[0]
    return initials(name) if form == NameForm.INITIALS else name


def fingerprint(found: Iterable[Card], *more: str) -> str:
    """The same as long as the cards are. What they say of "in 3 h" the browser keeps right."""
    text = repr([FORMAT, more, [astuple(card) for card in found]])
    return hashlib.sha256(text.encode()).hexdigest()[:40]
