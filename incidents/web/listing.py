"""The incident list as values: what the URL asks for, the rows, the counts, the ETag."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Sum, Value, When
from django.http import QueryDict

from accounts.models import User
from incidents import queries
from incidents.models import ACTIVE, Incident, Status, Urgency

PER_PAGE = 50
ALL = "all"
TABS = (*(status.value.lower() for status in Status), ALL)
TAB_ORDER = ("open", "acknowledged", "snoozed", "suppressed", "resolved", ALL)
URGENT_FIRST = Case(
    *[When(urgency=urgency.value, then=Value(rank)) for rank, urgency in enumerate(Urgency)],
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the person asked to see; every part is in the URL. `tab` is a status or "all"."""

    tab: str = "open"
    urgencies: tuple[str, ...] = ()
    service: str = ""
    mine: bool = False
    watched: bool = False
    late: bool = False
    words: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """Reads a query string; what it does not know counts as not asked for."""
        tab = query.get("status", "open").lower()
        return cls(
            tab=tab if tab in TABS else "open",
            urgencies=tuple(urgency for urgency in Urgency if urgency in query.getlist("urgency")),
            service=query.get("service", "")[:40],
            mine=query.get("assignee") == "me",
            watched=query.get("watched") == "me",
            late=query.get("sla") == "breached",
            words=" ".join(query.get("q", "").replace("\x00", "").split())[:100],
        )

    @property
    def status(self) -> Status | None:
        return None if self.tab == ALL else Status(self.tab.upper())

    @property
    def narrows(self) -> bool:
        """Whether anything but the tab hides incidents."""
        return self != type(self)(tab=self.tab)

    def toggled(self, urgency: str) -> Self:
        chosen = set(self.urgencies) ^ {urgency}
        return replace(self, urgencies=tuple(item for item in Urgency if item in chosen))

    def url(self) -> str:
        """The query string, beginning with "?"."""
        pairs = [("status", self.tab)]
        pairs += [("urgency", urgency) for urgency in self.urgencies]
        pairs += [("service", self.service)] if self.service else []
        pairs += [("assignee", "me")] if self.mine else []
        pairs += [("watched", "me")] if self.watched else []
        pairs += [("sla", "breached")] if self.late else []
        pairs += [("q", self.words)] if self.words else []
        return "?" + urlencode(pairs)

    def chosen(self, user: User) -> QuerySet[Incident]:
        """Every incident that the chips let through, of all statuses, and that `user` may see."""
        rows = queries.visible_to(user)
        if self.urgencies:
            rows = rows.filter(urgency__in=self.urgencies)
        if self.service:
            rows = rows.filter(service__public_id=self.service)
        if self.mine:
            rows = rows.filter(assignee=user)
        if self.watched:
            rows = rows.filter(queries.watched_by(user))
        if self.late:
            rows = rows.filter(queries.late()).exclude(status=Status.RESOLVED)
        return rows.filter(_contains(self.words)) if self.words else rows

    def rows(self, user: User) -> QuerySet[Incident]:
        """The rows of the tab, the most urgent first where somebody has to choose."""
        rows = self.chosen(user)
        if self.status is None:
            return rows.order_by("-id")
        rows = rows.filter(status=self.status)
        over = self.status is Status.RESOLVED
        return rows.order_by("-id") if over else rows.order_by(URGENT_FIRST, "-id")


def _contains(words: str) -> Q:
    number = words.removeprefix("#")
    found = Q(title__icontains=words)
    return found | Q(pk=int(number)) if number.isdecimal() and len(number) < 16 else found


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab and how many incidents stand behind it."""

    label: str
    url: str
    count: int
    active: bool


def counts(wanted: Filter, user: User) -> dict[str, int]:
    """Incidents per tab under the chips of `wanted`, by one query."""
    found = wanted.chosen(user).order_by().values_list("status").annotate(n=Count("id"))
    by_tab = {status.lower(): n for status, n in found}
    return {**by_tab, ALL: sum(by_tab.values())}


def tabs(wanted: Filter, by_tab: dict[str, int]) -> list[Tab]:
    return [
        Tab(
            name.capitalize(),
            replace(wanted, tab=name).url(),
            by_tab.get(name, 0),
            name == wanted.tab,
        )
        for name in TAB_ORDER
    ]


def page_of(wanted: Filter, user: User, by_tab: dict[str, int], number: str) -> Page:
    """A page of rows with the names that they show; a wrong page number gives the nearest."""
    paginator = Paginator(queries.with_names(wanted.rows(user)), PER_PAGE)
    paginator.count = by_tab.get(wanted.tab, 0)  # known already: no second count
    return paginator.get_page(number)


def etag(wanted: Filter, user: User, number: str) -> str:
    """Changes whenever the list would look different.

    One look at what is alive; tabs that show closed incidents also look at their own rows.
    """
    alive = wanted.chosen(user).filter(status__in=ACTIVE)
    facts: list[Any] = [queries.clocks_read_at()]
    facts += [alive.aggregate(Max("updated_at"), Count("id"), Sum("id"), Sum("alert_count"))]
    if wanted.status in {None, Status.RESOLVED}:
        start = PER_PAGE * (int(number) - 1) if number.isdecimal() and 0 < len(number) < 7 else 0
        shown = wanted.rows(user).values_list("pk", "updated_at")
        facts.append(list(shown[max(0, start) : max(0, start) + PER_PAGE]))
    text = f"{facts} {wanted} {number} {user.pk} {user.time_zone}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
