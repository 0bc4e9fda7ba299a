"""TwiML: what Twilio is told to say, to ask for, or to answer. Every text is escaped. Pure."""

from xml.sax.saxutils import escape, quoteattr

from notifications.domain.speech import TIMES, Speech

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
WAIT_SECONDS = 8
NOTHING = f"{HEAD}<Response/>"


def call(speech: Speech, action: str, lead: str = "") -> str:
    """Says it TIMES and takes one key, which Twilio posts to `action`; without one it only says."""
    text = f"{lead} {speech.text}".strip()
    if not (speech.keys and action):
        return _response(_say(text, speech.language, TIMES))
    asked = _say(f"{text} {speech.keys}", speech.language, TIMES)
    gather = (
        f'<Gather input="dtmf" numDigits="1" timeout="{WAIT_SECONDS}" method="POST"'
        f" action={quoteattr(action)}>{asked}</Gather>"
    )
    return _response(gather + _say(speech.silence, speech.language))


def say(text: str, language: str = "") -> str:
    """Says it and hangs up."""
    return _response(_say(text, language))


def answer(text: str) -> str:
    """Answers a text message."""
    return _response(f"<Message>{escape(text)}</Message>") if text else NOTHING


def _say(text: str, language: str, times: int = 1) -> str:
    loop = f' loop="{times}"' if times > 1 else ""
    tongue = f" language={quoteattr(language)}" if language else ""
    return f"<Say{tongue}{loop}>{escape(text)}</Say>"


def _response(inner: str) -> str:
    return f"{HEAD}<Response>{inner}</Response>"
