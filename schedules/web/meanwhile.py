"""Somebody else saved first: what you wanted and what is there now, side by side, in words."""

from dataclasses import dataclass

from accounts.models import User
from schedules.commands import LayerSpec, rules
from schedules.models import Layer, LayerVersion, Schedule
from schedules.web import words


@dataclass(frozen=True, slots=True)
class Both:
    """Lines of words; `differs` are the lines that are not the same on both sides."""

    rows: list[tuple[str, str, str]]

    @property
    def differs(self) -> bool:
        return any(wanted != current for _, wanted, current in self.rows)


def of_layer(spec: LayerSpec, schedule: Schedule, version: LayerVersion | None) -> Both:
    """`version` is the newest one; None for a layer that is new itself."""
    wanted = rules.row_of(Layer(), spec, schedule.time_zone)
    named = spec.people | {user for slot in (version.slots if version else ()) for user in slot}
    people = User.objects.in_bulk(named)
    current = _lines(version, people) if version else {}
    mine = _lines(wanted, people)
    return Both([(label, text, current.get(label, "")) for label, text in mine.items()])


def _lines(version: LayerVersion, people: dict[int, User]) -> dict[str, str]:
    order = " → ".join(place.names for place in words.places(version, people))
    return {
        "Order": order,
        "Hand-off": words.cadence(version),
        "Clocks": version.time_zone,
        "More": "; ".join(words.details(version)) or "nothing else",
        "Priority": str(version.priority),
    }
