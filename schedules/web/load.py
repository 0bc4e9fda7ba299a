"""What the page of fairness shows: figures as text, bars in percent, suggestions in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from accounts.models import User
from schedules.queries import Fairness, Person, Proposal
from schedules.web.fields import FORMAT
from schedules.web.record import hours

NOTHING = timedelta(0)
HEAD = (
    "Person",
    "On call (minutes)",
    "Nights (minutes)",
    "Weekends (minutes)",
    "Holidays (minutes)",
    "In several schedules at once (minutes)",
    "Pages",
    "Pages at night",
)


@dataclass(frozen=True, slots=True)
class Row:
    """`bar` and `night_bar`: percent of the most loaded person."""

    person: Person
    total: str
    nights: str
    weekends: str
    holidays: str
    bar: str
    night_bar: str


@dataclass(frozen=True, slots=True)
class Advice:
    proposal: Proposal
    order: str
    words: str
    query: str


def rows(found: Fairness) -> list[Row]:
    most = max((one.load.total for one in found.people), default=NOTHING)
    return [_row(one, most) for one in found.people]


def totals(people: Sequence[Person]) -> dict[str, str | int]:
    """The last line of the table."""
    return {
        "total": hours(sum((one.load.total for one in people), NOTHING)),
        "nights": hours(sum((one.load.nights for one in people), NOTHING)),
        "weekends": hours(sum((one.load.weekends for one in people), NOTHING)),
        "holidays": hours(sum((one.load.holidays for one in people), NOTHING)),
        "pages": sum(one.pages for one in people),
        "night_pages": sum(one.night_pages for one in people),
    }


def check(found: Fairness) -> dict[str, str | bool]:
    """The sums that must agree."""
    return {
        "spans": hours(found.sums.spans),
        "people": hours(found.sums.people),
        "doubled": hours(found.sums.doubled) if found.sums.doubled else "",
        "balanced": found.sums.balanced,
        "covered": hours(sum((one.covered for one in found.covers), NOTHING)),
        "nobody": hours(sum((one.nobody for one in found.covers), NOTHING)),
        "gap": any(one.nobody for one in found.covers),
    }


def csv_rows(found: Fairness) -> Iterable[list[object]]:
    for one in found.people:
        load = one.load
        spans = (load.total, load.nights, load.weekends, load.holidays, load.doubled)
        yield [one.name, *(minutes(span) for span in spans), one.pages, one.night_pages]


def minutes(span: timedelta) -> float:
    return round(span / timedelta(minutes=1), 2)


def advice(proposal: Proposal) -> Advice:
    """Why, and the address that fills the form of the layer with it."""
    first = proposal.coming.shifts[0]
    found, count = proposal.suggestion, len(proposal.coming.shifts)
    order = ", then ".join(_names(slot) for slot in proposal.slots)
    words = (
        f"{_names(proposal.slots[0])} will have carried the least by then and would begin. "
        f"Over the next {count} shifts the most and the least loaded would differ by "
        f"{hours(found.then_mean)} on average instead of {hours(found.kept_mean)}; "
        f"before them they differ by {hours(found.now)}."
    )
    asked = {"order": ",".join(map(str, found.order)), "anchor": first.wall.strftime(FORMAT)}
    return Advice(proposal, order, words, urlencode(asked))


def _row(one: Person, most: timedelta) -> Row:
    load = one.load
    return Row(
        one,
        hours(load.total),
        hours(load.nights),
        hours(load.weekends),
        hours(load.holidays),
        _percent(load.total, most),
        _percent(load.nights, most),
    )


def _percent(part: timedelta, whole: timedelta) -> str:
    return f"{100 * (part / whole) if whole else 0:.2f}%"


def _names(slot: Iterable[User]) -> str:
    return " + ".join(user.name for user in slot)
