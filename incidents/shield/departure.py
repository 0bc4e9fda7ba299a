"""Bundles that have gathered long enough become one message each, or what is left of them.

Called by the ticker; any number of processes may. One bundle is one transaction: a crash leaves it
due, and the page key of its message makes it once.
"""

import functools
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from core import language
from core.database import AWAY
from core.later import Later
from incidents import messages
from incidents.domain import shield
from incidents.domain.bundle import Item, highest, ordered
from incidents.domain.marks import NEWS
from incidents.models import (
    Bundle,
    BundleKind,
    BundleMember,
    BundleState,
    EventType,
    Incident,
    Page,
    PageBudget,
    Status,
    Urgency,
)
from incidents.shield.admit import limits
from incidents.shield.paging import RANK, TOGETHER
from incidents.shield.words import bundle_message, over_message
from notifications import commands as notifications

log = logging.getLogger("opsknight.paging")
ENDINGS: dict[str, tuple[EventType, ...]] = {
    Status.ACKNOWLEDGED: (EventType.ACKNOWLEDGED,),
    Status.RESOLVED: (EventType.RESOLVED,),
}

SUBJECT = "bundle"
CLOSED = "bundle-news"
NEWS_RANK = 9
RETRY = timedelta(seconds=5)
BATCH = 50
_LATER = Later("the departure of bundle")
PORTION = 100  # of a bundle that cannot leave, sent singly at a time


@dataclass(frozen=True, slots=True)
class Wanted:
    """A member that is still worth a message."""

    page_key: str
    item: Item


def depart(now: datetime) -> int:
    """Sends off what is due; returns how many bundles ended. One that fails is tried again soon."""
    return _LATER.each(_due(now), functools.partial(_end_one, now=now), now=now, limit=BATCH)


def _end_one(pk: int, now: datetime) -> int:
    try:
        return _end(pk, now)
    except AWAY:
        raise
    except Exception:
        log.exception("bundle %d cannot leave as one message; one by one", pk)
    return _end_singly(pk, now)


def wanted(bundle: Bundle) -> list[Wanted]:
    """The members that the message speaks of, the most urgent and oldest first."""
    rows = still_wanted(bundle.members.all(), BundleKind(bundle.kind))
    columns = ("page_key", "incident_id", "incident__title", "incident__urgency")
    found = {}
    for key, number, title, urgency in rows.values_list(*columns).order_by("id"):
        found[number] = Wanted(key, Item(number, title, urgency))
    return [found[item.number] for item in ordered(one.item for one in found.values())]


def still_wanted(rows: QuerySet[BundleMember], kind: BundleKind) -> QuerySet[BundleMember]:
    """Pages: open in the same run. News: not open again since."""
    rows = rows.filter(incident__run=F("run"))
    open_now = Q(incident__status=Status.OPEN)
    return rows.filter(~open_now if kind is BundleKind.NEWS else open_now)


def close_finished(incidents: Collection[int], now: datetime) -> None:
    """What stands on devices after a bundle of which nothing is open any more is replaced."""
    members = BundleMember.objects.filter(incident__in=incidents, bundle__state=BundleState.LEFT)
    ids = set(members.exclude(bundle__kind=BundleKind.NEWS).values_list("bundle", flat=True))
    if not ids:
        return
    open_ones = BundleMember.objects.filter(bundle__in=ids, incident__status=Status.OPEN)
    ids -= set(open_ones.values_list("bundle", flat=True))
    for bundle in (
        Bundle.objects.filter(pk__in=ids).select_related("service", "user").order_by("pk")
    ):
        codes = {language.resolve(""), language.resolve(bundle.user.language)}
        said = {code: over_message(bundle, code) for code in codes}
        pages, news = (SUBJECT, bundle.pk, bundle.page_key), (CLOSED, "closed")
        notifications.close_pushes(pages, news, said, but=(), now=now)


def shift_due_times(old_now: datetime, delta: timedelta, now: datetime) -> int:
    """The clock jumped: what gathers keeps its distance, and what was to leave leaves."""
    rows = Bundle.objects.filter(state=BundleState.GATHERING)
    if delta > timedelta(0):
        rows = rows.filter(last_at__lt=old_now + delta / 2)
    moved = {name: F(name) + delta for name in ("opened_at", "last_at", "leaves_at")}
    overdue = rows.filter(leaves_at__gt=now, leaves_at__lte=old_now)
    left = overdue.update(**(moved | {"leaves_at": now}))
    return left + rows.filter(leaves_at__gt=old_now).update(**moved)


def take_in_strays(now: datetime) -> int:
    """Bundles that a clock ahead of ours gathered: their times count from now instead."""
    rows = Bundle.objects.filter(state=BundleState.GATHERING, last_at__gt=now + shield.AHEAD)
    taken = 0
    for pk, opened, last, leaves in rows.values_list("pk", "opened_at", "last_at", "leaves_at"):
        ahead = last - now
        unchanged = Bundle.objects.filter(pk=pk, state=BundleState.GATHERING, last_at=last)
        taken += unchanged.update(opened_at=opened - ahead, last_at=now, leaves_at=leaves - ahead)
    return taken


