"""Public ids: a prefix that names the noun and 20 random base32 characters."""

import secrets

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 characters, none easily mistaken for another
LENGTH = 20


def new(prefix: str) -> str:
    """For example ``inc_k7q…``; 100 bits of randomness."""
    return f"{prefix}_" + "".join(ALPHABET[byte & 31] for byte in secrets.token_bytes(LENGTH))


def incident() -> str:
    return new("inc")


def service() -> str:
    return new("svc")


def user() -> str:
    return new("usr")


def team() -> str:
    return new("team")


def integration() -> str:
    return new("int")


def provider() -> str:
    return new("prv")


def policy() -> str:
    return new("pol")


def schedule() -> str:
    return new("sch")


def layer() -> str:
    return new("lay")


def override() -> str:
    return new("ovr")


def note() -> str:
    return new("note")


def responder() -> str:
    return new("rsp")


def api_key() -> str:
    return new("key")


def contact_method() -> str:
    return new("cm")


def service_webhook() -> str:
    return new("whk")


def series() -> str:
    return new("ser")


def cover() -> str:
    return new("cov")


def calendar() -> str:
    return new("cal")


def time_off() -> str:
    return new("off")


def holidays() -> str:
    return new("hol")


def support_hours() -> str:
    return new("hrs")


def feed() -> str:
    return new("feed")


def board() -> str:
    return new("brd")


def drill() -> str:
    return new("drl")
