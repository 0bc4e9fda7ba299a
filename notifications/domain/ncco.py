"""NCCO: what Vonage is told to say and to ask for, as a list of actions. Pure."""

from typing import Any

from notifications.domain.speech import TIMES, Speech

WAIT_SECONDS = 8


def call(speech: Speech, action: str, lead: str = "") -> list[dict[str, Any]]:
    """Says it TIMES and takes one key; Vonage posts it to `action`, also that none came."""
    text = f"{lead} {speech.text}".strip()
    if not (speech.keys and action):
        return [_talk(text, speech.language, TIMES)]
    return [
        {**_talk(f"{text} {speech.keys}", speech.language, TIMES), "bargeIn": True},
        {
            "action": "input",
            "type": ["dtmf"],
            "dtmf": {"maxDigits": 1, "timeOut": WAIT_SECONDS},
            "eventUrl": [action],
            "eventMethod": "POST",
        },
    ]


def say(text: str, language: str = "") -> list[dict[str, Any]]:
    """Says it and hangs up."""
    return [_talk(text, language)]


def _talk(text: str, language: str, times: int = 1) -> dict[str, Any]:
    # Markup is obeyed only inside <speak>; words have no angle brackets.
    talk = {"action": "talk", "text": text.replace("<", " ").replace(">", " "), "loop": times}
    return talk | ({"language": language} if language else {})
