"""The period that a page of figures is asked for: a preset, or two dates."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from schedules.domain import periods
from schedules.domain.periods import Period, Preset
from schedules.domain.walltime import to_local

LABELS = {
    Preset.FOUR_WEEKS: "Last 4 weeks",
    Preset.LAST_QUARTER: "Last quarter",
    Preset.QUARTER: "This quarter",
    Preset.NEXT_QUARTER: "Next quarter, as planned",
}


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    query: str
    active: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """`preset` is empty for two dates; `problem` says why they were not taken."""

    period: Period
    preset: str
    problem: str
    query: str
    options: list[Option]


def chosen(
    request: HttpRequest, zone: ZoneInfo, now: datetime, *, plans: bool = True, **keep: str
) -> Choice:
    """What the address asks for; without anything (sensible) the last four weeks.

    `plans`: the page has something to say about what is to come. `keep` are the other parameters
    that links of this page keep.
    """
    today = to_local(now, zone).date()
    preset, first, last = (request.GET.get(name, "") for name in ("period", "from", "to"))
    problem = ""
    try:
        period = periods.asked(preset, first, last, today, zone)
    except ValueError as error:
        problem, preset, first = f"This period does not work: {error}", "", ""
        period = periods.named(Preset.FOUR_WEEKS, today, zone)
    if not preset and not first:
        preset = Preset.FOUR_WEEKS
    mine = {"period": str(preset)} if preset else {"from": first, "to": last}
    kept = {name: value for name, value in keep.items() if value}
    options = [
        Option(label, urlencode({"period": str(one), **kept}), one == preset)
        for one, label in LABELS.items()
        if plans or one != Preset.NEXT_QUARTER
    ]
    return Choice(period, str(preset), problem, urlencode(mine | kept), options)
