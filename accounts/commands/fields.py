"""Clean values of accounts: names, addresses, zones, origins. Each raises ValidationFailed."""

import unicodedata
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.domain import zones
from accounts.models import Role, TeamRole
from core.errors import ValidationFailed
from core.language import NAMES

NAME_LENGTH = 120
EMAIL_LENGTH = 254
TEXT_LENGTH = 2000


def name(value: str, *, field: str = "name") -> str:
    """One line, NFC, at most 120 characters, without control characters."""
    text = " ".join(_printable(value).split())
    if not text:
        raise ValidationFailed("Name is required", field=field, reason="required")
    if len(text) > NAME_LENGTH:
        message = f"Name is longer than {NAME_LENGTH} characters"
        raise ValidationFailed(message, field=field, reason="max_length")
    return text


def text(value: str, *, field: str) -> str:
    """Several lines, at most 2,000 characters."""
    cleaned = unicodedata.normalize("NFC", value).replace("\0", "").strip()
    if len(cleaned) > TEXT_LENGTH:
        message = f"{field.capitalize()} is longer than {TEXT_LENGTH} characters"
        raise ValidationFailed(message, field=field, reason="max_length")
    return cleaned


def email(value: str) -> str:
    """Lower case: two people never differ by case alone."""
    address = value.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        message = "Enter a valid e-mail address"
        raise ValidationFailed(message, field="email", reason="invalid") from error
    if len(address) > EMAIL_LENGTH:
        raise ValidationFailed("E-mail address is too long", field="email", reason="max_length")
    return address


def language(value: str) -> str:
    """ "" is the installation's own."""
    if value and value not in NAMES:
        message = f"“{value}” is not one of the languages: {', '.join(NAMES)}"
        raise ValidationFailed(message, field="language", reason="invalid_choice")
    return value


def time_zone(value: str) -> str:
    if value not in zones.known():
        message = f"“{value}” is not a known time zone; use a name like Europe/Berlin"
        raise ValidationFailed(message, field="timeZone", reason="invalid_choice")
    return value


def role(value: str) -> Role:
    if value not in Role.values:
        message = f"Role is one of {', '.join(Role.values)}"
        raise ValidationFailed(message, field="role", reason="invalid_choice")
    return Role(value)


def team_role(value: str) -> TeamRole:
    if value not in TeamRole.values:
        message = f"Role is one of {', '.join(TeamRole.values)}"
        raise ValidationFailed(message, field="role", reason="invalid_choice")
    return TeamRole(value)


def public_origin(value: str) -> str:
    """Scheme, host and perhaps a port, nothing else: https://pager.example.com."""
    wrong = ValidationFailed(
        "Enter the address without a path, like https://pager.example.com",
        field="public_url",
        reason="invalid",
    )
    try:
        parts = urlsplit(value.strip().rstrip("/"))
        port = parts.port
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise wrong
    if parts.path or parts.query or parts.fragment:
        raise wrong
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _printable(value: str) -> str:
    normal = unicodedata.normalize("NFC", value)
    kept = (" " if character.isspace() else character for character in normal)
    return "".join(each for each in kept if unicodedata.category(each) not in {"Cc", "Cs"})
