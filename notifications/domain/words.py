"""The states, channels and urgencies by name: one place for the values that rows store."""

from enum import StrEnum


class Channel(StrEnum):
    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"
    IN_APP = "IN_APP"
    SMS = "SMS"
    VOICE = "VOICE"
    WHATSAPP = "WHATSAPP"
    PUSH = "PUSH"
    SLACK = "SLACK"
    TEAMS = "TEAMS"
    GOOGLE_CHAT = "GOOGLE_CHAT"
    DISCORD = "DISCORD"
    TELEGRAM = "TELEGRAM"
    MATTERMOST = "MATTERMOST"
    NTFY = "NTFY"
    PUSHOVER = "PUSHOVER"


class Urgency(StrEnum):
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class State(StrEnum):
    WAITING = "WAITING"
    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Receipt(StrEnum):
    """What a provider reports later about a message that it took."""

    DELIVERED = "delivered"
    SEEN = "seen"
    UNDELIVERED = "undelivered"


class Outcome(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    NOT_SENT = "not_sent"


class Fate(StrEnum):
    """What became of a message, as the history is filtered by it."""

    UNDER_WAY = "under_way"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    SEEN = "seen"
    FAILED = "failed"
    NOT_SENT = "not_sent"
    TWICE = "twice"


FATES = {
    Fate.UNDER_WAY: "On its way",
    Fate.ACCEPTED: "Accepted by the provider",
    Fate.ARRIVED: "Arrived",
    Fate.SEEN: "Seen",
    Fate.FAILED: "Failed",
    Fate.NOT_SENT: "Not sent any more",
    Fate.TWICE: "Perhaps twice",
}

# The kind of message that carries a code, and what lists say instead of it.
VERIFY = "verify"
CODE_TITLE = "Verification code"
