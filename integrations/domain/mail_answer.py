"""What an answer to a page mail says, whoever brought it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr

from integrations.domain import reply

VERBS = ("acknowledge", "resolve", "accept", "decline")
# What says that a test page is there: whatever else it would answer.
HERE = ("arrived", "acknowledge", "accept")
# Marks of mail that no person wrote: RFC 3834, and what older programs send.
AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-response-suppress", "x-failed-recipients")
BULK = {"bulk", "junk", "list", "auto_reply"}


@dataclass(frozen=True, slots=True)
class MailAnswer:
    """One incoming mail. Header names are lower case; `sender` is what stands in From."""

    recipients: tuple[str, ...]
    sender: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return parseaddr(self.sender)[1].lower()

    @property
    def is_automatic(self) -> bool:
        """Vacation notes, bounces, lists: never a decision of a person."""
        told = {name.lower(): value.strip().lower() for name, value in self.headers.items()}
        return (
            told.get("auto-submitted", "no") != "no"
            or told.get("precedence", "") in BULK
            or told.get("return-path", "") == "<>"
            or any(name in told for name in AUTOMATIC)
        )


@dataclass(frozen=True, slots=True)
class MailEvent:
    """What became of a mail: `delivered` or, with the reason, not."""

    delivery: int
    delivered: bool
    detail: str = ""


def verb_of(text: str, number: int, *, bundle: bool = False) -> str:
    """acknowledge | resolve | accept | decline, when that is all the first line says; else "".

    `number` is the incident (or the `bundle`) of the page: an answer that names another one is
    about neither.
    """
    found = _first_line(text)
    fits = found.number is None or (found.number, found.bundle) == (number, bundle)
    return found.verb if fits and found.verb in VERBS else ""


def has_arrived(text: str) -> bool:
    """Whether the first line says nothing else than that a test page arrived."""
    found = _first_line(text)
    return found.verb in HERE and found.number is None


def _first_line(text: str) -> reply.Reply:
    """A number alone may be a part of anything; what is quoted was said by somebody else."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), ">")
    return reply.Reply("") if first.startswith(">") or first[0].isdigit() else reply.parse(first)


def event_of(number: object, delivered: bool | None, detail: str = "") -> list[MailEvent]:
    """A list of one, or none for a number that is none, or news that does not count."""
    text = str(number)
    if delivered is None or not (text.isascii() and text.isdecimal() and len(text) < 19):
        return []
    return [MailEvent(int(text), delivered, detail)]
