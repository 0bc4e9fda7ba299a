"""What an address on a channel looks like: brought into one shape, or refused in words. Pure."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from notifications.domain.words import Channel

LONGEST = 500
LONGEST_SHOWN = 48
LONGEST_OF_DEVICE = 1000  # some push services put a whole token into it
BETWEEN_DIGITS = str.maketrans("", "", " -.()/\u00a0\u2009\u202f\u2010\u2011\u2012\u2013")
# E.164: up to 15 digits, and no country code begins with 0. Which numbers a country has given
# out changes every month: only the provider knows, and the code that we send proves it.
E164 = re.compile(r"\+[1-9][0-9]{7,14}")
MAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,253}")
CHAT_ID = re.compile(r"-?[1-9][0-9]{0,15}")
MEMBER_ID = re.compile(r"[UW][A-Z0-9]{6,20}")
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}")
USER_KEY = re.compile(r"[A-Za-z0-9]{30}")
PHONES = frozenset({Channel.SMS, Channel.VOICE, Channel.WHATSAPP})
# Their address is a URL that we call: whether it may be called is asked where it can be looked up.
URLS = frozenset(
    {Channel.WEBHOOK, Channel.TEAMS, Channel.GOOGLE_CHAT, Channel.DISCORD, Channel.MATTERMOST}
)
# Servers of one's own may lack a certificate; at a vendor http is a slip that tells a secret.
PLAIN_HTTP = frozenset({Channel.WEBHOOK, Channel.MATTERMOST})


def checked(channel: str, address: str) -> str:
    """The address as it is stored. Raises ValueError with a sentence for the person."""
    text = address.strip()
    if not text:
        raise ValueError("Enter an address")
    longest = LONGEST_OF_DEVICE if channel == Channel.PUSH else LONGEST
    if len(text) > longest:
        raise ValueError(f"The address is longer than {longest} characters")
    if not text.isprintable() and channel not in PHONES:
        raise ValueError("The address holds characters that cannot be seen")
    if channel in PHONES:
        return phone(text)
    if channel in URLS:
        return _url(text, plain=channel in PLAIN_HTTP)
    if channel not in _RULES:
        raise ValueError("This channel needs no address")
    return _RULES[Channel(channel)](text)


def phone(text: str) -> str:
    """A telephone number as E.164: "+", country code, number. There is no default country."""
    plain = text.translate(BETWEEN_DIGITS)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if not plain.startswith("+"):
        raise ValueError("Begin with + and the country code, such as +49 151 23456789")
    if not plain[1:].isdecimal() or not plain.isascii():
        raise ValueError("A telephone number has digits only after the +")
    if not E164.fullmatch(plain):
        raise ValueError("A telephone number has 8 to 15 digits, country code included")
    return plain


def shown(address: str) -> str:
    """The address in a line: a long URL by its host and its end, where two of one host differ."""
    if "://" not in address or len(address) <= LONGEST_SHOWN:
        return address
    return f"{urlsplit(address).hostname or ''}/…{address[-6:]}"


def masked(channel: str, address: str) -> str:
    """What others may see of an address: enough to know which one it is, too little to use it."""
    if channel in PHONES:
        return f"{address[:3]}…{address[-2:]}"
    if channel == Channel.EMAIL and "@" in address:
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}…@{domain}"
    if channel in URLS or "://" in address:
        return f"{urlsplit(address).hostname or ''}/…"
    return f"{address[:1]}…{address[-2:]}"


def _matching(pattern: re.Pattern[str], sentence: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(sentence)
        return text

    return check


def _url(text: str, *, plain: bool) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in text:
        raise ValueError("Enter the whole address, beginning with https://")
    if parts.scheme == "http" and not plain and not _is_this_machine(parts.hostname):
        raise ValueError("Enter an address that begins with https://")
    return text


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _device(text: str) -> str:
    return text  # made by the browser of the device, never typed


_RULES: dict[Channel, Callable[[str], str]] = {
    Channel.EMAIL: _matching(MAIL, "Enter a valid e-mail address"),
    Channel.TELEGRAM: _matching(
        CHAT_ID, "Enter the number of the chat, such as 123456789: the bot tells it on /start"
    ),
    Channel.SLACK: _matching(
        MEMBER_ID, "Enter the member ID, such as U012AB3CD: Slack profile, More, Copy member ID"
    ),
    Channel.NTFY: _matching(
        TOPIC, "A topic has up to 64 letters, digits, hyphens and underscores; no address"
    ),
    Channel.PUSHOVER: _matching(USER_KEY, "Enter the user key: 30 letters and digits"),
    Channel.PUSH: _device,
}
