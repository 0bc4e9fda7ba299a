"""Typed settings registry: environment first, then the database row, then the default.

Values of rows are cached for a second per process, so that a page reads them once.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from core.errors import ValidationFailed
from core.models import Setting

CACHE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its row name, environment variables in order of preference, default, meaning."""

    name: str
    env: tuple[str, ...]
    default: Any
    meaning: str
    secret: bool = False
    parse: Callable[[str], Any] = str


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _flag(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on"}


def _days(text: str) -> int:
    """What cannot be read keeps everything: nothing is deleted over a typing error."""
    return int(text) if text.strip().isdecimal() else 0


def _count(text: str) -> int:
    """What cannot be read allows one: a limit is not lifted over a typing error."""
    return int(text) if text.strip().isdecimal() else 1


def _limit(default: int, most: int) -> Callable[[str], int]:
    """What cannot be read is the default."""
    return lambda text: min(int(text), most) if text.strip().isdecimal() else default


def _minutes(text: str) -> int:
    """At least one; what cannot be read, too."""
    return max(1, _count(text))


def _kept(name: str, variable: str, days: int, what: str) -> Option:
    return Option(name, (variable,), days, f"Days that {what} are kept; 0: for ever", parse=_days)


REGISTRY: dict[str, Option] = {
    option.name: option
    for option in (
        Option(
            "public_url",
            ("OPSKNIGHT_URL", "NEXTAUTH_URL"),
            "",
            "Public origin, e.g. https://pager.example.com: used in every link that is sent",
            parse=lambda text: text.rstrip("/"),
        ),
        Option(
            "organisation",
            ("OPSKNIGHT_ORGANISATION",),
            "",
            "Name of the organisation: in the frame of every page and of the app on a phone",
            parse=lambda text: " ".join(text.split())[:60],
        ),
        Option(
            "language",
            ("OPSKNIGHT_LANGUAGE",),
            "en",
            "Language of messages to whoever chose none, and of those in chats: en or de",
            parse=lambda text: text.strip().lower(),
        ),
        Option(
            "extra_hosts",
            ("OPSKNIGHT_EXTRA_HOSTS",),
            [],
            "Further host names that may reach this installation, comma separated",
            parse=_names,
        ),
        Option(
            "email_url",
            ("EMAIL_URL",),
            "",
            "Mail server, e.g. smtp+tls://user:password@mail.example.com:587",
            secret=True,
        ),
        Option(
            "mail_from",
            ("OPSKNIGHT_MAIL_FROM",),
            "OpsKnight <opsknight@localhost>",
            "Sender of every mail",
        ),
        Option(
            "reply_domain",
            ("OPSKNIGHT_REPLY_DOMAIN",),
            "",
            "Domain whose mail is handed to OpsKnight: answers to pages act. Empty: they do not",
            parse=lambda text: text.strip().lower(),
        ),
        Option(
            "reply_secret",
            ("OPSKNIGHT_REPLY_SECRET",),
            "",
            "Password with which a mail server of one's own hands over those answers",
            secret=True,
        ),
        Option(
            "public_boards",
            ("OPSKNIGHT_PUBLIC_BOARDS",),
            False,
            "Whether public links may show who is on call, without signing in",
            parse=_flag,
        ),
        Option(
            "codes_per_person",
            ("OPSKNIGHT_CODES_PER_PERSON",),
            10,
            "Codes that confirm an address, per person and hour; 0: no limit",
            parse=_count,
        ),
        Option(
            "codes_per_address",
            ("OPSKNIGHT_CODES_PER_ADDRESS",),
            4,
            "Codes that confirm an address, per address and hour, by all people; 0: no limit",
            parse=_count,
        ),
        Option(
            "alarm_webhooks",
            ("OPSKNIGHT_ALARM_WEBHOOKS",),
            [],
            "Addresses told when a part of the pager itself breaks, beside the fallback contact",
            parse=_names,
        ),
        Option(
            "ping_url",
            ("OPSKNIGHT_PING_URL",),
            "",
            "Asked each minute while all is well: a watchdog outside that misses it raises alarm",
        ),
        Option(
            "responder_minutes",
            ("OPSKNIGHT_RESPONDER_MINUTES",),
            5,
            "Minutes without an answer after which whoever asked for help is told so",
            parse=_minutes,
        ),
        Option(
            "pages_per_cause",
            ("OPSKNIGHT_PAGES_PER_CAUSE",),
            3,
            "Pages per person and service in the window below, bundles counted; 0: no limit",
            parse=_limit(3, most=15),
        ),
        Option(
            "pages_window_minutes",
            ("OPSKNIGHT_PAGES_WINDOW_MINUTES",),
            10,
            "Minutes of that window",
            parse=_limit(10, most=1440),
        ),
        Option("fallback_users", (), [], "Ids of people paged when a policy is exhausted"),
        _kept("keep_deliveries_days", "OPSKNIGHT_KEEP_DELIVERIES_DAYS", 365, "deliveries"),
        _kept("keep_attempts_days", "OPSKNIGHT_KEEP_ATTEMPTS_DAYS", 90, "tries of deliveries"),
        _kept("keep_notices_days", "OPSKNIGHT_KEEP_NOTICES_DAYS", 90, "notices in the app"),
        _kept("keep_outbox_days", "OPSKNIGHT_KEEP_OUTBOX_DAYS", 30, "mails that did not leave"),
    )
}

_cache: tuple[float, dict[str, Any]] = (0.0, {})


def from_environment(name: str) -> str | None:
    """The raw environment value that overrides the row, or None."""
    values = (os.environ.get(variable) for variable in REGISTRY[name].env)
    return next((value for value in values if value), None)


def get(name: str) -> Any:
    """The value in force. Raises KeyError for a name that the registry does not know."""
    option = REGISTRY[name]
    given = from_environment(name)
    if given is not None:
        return option.parse(given)
    return _rows().get(name, option.default)


def put(name: str, value: Any) -> None:
    """Writes the row. Raises ValidationFailed when the environment overrides it."""
    option = REGISTRY[name]
    if from_environment(name) is not None:
        raise ValidationFailed(f"{option.env[0]} is set in the environment", field=name)
    fields = {"secret": value} if option.secret else {"value": value}
    Setting.objects.update_or_create(name=name, defaults=fields)
    forget()


def forget() -> None:
    """Drops the cache of this process."""
    global _cache
    _cache = (0.0, {})


def public_url() -> str:
    """The public origin without a trailing slash, or "" before `/setup`."""
    return str(get("public_url"))


def absolute(path: str) -> str:
    """A link that works outside: public origin, or the local address before it is known."""
    origin = public_url() or f"http://{settings.HOST}:{settings.PORT}"
    return origin + path


def _rows() -> dict[str, Any]:
    global _cache
    read_at, values = _cache
    if time.monotonic() - read_at < CACHE_SECONDS and read_at:
        return values
    values = {
        row.name: row.secret if REGISTRY[row.name].secret else row.value
        for row in Setting.objects.filter(name__in=REGISTRY)
    }
    _cache = (time.monotonic(), values)
    return values
