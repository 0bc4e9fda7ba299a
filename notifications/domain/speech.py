"""What a call says: words only, bounded, with the keys that answer it. Pure."""

import re
from dataclasses import dataclass

from core.domain.phrase import Say, mark
from notifications.domain.drills import KIND
from notifications.domain.message import BUNDLE, REQUEST, Message
from notifications.domain.text import one_line, shorten
from notifications.domain.words import Urgency

ACKNOWLEDGE, RESOLVE = "4", "6"
TIMES = 2  # how often everything is said
TITLE_LENGTH = 200
SERVICE_LENGTH = 60
BODY_LENGTH = 300
KEYS = mark("Press {acknowledge} to acknowledge, or {resolve} to resolve.")
ANSWER_KEYS = mark("Press {acknowledge} to accept, or {resolve} to decline.")
KEY_FOR_ALL = mark("Press {acknowledge} to acknowledge all of them.")
ANY_KEY = mark("Press any key to confirm.")
KEYS_OF = {REQUEST: ANSWER_KEYS, KIND: ANY_KEY}
SILENCE = mark("No key was pressed. The incident stays as it is. Goodbye.")
UNCONFIRMED = mark("No key was pressed. Goodbye.")
WRONG_KEY = mark("That key has no meaning here.")
# For English the vendor's own voice is right, whichever an account has chosen.
VOICES = {"de": "de-DE"}
_INCIDENT = mark("incident {number}")
_INCIDENTS: dict[str, str] = {
    Urgency.HIGH: mark("high urgency incident {number}"),
    Urgency.MEDIUM: mark("medium urgency incident {number}"),
    Urgency.LOW: mark("low urgency incident {number}"),
}
# Markup would be spoken by one vendor and obeyed by the other.
_NOT_SPOKEN = re.compile(r"[^\w\s.,:;!?'%/+-]|_")
_LONG_NUMBER = re.compile(r"[0-9]{4,}")


@dataclass(frozen=True, slots=True)
class Speech:
    """`text` is what is said; `keys` the words that offer the keys, "" when none has a meaning.

    `silence` is said when no key comes; `language` is a tag such as de-DE, "" for English.
    """

    text: str
    keys: str = ""
    silence: str = SILENCE
    language: str = ""


def speech_of(message: Message, say: Say = str) -> Speech:
    """A page names urgency, incident and service and offers keys; news are read out.

    `say` gives our own words in the language of the message.
    """
    more = {"silence": say(SILENCE), "language": VOICES.get(message.language, "")}
    number = message.subject_id
    if message.kind == "page" and BUNDLE.fullmatch(number):
        said = [words(message.title, TITLE_LENGTH), words(message.body, BODY_LENGTH)]
        keys = say(KEY_FOR_ALL).format(acknowledge=ACKNOWLEDGE)
        return Speech(_sentences(say("This is OpsKnight"), *said), keys, **more)
    if message.kind != "page" or not (number.isascii() and number.isdigit()):
        said = [words(message.title, TITLE_LENGTH), words(message.body, BODY_LENGTH)]
        if message.kind == KIND:
            more["silence"] = say(UNCONFIRMED)
        keys = say(KEYS_OF[message.kind]) if message.kind in KEYS_OF else ""
        keys = keys.format(acknowledge=ACKNOWLEDGE, resolve=RESOLVE)
        return Speech(_sentences(say("This is OpsKnight"), *said), keys, **more)
    title = re.sub(rf"^#{number}\s+", "", message.title)
    service = words(message.service, SERVICE_LENGTH)
    incident = _INCIDENTS.get(message.urgency, _INCIDENT)
    return Speech(
        _sentences(
            say("This is OpsKnight"),
            say(incident).format(number=_spelled(number)),
            words(title, TITLE_LENGTH),
            say("Service {name}").format(name=service) if service else "",
        ),
        say(KEYS).format(acknowledge=ACKNOWLEDGE, resolve=RESOLVE),
        **more,
    )


def words(text: str, limit: int = TITLE_LENGTH) -> str:
    """Letters, digits and signs of punctuation; long numbers digit by digit."""
    spoken = one_line(_NOT_SPOKEN.sub(" ", shorten(text, limit)), limit)
    return _LONG_NUMBER.sub(lambda found: _spelled(found[0]), spoken).strip(" .")


def _spelled(number: str) -> str:
    return " ".join(number) if len(number) > 3 else number


def _sentences(*parts: str) -> str:
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in parts if part)
