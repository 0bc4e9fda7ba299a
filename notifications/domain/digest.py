"""Late pages to one address become one message: what was missed, most urgent first. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from notifications.domain.message import Message
from notifications.domain.words import Urgency

STALE_AFTER = timedelta(minutes=5)  # late by so long, a page travels with its like
MOST = 500  # pages in one message; more come in the next
NAMED = 3
LISTED = 30
RANKS = {Urgency.HIGH: 0, Urgency.MEDIUM: 1, Urgency.LOW: 2}


def digest_of(messages: Sequence[Message], *, url: str, late: bool = True) -> Message:
    """One message in place of several pages. `messages`: the oldest first; `url`: where all stand.

    `late`: they could not be sent before; else somebody chose to hear of them together.
    """
    ordered = sorted(messages, key=lambda message: RANKS.get(Urgency(message.urgency), 1))
    urgent = sum(message.urgency == Urgency.HIGH for message in ordered)
    titles = [message.title for message in ordered]
    more = [f"and {len(titles) - NAMED} more"] if len(titles) > NAMED else []
    word = "late pages" if late else "pages of low urgency"
    high = f", {urgent} of high urgency" if urgent else ""
    return Message(
        kind="digest",
        subject_id="",
        title=f"{len(ordered)} {word}{high}",
        facts=(("Why now", _why(late)),),
        body="; ".join([*titles[:NAMED], *more]),
        details=tuple(_line(message) for message in ordered[:LISTED]),
        numbers=", ".join(_number(message) for message in ordered),
        url=url,
        urgency=ordered[0].urgency if ordered else Urgency.LOW,
        tag="Digest",
    )


def _why(late: bool) -> str:
    if late:
        return "they could not be sent when they were due, and are still open"
    return "you chose to hear of low urgency together"


def _line(message: Message) -> tuple[str, str]:
    service = dict(message.facts).get("Service", "")
    return service or message.urgency.capitalize(), message.title


def _number(message: Message) -> str:
    if message.numbers:
        return message.numbers
    return f"#{message.subject_id}" if message.subject_id.isdecimal() else message.title
