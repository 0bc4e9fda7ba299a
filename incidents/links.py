"""Signed links of an incident: acknowledge with one tap, without signing in.

A token names one incident, one person and one purpose and lives 24 hours. It
is dead once the incident is closed or the person disabled; that is checked when it is used.
"""

from dataclasses import dataclass
from functools import lru_cache

from django.core import signing
from django.urls import reverse

from accounts.models import User, UserStatus
from core import config
from incidents.models import Bundle, Incident

SALT = "opsknight.incidents.acknowledge"
RESPOND_SALT = "opsknight.incidents.respond"
BUNDLE_SALT = "opsknight.incidents.acknowledge-bundle"
LIFETIME_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a token lets acknowledge what."""

    incident: Incident
    user: User


@lru_cache(maxsize=8)
def _pattern(name: str, sample: str) -> str:
    """The path with a hole: resolving it once is enough for a storm of pages."""
    return reverse(name, args=[sample]).replace(sample, "{}")


def incident_url(incident: Incident) -> str:
    return config.absolute(_pattern("incidents:detail", "77777777").format(incident.pk))


def take_url(incident: Incident) -> str:
    """Acknowledge for whoever is signed in: the link in a chat that many people read."""
    return config.absolute(_pattern("incidents:take", "77777777").format(incident.pk))


def acknowledge_url(incident: Incident, user: User) -> str:
    token = signing.dumps([incident.pk, user.pk], salt=SALT)
    return config.absolute(_pattern("incidents:quick_acknowledge", "77777777").format(token))


def bundle_url(bundle: Bundle) -> str:
    return config.absolute(_pattern("incidents:bundle", "77777777").format(bundle.pk))


def acknowledge_bundle_url(bundle: Bundle) -> str:
    """For the person of the bundle."""
    token = signing.dumps([bundle.pk, bundle.user_id], salt=BUNDLE_SALT)
    return config.absolute(_pattern("incidents:quick_bundle", "77777777").format(token))


def bundle_of(token: str) -> Bundle | None:
    """The bundle of a genuine, fresh token whose person may still act; else None."""
    try:
        bundle_pk, user_pk = signing.loads(token, salt=BUNDLE_SALT, max_age=LIFETIME_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    rows = Bundle.objects.select_related("user", "service").filter(pk=bundle_pk, user=user_pk)
    return rows.exclude(user__status=UserStatus.DISABLED).first()


def respond_url(incident: Incident, user: User) -> str:
    """Accept or decline a request for help, without signing in."""
    token = signing.dumps([incident.pk, user.pk], salt=RESPOND_SALT)
    return config.absolute(_pattern("incidents:quick_respond", "77777777").format(token))


def request_grant_of(token: str) -> Grant | None:
    """Like `grant_of` for a link that answers a request for help."""
    return _grant(token, RESPOND_SALT)


def grant_of(token: str) -> Grant | None:
    """The grant of a genuine, fresh token whose person may still act; else None."""
    return _grant(token, SALT)


def _grant(token: str, salt: str) -> Grant | None:
    try:
        incident_pk, user_pk = signing.loads(token, salt=salt, max_age=LIFETIME_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = User.objects.filter(pk=user_pk).exclude(status=UserStatus.DISABLED).first()
    incident = Incident.objects.select_related("service").filter(pk=incident_pk).first()
    if user is None or incident is None:
        return None
    return Grant(incident, user)
