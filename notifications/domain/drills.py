"""What became of each message of a test page, and what to do about one that did not come. Pure."""

from datetime import timedelta
from enum import StrEnum

from notifications.domain.foretell import SILENT
from notifications.domain.standing import Look
from notifications.domain.words import Channel, State

KIND = "drill"  # of messages, and of the subjects of their deliveries
ARRIVED = "arrived"  # what a button says back
REPLY = "3"  # a text message that says so: the digits of incidents are 1 and 2
ANSWER_TIME = timedelta(hours=1)


class Fate(StrEnum):
    UNDER_WAY = "under_way"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    NOT_SENT = "not_sent"


LOOKS = {
    Fate.UNDER_WAY: Look("info", "send", "On its way"),
    Fate.HANDED_OVER: Look("warn", "clock", "Sent, waiting for your answer"),
    Fate.DELIVERED: Look("ok", "circle-check", "Delivered"),
    Fate.CONFIRMED: Look("ok", "shield-check", "Confirmed"),
    Fate.FAILED: Look("danger", "circle-x", "Failed"),
    Fate.NOT_SENT: Look("neutral", "ban", "Not sent"),
}
_TELEPHONE = "Is the telephone on, with signal, and the number right?"
_MISSING: dict[str, str] = {
    Channel.EMAIL: "Look into the spam folder, and let the sender through.",
    Channel.SMS: f"{_TELEPHONE} Some telephones sort unknown senders away.",
    Channel.VOICE: f"{_TELEPHONE} Let our number through “Do not disturb”.",
    Channel.WHATSAPP: "Is the telephone online? Open WhatsApp and look into archived chats.",
    Channel.PUSH: "Allow notifications of this site, take the browser out of battery saving, let "
    "it through “Do not disturb”; if nothing helps, add the device again on itself.",
    Channel.NTFY: "Is the topic the one that the app on the telephone listens to?",
    Channel.PUSHOVER: "Is the app signed in as this user, and its quiet hours off?",
}
_CHAT = "Open the chat: is it muted, and are you still in it?"
_FAILED = "Correct the address, or ask an admin to look at the provider."


def fate_of(state: str, *, delivered: bool, seen: bool) -> Fate:
    """What is known of one message; an answer counts whatever the provider says."""
    if seen:
        return Fate.CONFIRMED
    if delivered:
        return Fate.DELIVERED
    if state == State.SENT:
        return Fate.HANDED_OVER
    if state == State.FAILED:
        return Fate.FAILED
    return Fate.NOT_SENT if state == State.CANCELLED else Fate.UNDER_WAY


def advice(fate: Fate, channel: str) -> str:
    """What to look at; "" when all is well or nothing is known yet."""
    if fate is Fate.FAILED:
        return _FAILED
    if fate is not Fate.HANDED_OVER:
        return ""
    known = _MISSING.get(channel)
    return known or (_CHAT if channel in SILENT or channel == Channel.TELEGRAM else "")
