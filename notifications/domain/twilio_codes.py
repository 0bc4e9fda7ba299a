"""What the error codes of Twilio mean for a page: who is to blame, and whether to try again. Pure.

Source: the error and warning dictionary of Twilio's documentation.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """`provider_fault`: another account may do better; `again`: so may a later try."""

    hint: str
    provider_fault: bool
    again: bool = False


def _recipient(hint: str) -> Verdict:
    return Verdict(hint, provider_fault=False)


def _account(hint: str) -> Verdict:
    return Verdict(hint, provider_fault=True)


def _later(hint: str) -> Verdict:
    return Verdict(hint, provider_fault=True, again=True)


VERDICTS: dict[int, Verdict] = {
    # The person's number: whoever sends, it does not arrive.
    13224: _recipient("the number is not valid"),
    21211: _recipient("the number is not valid"),
    21214: _recipient("the number cannot be reached"),
    21217: _recipient("the number is not valid"),
    21610: _recipient("the person answered STOP and gets no messages; START lifts that"),
    21614: _recipient("the number is no mobile number"),
    30003: _recipient("the phone is off or out of reach"),
    30004: _recipient("the person or the network blocks messages"),
    30005: _recipient("the number is unknown or no longer in use"),
    30006: _recipient("a landline, or a network that cannot be reached"),
    63003: _recipient("the number has no WhatsApp"),
    63024: _recipient("the number has no WhatsApp"),
    # The account, its senders and permissions.
    10001: _account("the account is not active"),
    13223: _account("the caller's number may not be used"),
    13227: _account("calls to this country are not allowed for the account"),
    20003: _account("SID or auth token is wrong, or the account has no balance"),
    20005: _account("the account is not active"),
    20404: _account("the account or its API address does not exist"),
    21210: _account("the number that calls is not verified"),
    21212: _account("the sender's number is not valid"),
    21215: _account("calls to this country are not allowed for the account"),
    21219: _account("a trial account reaches verified numbers only"),
    21408: _account("messages to this country are not allowed for the account"),
    21603: _account("the sender is missing"),
    21606: _account("the sender cannot send messages or belongs to another account"),
    21608: _account("a trial account reaches verified numbers only"),
    21612: _account("this sender cannot reach that number"),
    21655: _account("the template's SID is not valid"),
    21656: _account("the template takes other variables"),
    21659: _account("the sender is no number of this account"),
    21660: _account("the sender cannot send SMS or belongs to another account"),
    21703: _account("the messaging service has no senders"),
    30002: _account("the account is suspended"),
    30007: _account("the message was filtered as unwanted"),
    30032: _account("the toll-free sender is not verified"),
    30034: _account("the sender is not registered for US messages (A2P 10DLC)"),
    63005: _account("WhatsApp did not accept the message"),
    63007: _account("the WhatsApp sender does not exist"),
    63016: _account("outside the 24-hour window only an approved template is delivered"),
    63027: _account("the template does not exist in this language"),
    63112: _account("Meta has disabled the WhatsApp sender"),
    # For the moment.
    14107: _later("too many messages at once"),
    20429: _later("too many requests at once"),
    30001: _later("the queue is full"),
    30008: _later("the network gave no reason"),
    63018: _later("too many WhatsApp messages at once"),
}


def verdict(code: int) -> Verdict:
    """An unknown code blames the account: the next one is tried, and the number is told."""
    return VERDICTS.get(code) or _account("refused")
