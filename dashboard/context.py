"""Navigation of the shell, by role."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    url: str
    icon: str
    active: bool
    count: int = 0


ITEMS = [
    ("Home", "home", "home"),
    ("Incidents", "incidents:list", "siren"),
    ("Schedules", "schedules:list", "calendar-clock"),
    ("Services", "services:list", "layers"),
    ("Escalation policies", "escalation:list", "repeat"),
    ("Teams", "teams:list", "users"),
    ("People", "users:list", "user"),
    ("Settings", "settings:home", "settings"),
]


def navigation(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": []}
    items = []
    for label, name, icon in ITEMS:
        url = reverse(name)
        active = request.path == url if url == "/" else request.path.startswith(url)
        items.append(NavItem(label, url, icon, active))
    return {"nav": items}
