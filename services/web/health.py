"""How a service is doing, in a word, from its active incidents."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from services.models import Service

URGENT = "HIGH"


@dataclass(frozen=True, slots=True)
class Health:
    """A word with tone and icon, and how many incidents are active."""

    word: str
    tone: str
    icon: str
    active: int = 0


WELL = Health("Operational", "ok", "circle-check")


def health_of(services: Iterable[Service]) -> dict[int, Health]:
    """Every service has an entry. The figures come from above, through wiring."""
    ids = [service.pk for service in services]
    activity = import_string(settings.SERVICE_ACTIVITY)(ids) if ids else {}
    return {pk: _health(activity.get(pk, {})) for pk in ids}


def _health(by_urgency: dict[str, int]) -> Health:
    active = sum(by_urgency.values())
    if by_urgency.get(URGENT):
        return Health("Outage", "danger", "circle-x", active)
    return Health("Degraded", "warn", "triangle-alert", active) if active else WELL
