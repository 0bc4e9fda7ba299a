"""What the error codes of Vonage's SMS API mean for a page. Pure.

Source: the tables of error codes and of delivery receipts in Vonage's documentation of SMS.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """`provider_fault`: another account may do better; `again`: so may a later try."""

    hint: str
    provider_fault: bool
    again: bool = False


VERDICTS: dict[str, Verdict] = {
    "1": Verdict("too many messages at once", True, again=True),
    "4": Verdict("API key or secret is wrong", True),
    "5": Verdict("an error inside Vonage", True, again=True),
    "6": Verdict("the number is not valid", False),
    "7": Verdict("the number is barred", False),
    "8": Verdict("the account is suspended", True),
    "9": Verdict("the account has no balance", True),
    "10": Verdict("too many connections at once", True, again=True),
    "11": Verdict("the account may not use the SMS API", True),
    "14": Verdict("the account wants signed requests", True),
    "15": Verdict("the sender is not allowed", True),
    "22": Verdict("the network is not supported", True),
    "29": Verdict("a trial account reaches its test numbers only", True),
    "33": Verdict("the number is not active", False),
}

# err-code of a receipt: those that blame the number, not the account.
UNREACHED: dict[str, str] = {
    "1": "the number is unknown",
    "2": "the phone is off or out of reach",
    "3": "the phone is off or out of reach",
    "4": "the number is barred",
    "5": "the number was moved",
    "6": "the person or the network blocks messages",
    "9": "the number is not valid",
    "12": "the person or the network blocks messages",
    "39": "the person or the network blocks messages",
}


def verdict(code: str) -> Verdict:
    """An unknown code blames the account: the next one is tried, and the number is told."""
    return VERDICTS.get(code) or Verdict("refused", True)
