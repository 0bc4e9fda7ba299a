"""What a call says: words only, bounded, with the keys that answer it. Pure."""

import re
from dataclasses import dataclass

from notifications.domain.message import BUNDLE, REQUEST, Message
from notifications.domain.text import one_line, shorten

ACKNOWLEDGE, RESOLVE = "4", "6"
TIMES = 2  # how often everything is said
TITLE_LENGTH = 200
SERVICE_LENGTH = 60
BODY_LENGTH = 300
KEYS = f"Press {ACKNOWLEDGE} to acknowledge, or {RESOLVE} to resolve."
ANSWER_KEYS = f"Press {ACKNOWLEDGE} to accept, or {RESOLVE} to decline."
KEY_FOR_ALL = f"Press {ACKNOWLEDGE} to acknowledge all of them."
SILENCE = "No key was pressed. The incident stays as it is. Goodbye."
WRONG_KEY = "That key has no meaning here."
# Markup would be spoken by one vendor and obeyed by the other.
_NOT_SPOKEN = re.compile(r"[^\w\s.,:;!?'%/+-]|_")
_LONG_NUMBER = re.compile(r"[0-9]{4,}")


@dataclass(frozen=True, slots=True)
class Speech:
    """`text` is what is said; `keys` the words that offer the keys, "" when none has a meaning."""

    text: str
    keys: str = ""


def speech_of(message: Message) -> Speech:
    """A page names urgency, incident and service and offers keys; news are read out."""
    number = message.subject_id
    if message.kind == "page" and BUNDLE.fullmatch(number):
        said = [words(message.title, TITLE_LENGTH), words(message.body, BODY_LENGTH)]
        return Speech(_sentences("This is OpsKnight", *said), KEY_FOR_ALL)
    if message.kind != "page" or not (number.isascii() and number.isdigit()):
        said = [words(message.title, TITLE_LENGTH), words(message.body, BODY_LENGTH)]
        keys = ANSWER_KEYS if message.kind == REQUEST else ""
        return Speech(_sentences("This is OpsKnight", *said), keys)
    title = re.sub(rf"^#{number}\s+", "", message.title)
    service = words(dict(message.facts).get("Service", ""), SERVICE_LENGTH)
    urgency = words(message.urgency, 10).lower()
    return Speech(
        _sentences(
            "This is OpsKnight",
            f"{urgency} urgency incident {_spelled(number)}".strip(),
            words(title, TITLE_LENGTH),
            f"Service {service}" if service else "",
        ),
        KEYS,
    )


def words(text: str, limit: int = TITLE_LENGTH) -> str:
    """Letters, digits and signs of punctuation; long numbers digit by digit."""
    spoken = one_line(_NOT_SPOKEN.sub(" ", shorten(text, limit)), limit)
    return _LONG_NUMBER.sub(lambda found: _spelled(found[0]), spoken).strip(" .")


def _spelled(number: str) -> str:
    return " ".join(number) if len(number) > 3 else number


def _sentences(*parts: str) -> str:
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in parts if part)
