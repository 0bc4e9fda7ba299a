"""How long a text message is: letters of GSM 03.38 are packed, all others cost more. Pure."""

import unicodedata

PARTS = 2
SEPTETS = (160, 153)  # a message of one part, each part of several
UNITS = (70, 67)  # the same in UCS-2
# GSM 03.38: the basic alphabet, and the letters that take two places.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE = frozenset("^{}\\[~]|€")
_PICTURES = {"So", "Sk", "Cn", "Cf", "Mn"}
_TYPOGRAPHY = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2026": "...",
        "\u2192": "->",
        "\u2022": "-",
        "`": "'",
        "\u00a0": " ",
    }
)


def plain(text: str) -> str:
    """Typographic signs and accents that GSM lacks become their plain relatives; others stay.

    Pictures go: a flame in a title would halve the room for words.
    """
    return "".join(_relative(letter) for letter in text.translate(_TYPOGRAPHY))


def packed(text: str) -> str:
    """The text in GSM letters only: what has no relative becomes a question mark."""
    return "".join(letter if is_packed(letter) else "?" for letter in plain(text))


def is_packed(text: str) -> bool:
    return all(letter in _BASIC or letter in _DOUBLE for letter in text)


def length(text: str) -> int:
    """Places that the text takes: septets when all of it is GSM, else UTF-16 units."""
    if is_packed(text):
        return sum(2 if letter in _DOUBLE else 1 for letter in text)
    return len(text.encode("utf-16-le", "replace")) // 2


def parts(text: str) -> int:
    """How many messages the network makes of it."""
    single, each = SEPTETS if is_packed(text) else UNITS
    size = length(text)
    return 1 if size <= single else -(-size // each)


def fits(text: str) -> bool:
    """At most PARTS messages; a letter of two places is never cut in half at a seam."""
    _, each = SEPTETS if is_packed(text) else UNITS
    return length(text) <= PARTS * each - 1


def _relative(letter: str) -> str:
    if is_packed(letter):
        return letter
    if unicodedata.category(letter) in _PICTURES:
        return ""
    base = unicodedata.normalize("NFKD", letter)[:1]
    return base if base.isascii() and is_packed(base) else letter
