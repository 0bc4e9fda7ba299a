"""Service levels: how soon incidents of which urgency or priority are to be taken and resolved."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

URGENCIES = ("HIGH", "MEDIUM", "LOW")
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
SCOPES = (*PRIORITIES, *URGENCIES)
LONGEST_MINUTES = 365 * 24 * 60
WARN_ACK_MINUTES, WARN_RESOLVE_MINUTES = 5, 15
LONGEST_NOTICE = 7 * 24 * 60
# Notice that takes more of a target than this would come while there is still all the time.
_MOST_OF_TARGET = 3
_SHORT_NOTICE = 5


class BadTarget(ValueError):
    """A table of targets that does not work; `field` says where: "targets.P1.resolveMinutes"."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Target:
    """Minutes to acknowledge and to resolve; None promises nothing.

    `in_hours`: the clock stands still outside the support hours of the service.
    """

    ack: int | None
    resolve: int | None
    in_hours: bool = False


DEFAULTS: dict[str, Target] = {
    "P1": Target(5, 60),
    "P2": Target(15, 240),
    "P3": Target(30, 480),
    "P4": Target(60, 1440),
    "P5": Target(120, 2880),
    "HIGH": Target(15, 60),
    "MEDIUM": Target(30, 240),
    "LOW": Target(120, 1440),
}


def target_for(stored: Mapping[str, Any], urgency: str, priority: str | None) -> Target:
    """The target of an incident: a priority, where somebody set one, wins over the urgency."""
    return target_of(stored, priority or urgency)


def target_of(stored: Mapping[str, Any], scope: str) -> Target:
    """What the service says of one urgency or priority, else the default."""
    own = stored.get(scope)
    return Target(own["ack"], own["resolve"], own["in_hours"]) if own else DEFAULTS[scope]


def table(stored: Mapping[str, Any]) -> dict[str, Target]:
    """Every urgency and priority with its target, in the order of `SCOPES`."""
    return {scope: target_of(stored, scope) for scope in SCOPES}


def checked(wanted: Mapping[str, Target], *, has_hours: bool) -> dict[str, Any]:
    """What is stored of a table: only what differs from the defaults. Raises BadTarget."""
    for scope, target in wanted.items():
        if scope not in SCOPES:
            raise BadTarget(f"“{scope[:20]}” is no urgency or priority", "targets")
        _check_minutes(target.ack, f"targets.{scope}.acknowledgeMinutes")
        _check_minutes(target.resolve, f"targets.{scope}.resolveMinutes")
        if target.in_hours and not has_hours:
            message = "Choose the support hours in which it counts"
            raise BadTarget(message, f"targets.{scope}.inSupportHours")
    return {key: asdict(one) for key, one in wanted.items() if one != DEFAULTS[key]}


def notice(target_minutes: int, wanted_minutes: int) -> timedelta:
    """How long before the end to warn: as wished, but of a short target only its last fifth.

    Wished notice counts unless it is more than a third of the target.
    """
    if wanted_minutes * _MOST_OF_TARGET > target_minutes:
        return timedelta(minutes=target_minutes) / _SHORT_NOTICE
    return timedelta(minutes=wanted_minutes)


def _check_minutes(minutes: int | None, field: str) -> None:
    if minutes is not None and not 1 <= minutes <= LONGEST_MINUTES:
        raise BadTarget("A target is at least a minute and at most a year", field)
