"""How a provider account is doing, in one word and one colour. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """`SHUT`: others of the channel go first for a while; `STUMBLING`: its last try failed.

    `RESTING`: its vendor asked to be left alone for a while, and is.
    """

    OFF = "off"
    INCOMPLETE = "incomplete"
    SHUT = "shut"
    RESTING = "resting"
    STUMBLING = "stumbling"
    UNUSED = "unused"
    WELL = "well"


@dataclass(frozen=True, slots=True)
class Look:
    """How a standing is shown: tone and icon of a badge, and the word beside them."""

    tone: str
    icon: str
    word: str


LOOKS = {
    Standing.OFF: Look("neutral", "pause", "Switched off"),
    Standing.INCOMPLETE: Look("danger", "circle-alert", "Not complete"),
    Standing.SHUT: Look("danger", "circle-x", "Rests after failures"),
    Standing.RESTING: Look("warn", "timer", "Asked to wait"),
    Standing.STUMBLING: Look("warn", "triangle-alert", "Last try failed"),
    Standing.UNUSED: Look("info", "circle-dashed", "Never used"),
    Standing.WELL: Look("ok", "circle-check", "Working"),
}


def standing(
    *,
    enabled: bool,
    missing: Sequence[str],
    failures: int,
    open_until: datetime | None,
    used: bool,
    now: datetime,
    rests: bool = False,
) -> Standing:
    """The worst thing that is true. `failures` in a row; `missing` required fields."""
    if not enabled:
        return Standing.OFF
    if missing:
        return Standing.INCOMPLETE
    if rests:
        return Standing.RESTING
    if open_until is not None and open_until > now:
        return Standing.SHUT
    if failures:
        return Standing.STUMBLING
    return Standing.WELL if used else Standing.UNUSED


def usable(found: Standing) -> bool:
    """Whether messages may leave through an account that stands so."""
    return found not in (Standing.OFF, Standing.INCOMPLETE)
