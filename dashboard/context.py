"""What the frame around every page shows: navigation by role and how much waits."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.domain.roles import Ability, may
from accounts.models import User
from dashboard.queries import number_of
from incidents.models import Status
from incidents.queries import visible_to
from notifications.queries import notices_of


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of sidebar, bottom bar and the "More" page."""

    label: str
    url: str
    icon: str
    active: bool
    group: str = ""
    count: int = 0
    dock: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    label: str
    name: str
    icon: str
    group: str = ""
    dock: bool = False
    needs: Ability | None = None
    demo: bool = False


ENTRIES = (
    _Entry("Home", "home", "home", dock=True),
    _Entry("Incidents", "incidents:list", "siren", dock=True),
    _Entry("On-call", "schedules:on_call", "calendar-clock", dock=True),
    _Entry("Alerts", "notifications:notices", "bell", dock=True),
    _Entry("Simulator", "integrations:simulator", "smartphone", demo=True),
    _Entry("Services", "services:list", "layers", "Set up"),
    _Entry("Schedules", "schedules:list", "calendar", "Set up"),
    _Entry("Coverage", "schedules:coverage", "shield-check", "Set up"),
    _Entry("Reachability", "dashboard:reachability", "bell-ring", "Set up"),
    _Entry("Escalation policies", "escalation:list", "route", "Set up"),
    _Entry("Teams", "teams:list", "users", "Organisation"),
    _Entry("People", "users:list", "user", "Organisation"),
    _Entry("Audit log", "dashboard:audit", "history", "Organisation", needs=Ability.READ_AUDIT),
    _Entry("Settings", "settings:home", "settings", "Organisation", needs=Ability.MANAGE_SETTINGS),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """`nav`; one query. Fragments for htmx have no frame and pay nothing."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated or request.headers.get("HX-Request"):
        return {"nav": []}
    counts = _counts(user)
    links = [(entry, reverse(entry.name)) for entry in ENTRIES if _allowed(user, entry)]
    here = _nearest(request.path, [url for _, url in links])
    items = [
        NavItem(
            label=entry.label,
            url=url,
            icon=entry.icon,
            active=url == here,
            group=entry.group,
            count=counts.get(entry.name, 0),
            dock=entry.dock,
        )
        for entry, url in links
    ]
    return {"nav": items}


def _allowed(user: Any, entry: _Entry) -> bool:
    shown = settings.DEMO or not entry.demo
    return shown and (entry.needs is None or may(user.role, entry.needs))


def _nearest(path: str, urls: list[str]) -> str:
    """The entry that `path` belongs to: /schedules/on-call/ is not /schedules/; "" for none."""
    above = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(above, key=len, default="")


def _counts(user: Any) -> dict[str, int]:
    """Open incidents and unread notices, by URL name."""
    waiting = visible_to(user).filter(status=Status.OPEN)
    unread = notices_of(user).filter(read_at=None)
    row = User.objects.filter(pk=user.pk).values_list(number_of(waiting), number_of(unread))
    return dict(zip(("incidents:list", "notifications:notices"), row.get(), strict=True))
