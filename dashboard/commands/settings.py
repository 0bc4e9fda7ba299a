"""Writers of the dashboard: the settings of the installation, and the test of its mail server."""

from collections.abc import Callable
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit import commands as audit
from core import config, language, smtp
from core.actor import Actor
from core.errors import Conflict, ValidationFailed

KEPT = ("keep_deliveries_days", "keep_attempts_days", "keep_notices_days", "keep_outbox_days")
EDITABLE = (
    "organisation",
    "public_url",
    "email_url",
    "mail_from",
    "language",
    "fallback_users",
    "public_boards",
    *KEPT,
)
MOST_DAYS = 3650


def save_settings(changes: dict[str, Any], *, by: Actor, now: datetime) -> list[str]:
    """Writes what changed and returns the names. Raises ValidationFailed with the field.

    Secrets are named in the audit log, never shown in it.
    """
    wanted = {name: _clean(name, value) for name, value in changes.items()}
    changed = {name: value for name, value in wanted.items() if value != config.get(name)}
    with transaction.atomic():
        for name, value in changed.items():
            config.put(name, value)
            shown = "(secret)" if config.REGISTRY[name].secret else value
            audit.record(
                "settings.updated",
                by=by,
                now=now,
                target_type="setting",
                target_id=name,
                target_label=name,
                changes={name: shown},
            )
    return list(changed)


def send_test_mail(user: User, *, now: datetime) -> str:
    """One mail to `user` over the configured server, at once; returns the address.

    Raises Conflict with what the mail server said when it was not accepted.
    """
    url = config.get("email_url")
    if not url:
        raise Conflict("No mail server is set up yet", field="email_url")
    sender = config.get("mail_from")
    with language.speaking_to(user.language):
        asked = _("This test was asked for by {person} on {moment} UTC.")
        said = asked.format(person=user, moment=f"{now:%Y-%m-%d %H:%M}")
        way = _("Pages, invitations and password resets leave the same way.")
        mail = EmailMessage(
            subject=_("OpsKnight can send mail"),
            body=f"{said}\n{way}\n",
            from_email=sender,
            to=[user.email],
        )
    try:
        target = smtp.SmtpTarget.from_url(url)
        smtp.send(target, parseaddr(sender)[1], user.email, mail.message().as_bytes())
    except (smtp.SmtpError, ValueError) as error:
        raise Conflict(str(error), field="email_url") from error
    return user.email


def _clean(name: str, value: Any) -> Any:
    check = CHECKS.get(name)
    if check is None:
        raise ValidationFailed(f"Unknown setting {name}", field=name)
    return check(value)


def _origin(value: str) -> str:
    """Scheme and host, nothing behind them; "" when links shall use the local address."""
    origin = value.strip().rstrip("/")
    try:
        parts = urlsplit(origin)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if origin and (not good or origin != f"{parts.scheme}://{parts.netloc}" or "@" in origin):
        text = "Give scheme and host only, like https://pager.example.com"
        raise ValidationFailed(text, field="public_url")
    return origin


def _name(value: str) -> str:
    return " ".join(value.split())[:60]


def _mail_url(value: str) -> str:
    url = value.strip()
    try:
        if url:
            smtp.SmtpTarget.from_url(url)
    except ValueError as error:
        raise ValidationFailed(str(error).capitalize(), field="email_url") from error
    return url


def _sender(value: str) -> str:
    sender = " ".join(value.split())
    if "@" not in parseaddr(sender)[1] or len(sender) > 320:
        text = "Give an address, like OpsKnight <opsknight@example.com>"
        raise ValidationFailed(text, field="mail_from")
    return sender


def _people(value: Any) -> list[int]:
    """Primary keys of active people; at least one, so that every escalation ends at somebody."""
    wanted = list(value)
    found = User.objects.active().filter(pk__in=wanted).values_list("pk", flat=True)
    if not wanted or set(wanted) - set(found):
        raise ValidationFailed("Choose at least one active person", field="fallback_users")
    return sorted(wanted)


def _language(value: str) -> str:
    if value not in language.NAMES:
        raise ValidationFailed("Choose one of the languages", field="language")
    return value


CHECKS: dict[str, Callable[[Any], Any]] = {
    "organisation": _name,
    "public_url": _origin,
    "email_url": _mail_url,
    "mail_from": _sender,
    "language": _language,
    "fallback_users": _people,
    "public_boards": bool,
    **dict.fromkeys(KEPT, int),
}