def _due(now: datetime) -> QuerySet[Bundle]:
    """Also those that a clock far ahead of ours planned."""
    latest = now + limits().window + shield.LONGEST + shield.AHEAD
    rows = Bundle.objects.filter(state=BundleState.GATHERING)
    rows = rows.filter(Q(leaves_at__lte=now) | Q(leaves_at__gt=latest))
    return rows.order_by("leaves_at")


@transaction.atomic
def _end(pk: int, now: datetime) -> bool:
    """Locks in the order of `admit`: the account of the person and cause, then the bundle."""
    account = PageBudget.objects.select_for_update().filter(bundle=pk).first()
    rows = Bundle.objects.select_for_update(of=("self",)).select_related("user", "service")
    bundle = rows.filter(pk=pk, state=BundleState.GATHERING).first()
    if bundle is None:
        return False
    most, urgent = limits(), bundle.urgency == "HIGH"
    recent = shield.read(account.recent) if account else []
    due = max(
        min(bundle.last_at + shield.QUIET, bundle.opened_at + shield.LONGEST),
        shield.free_at(recent, now, most, urgent=urgent),
    )
    if most.pages and now < due <= now + most.window + shield.LONGEST:
        Bundle.objects.filter(pk=pk).update(leaves_at=due)
        return False
    members = wanted(bundle)
    if members:
        notifications.enqueue([_request(bundle, members, now)], now=now)
    _close(bundle, len(members), now)
    if account is not None:
        instants = [now, *recent] if members else recent
        account.recent = shield.written(instants[: shield.REMEMBERED])
        account.bundle = None
        account.save(update_fields=["recent", "bundle"])
    return True


def _end_singly(pk: int, now: datetime) -> int:
    """Rather loud than lost: what cannot travel together leaves singly; the rest is tried again."""
    try:
        if _fall_apart(pk, now):
            return 1
    except AWAY:
        raise
    except Exception:
        log.exception("bundle %d cannot leave; next try in %s", pk, RETRY)
    Bundle.objects.filter(pk=pk).update(leaves_at=now + RETRY)
    return 0


@transaction.atomic
def _fall_apart(pk: int, now: datetime) -> bool:
    """Whether nothing is left in it. Members that have left for themselves are taken out."""
    PageBudget.objects.select_for_update().filter(bundle=pk).first()
    rows = Bundle.objects.select_for_update(of=("self",)).select_related("user", "service")
    bundle = rows.filter(pk=pk, state=BundleState.GATHERING).first()
    if bundle is None:
        return True
    members = wanted(bundle)
    first = members[:PORTION]
    gone = [member.item.number for member in first if _leaves_alone(bundle, member, now)]
    bundle.members.filter(incident__in=gone).delete()
    if len(gone) < len(members):
        return False
    _close(bundle, 0, now)
    PageBudget.objects.filter(bundle=pk).update(bundle=None)
    return True


def _leaves_alone(bundle: Bundle, member: Wanted, now: datetime) -> bool:
    try:
        with transaction.atomic():
            notifications.enqueue([_request(bundle, [member], now)], now=now)
    except AWAY:
        raise
    except Exception:
        log.exception("incident %d of bundle %d cannot leave", member.item.number, bundle.pk)
        return False
    return True


def _close(bundle: Bundle, named: int, now: datetime) -> None:
    states = {0: BundleState.EMPTY, 1: BundleState.ALONE}
    bundle.state = states.get(named, BundleState.LEFT)
    bundle.named, bundle.left_at = named, now
    bundle.save(update_fields=["state", "named", "left_at"])


def _request(bundle: Bundle, members: Sequence[Wanted], now: datetime) -> notifications.PageRequest:
    urgency = highest(member.item.urgency for member in members)
    news = not bundle.pages
    alone = len(members) == 1
    return notifications.PageRequest(
        subject_kind=(NEWS if news else "incident") if alone else SUBJECT,
        subject_id=members[0].item.number if alone else bundle.pk,
        page_key=members[0].page_key if alone else bundle.page_key,
        user=bundle.user,
        message=message_of(bundle, members, now),
        urgency="LOW" if news else urgency,
        channels=tuple(bundle.channels),
        all_channels=bundle.all_channels,
        rank=NEWS_RANK if news else RANK[Urgency(urgency)],
        quiet=news,
        may_wait=bundle.may_wait,
        about=urgency,
    )


def message_of(bundle: Bundle, members: Sequence[Wanted], now: datetime) -> messages.Message:
    """One that is left is spoken of as if it had never been among others."""
    if len(members) != 1:
        return bundle_message(bundle, [member.item for member in members])
    incident = Incident.objects.select_related("service", "assignee").get(pk=members[0].item.number)
    if not bundle.pages:
        code = language.resolve(bundle.user.language)
        who = _who_ended(incident)
        return messages.over_message(incident, incident.status, who, now=now, code=code)
    pages = Page.objects.filter(incident=incident, user=bundle.user).order_by("-id")
    reason = next((page.reason for page in pages if page.key == members[0].page_key), "")
    return messages.page_message(incident, bundle.user, reason.removesuffix(TOGETHER), now=now)


def _who_ended(incident: Incident) -> str:
    """The person who acknowledged or resolved it; "" when nobody did by hand."""
    last = incident.events.filter(type__in=ENDINGS.get(incident.status, ())).order_by("-id").first()
    return last.actor_label if last and last.actor_type == "user" else ""
