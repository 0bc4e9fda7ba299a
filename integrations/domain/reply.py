"""What a person answered to a page in a text message. Pure."""

import re
from dataclasses import dataclass

from core.domain.phrase import mark

LONGEST = 200
ACKNOWLEDGE = {"1", "a", "ack", "acknowledge", "acknowledged", "ok"}
RESOLVE = {"2", "r", "res", "resolve", "resolved"}
ARRIVED = {"3", "here", "arrived"}
ACCEPT = {"4", "accept", "yes", "ja"}
DECLINE = {"5", "decline", "no", "nein"}
HELP = {"?", "help", "info"}
# Networks and providers act on these themselves, and expect no answer from us.
OPT = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"}
OPT |= {"start", "unstop"}
SWITCH_ON = {"yes"}  # networks read this alone as "start"; it is also an answer to a request
_SHAPE = re.compile(r"([a-z]+|[1-5?])(?:[\s#:,.-]+(b?)([0-9]{1,18}))?[\s.!]*")

HELP_TEXT = mark(
    "OpsKnight: 1 = acknowledge, 2 = resolve, 4 = accept, 5 = decline, with the number of the "
    "incident, such as: 1 42. Without a number the newest one you were paged about is meant."
)


@dataclass(frozen=True, slots=True)
class Reply:
    """`verb`: acknowledge | resolve | help | silent (not for us) | "" (not understood).

    `number` is that of an incident, or with `bundle` ("1 B12") of a message about many. "arrived":
    it is about a test page; accept | decline: about a request for help. `ours`: False for a word
    that networks act on themselves, so that it may be meant for them alone.
    """

    verb: str
    number: int | None = None
    bundle: bool = False
    ours: bool = True


def parse(text: str) -> Reply:
    """Only a whole message that is a command counts: nothing is guessed from longer texts."""
    found = _SHAPE.fullmatch(text[:LONGEST].strip().casefold())
    if found is None:
        return Reply("")
    word, bundle, number = found[1], bool(found[2]), int(found[3]) if found[3] else None
    if word in ACKNOWLEDGE:
        return Reply("acknowledge", number, bundle)
    if word in RESOLVE:
        return Reply("resolve", number, bundle)
    if word in ACCEPT:
        return Reply("accept", number, bundle, ours=word not in SWITCH_ON or number is not None)
    if word in DECLINE:
        return Reply("decline", number, bundle)
    if word in ARRIVED:
        return Reply("arrived")
    if word in HELP:
        return Reply("help")
    return Reply("silent") if word in OPT else Reply("")
