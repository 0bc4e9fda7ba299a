"""The why-log: who was paged by each step and who was not, why, how, and what came of it.

Written by nobody here: pages, their deliveries and the entries of the escalation keep the reasons
as codes; this puts them together again for the incident's page and its API.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from escalation import queries as escalation
from escalation.domain import reasons
from escalation.domain.reasons import Code, Reason, reason
from incidents.models import (
    Bundle,
    BundleKind,
    EventType,
    Incident,
    IncidentEvent,
    Page,
    PageKind,
)
from notifications import queries as notifications
from notifications.domain import reasons as ways
from notifications.models import Delivery, DeliveryState

Passed = dict[str, Any]
MOST = 200  # entries and pages, the newest


@dataclass(frozen=True, slots=True)
class Because:
    """One link of a chain: its code, and the sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """One channel of one page: why this one, and what came of it."""

    delivery: Delivery
    why: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class Woken:
    """Somebody who was paged: every target that meant them, and each channel."""

    page: Page
    why: tuple[Because, ...]
    told: tuple[Told, ...]
    bundle: Bundle | None = None  # the one message about many incidents that it travels in

    @property
    def reached(self) -> bool:
        """Did a provider accept a message for them?"""
        return any(one.delivery.state == DeliveryState.SENT for one in self.told)


@dataclass(frozen=True, slots=True)
class Spared:
    """Somebody whom a target meant and who was not paged; `name` "" when it meant nobody."""

    id: str
    name: str
    why: Because


@dataclass(slots=True)
class Firing:
    """One moment at which somebody was paged, or nobody was: a step, the fallback, a request."""

    at: datetime
    reason: str
    step: int | None = None  # counted from 1; None: no step of the policy
    cycle: int | None = None
    run: int | None = None
    kind: str = PageKind.STEP
    woken: list[Woken] = field(default_factory=list)
    spared: list[Spared] = field(default_factory=list)


def not_paged(
    passed: Iterable[escalation.PassedOver], silenced: Iterable[escalation.Recipient] = ()
) -> list[Passed]:
    """What an entry of the escalation keeps about those whom its step did not page.

    `silenced`: whom it would have paged, had the first notifications not been suppressed.
    """
    found = [_passed(one.user, one.why) for one in passed]
    return found + [_passed(one.user, reason(Code.QUIET_START)) for one in silenced]


def _passed(user: User | None, why: Reason) -> Passed:
    who = {"id": user.public_id, "name": str(user)} if user else {}
    return {**who, "why": dict(why)}


def log_of(incident: Incident) -> list[Firing]:
    """Everything that paged or should have, the newest first; four queries, five with bundles."""
    entries = IncidentEvent.objects.filter(incident=incident, type=EventType.ESCALATION)
    fired = [one for one in entries.order_by("-id")[:MOST] if "paged" in one.details]
    firings = {_moment(one): _firing(one) for one in reversed(fired)}
    told = _told(notifications.deliveries_of("incident", [incident.pk]))
    bundles = _bundles(incident)
    pages = Page.objects.filter(incident=incident).select_related("user").order_by("-id")[:MOST]
    for page in reversed(pages):
        place = (page.created_at, page.kind, page.step if page.kind == PageKind.STEP else None)
        firing = firings.setdefault(place, Firing(page.created_at, page.reason, kind=page.kind))
        firing.run, firing.cycle = page.run, firing.cycle or page.cycle
        bundle, of_bundle = bundles.get(page.key, (None, []))
        ways_taken = (*told[page.key], *of_bundle)
        firing.woken.append(Woken(page, _people_words(page.why), ways_taken, bundle))
    return sorted(firings.values(), key=lambda one: one.at, reverse=True)


Moment = tuple[datetime, str, int | None]


def _moment(entry: IncidentEvent) -> Moment:
    if entry.details.get("exhausted"):
        return entry.at, PageKind.FALLBACK, None
    return entry.at, PageKind.STEP, int(entry.details.get("to_step") or 0) - 1


def _firing(entry: IncidentEvent) -> Firing:
    details = entry.details
    exhausted = bool(details.get("exhausted"))
    return Firing(
        at=entry.at,
        reason=str(details.get("reason", "")),
        step=None if exhausted else details.get("to_step"),
        cycle=details.get("cycle"),
        kind=PageKind.FALLBACK if exhausted else PageKind.STEP,
        spared=[_spared(one) for one in details.get("not_paged", [])],
    )


def _spared(passed: Passed) -> Spared:
    why = passed.get("why", {})
    because = Because(str(why.get("code", "")), reasons.words(why))
    return Spared(str(passed.get("id", "")), str(passed.get("name", "")), because)


def _bundles(incident: Incident) -> dict[str, tuple[Bundle, list[Told]]]:
    """By page key: the bundle that a page travels in, and what came of it."""
    members = incident.bundled.select_related("bundle").exclude(bundle__kind=BundleKind.NEWS)
    found = {member.page_key: member.bundle for member in members}
    if not found:
        return {}
    rows = notifications.deliveries_of("bundle", {bundle.pk for bundle in found.values()})
    told = _told(rows, by_subject=True)
    return {key: (bundle, told[bundle.pk]) for key, bundle in found.items()}


def _told(rows: QuerySet[Delivery], *, by_subject: bool = False) -> dict[Any, list[Told]]:
    """By page key, or by the id of the subject."""
    groups: dict[Any, list[Delivery]] = defaultdict(list)
    for row in rows.defer("message", "secret").order_by("position", "id"):
        groups[row.subject_id if by_subject else row.page_key].append(row)
    told: dict[Any, list[Told]] = defaultdict(list)
    for key, group in groups.items():
        told[key] = [Told(row, _way_words(row, group)) for row in group]
    return told


def _people_words(found: Iterable[Reason]) -> tuple[Because, ...]:
    return tuple(Because(str(one.get("code", "")), reasons.words(one)) for one in found)


def _way_words(row: Delivery, page: Sequence[Delivery]) -> tuple[Because, ...]:
    """What chose the channel, and the failure before it that brought it forward."""
    said = [Because(str(one.get("code", "")), ways.words(one)) for one in row.why]
    failed = [
        str(other.get_channel_display())
        for other in page
        if other.position < row.position and other.state == DeliveryState.FAILED
    ]
    if failed and row.ordered and row.attempts:
        said.append(Because("failover", f"{' and '.join(failed)} failed before it"))
    return tuple(said)
