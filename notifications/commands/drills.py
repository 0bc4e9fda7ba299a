"""Test pages: a real page to one person on every way, which counts as no incident anywhere.

Each message asks for an answer (a tap, a reply, a key), which proves its way. Without any answer
within the hour the test page counts as not answered, and the person is told.
"""

import functools
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User, UserStatus
from audit import commands as audit
from core import config, language, rate
from core.actor import Actor
from core.errors import Conflict
from core.later import Later
from notifications import links, queries
from notifications.commands import receipts
from notifications.commands.deliveries import cancel
from notifications.commands.enqueue import PageRequest, enqueue
from notifications.commands.methods import ensure_default_method
from notifications.domain import drills
from notifications.domain.message import Action, Message
from notifications.domain.words import Receipt
from notifications.models import (
    Channel,
    ContactMethod,
    Delivery,
    Drill,
    DrillTrigger,
    Urgency,
)

SUBJECT = drills.KIND
NEWS = "drill-news"
KEY = "1"
RANK = 3  # behind every real page, before news
MOST, WINDOW = 3, 600  # test pages that are asked for, per person and seconds
OVER = "the test page is over"
BATCH = 100
_LATER = Later("the end of test page")


def start_drill(
    user: User,
    *,
    by: Actor,
    now: datetime,
    trigger: DrillTrigger = DrillTrigger.ASKED,
    slot: str = "",
) -> Drill:
    """Sends a test page on every way that is switched on; an earlier one is over.

    Raises Conflict for somebody who may not be paged, and when asked too often. A second one of
    the same `slot` raises Conflict as well.
    """
    if user.status == UserStatus.DISABLED:
        raise Conflict("Whoever is disabled is never paged")
    if trigger == DrillTrigger.ASKED:
        _ration(user, now)
    try:
        with transaction.atomic():
            return _start(user, by, now, trigger, slot)
    except IntegrityError as error:
        raise Conflict("This test page has been sent already") from error


def confirm(delivery_id: int, *, now: datetime, detail: str) -> Drill | None:
    """It arrived: the way is proven. None when this is no message of a test page."""
    row = Delivery.objects.filter(pk=delivery_id, subject_kind=SUBJECT).first()
    drill = Drill.objects.select_related("user").filter(pk=row.subject_id).first() if row else None
    if row is None or drill is None or drill.user.status == UserStatus.DISABLED:
        return None
    receipts.note(row.pk, Receipt.SEEN, now=now, detail=detail)
    Drill.objects.filter(pk=drill.pk, answered_at=None).update(answered_at=now)
    if drill.concluded_at is None and not _missing(drill):
        Drill.objects.filter(pk=drill.pk, concluded_at=None).update(concluded_at=now)
    return drill


def confirm_by(token: str, *, now: datetime, detail: str) -> Drill | None:
    """The same for the link in a message; None for a forged or old one."""
    delivery_id = links.delivery_of_arrival(token)
    return None if delivery_id is None else confirm(delivery_id, now=now, detail=detail)


def confirm_at(channel: Channel, address: str, *, now: datetime, detail: str) -> Drill | None:
    """The same for an answer that names no message: the last one that went to this address."""
    rows = Delivery.objects.filter(subject_kind=SUBJECT, channel=channel, address=address)
    recent = rows.filter(created_at__gte=now - links.ARRIVAL_LIFETIME).order_by("-id")
    last = recent.values_list("pk", flat=True).first()
    return None if last is None else confirm(last, now=now, detail=detail)


def confirm_in(
    drill_id: int, channel: Channel, addresses: Collection[str], *, now: datetime, detail: str
) -> Drill | None:
    """The same for an answer from the place that a message of this test page went to."""
    rows = Delivery.objects.filter(subject_kind=SUBJECT, subject_id=drill_id, channel=channel)
    last = rows.filter(address__in=addresses).order_by("-id").values_list("pk", flat=True).first()
    return None if last is None else confirm(last, now=now, detail=detail)


def conclude_due(now: datetime) -> int:
    """Ends those whose hour is over; whoever answered none is told once. Harmless to repeat."""
    due = Drill.objects.filter(concluded_at=None, ends_at__lte=now).order_by("ends_at")
    return _LATER.each(due, functools.partial(_conclude, now=now), now=now, limit=BATCH)


@transaction.atomic
def _conclude(pk: int, now: datetime) -> int:
    mine = Drill.objects.filter(pk=pk).select_related("user")
    if not mine.filter(concluded_at=None).update(concluded_at=now):
        return 0
    cancel(SUBJECT, [pk], OVER, now=now)
    silent = mine.filter(answered_at=None).first()
    if silent:
        enqueue([_unanswered(silent)], now=now)
    return 1


def unwanted(asked: Sequence[tuple[int, int, str, int | None]], now: datetime) -> dict[int, str]:
    """Guard of deliveries: late ones of a test page that is over stay unsent."""
    over = {subject for pk, subject, key, user in asked}
    over -= set(
        Drill.objects.filter(pk__in=over, concluded_at=None)
        .exclude(user__status=UserStatus.DISABLED)
        .values_list("pk", flat=True)
    )
    return {pk: OVER for pk, subject, key, user in asked if subject in over}


def _start(user: User, by: Actor, now: datetime, trigger: DrillTrigger, slot: str) -> Drill:
    earlier = Drill.objects.filter(user=user, concluded_at=None)
    cancel(SUBJECT, list(earlier.values_list("pk", flat=True)), OVER, now=now)
    earlier.update(concluded_at=now)
    drill = Drill.objects.create(
        user=user,
        trigger=trigger,
        asked_by=by.label,
        ways=[row.pk for row in ensure_default_method(user) if row.enabled],
        slot=slot,
        started_at=now,
        ends_at=now + drills.ANSWER_TIME,
    )
    request = PageRequest(
        subject_kind=SUBJECT,
        subject_id=drill.pk,
        page_key=KEY,
        user=user,
        message=_message(drill),
        urgency=Urgency.HIGH,
        all_channels=True,
        rank=RANK,
    )
    rows = enqueue([request], now=now)
    for row in rows:
        # Each message has a link of its own: it says which of them arrived.
        row.message = _message(drill, row).to_json()
    Delivery.objects.bulk_update(rows, ["message"])
    audit.record(
        "drill.started",
        by=by,
        now=now,
        target_type="user",
        target_id=user.public_id,
        target_label=str(user),
        changes={"trigger": trigger.value},
    )
    return drill


def _message(drill: Drill, row: Delivery | None = None) -> Message:
    spoken = language.resolve(drill.user.language)
    with language.speaking(spoken):
        way = ((_("Way"), _(str(Channel(row.channel).label))),) if row else ()
        tap = (Action(_("It arrived"), links.arrival_url(row.pk)),) if row else ()
        return Message(
            kind=drills.KIND,
            subject_id=str(drill.pk),
            title=_("Test page: nothing is broken"),
            facts=((_("Asked for by"), drill.asked_by), *way),
            body=_("A real page would come just like this. Confirm that it arrived."),
            url=config.absolute(links.drill_path(drill)),
            actions=tap,
            urgency=Urgency.HIGH,
            tag=_("test"),
            language=spoken,
        )


def _unanswered(drill: Drill) -> PageRequest:
    spoken = language.resolve(drill.user.language)
    with language.speaking(spoken):
        moment = language.moment(drill.started_at, drill.user.zone, language.WITHOUT_YEAR)
        message = Message(
            kind=NEWS,
            subject_id=str(drill.pk),
            title=_("Your test page of {moment} was not answered").format(moment=moment),
            body=_("Nobody knows whether a page would wake you. See what to do."),
            url=config.absolute(links.drill_path(drill)),
            urgency=Urgency.LOW,
            tag=_("test"),
            language=spoken,
        )
    return PageRequest(
        subject_kind=NEWS,
        subject_id=drill.pk,
        page_key=KEY,
        user=drill.user,
        message=message,
        urgency=Urgency.LOW,
        quiet=True,
        may_wait=True,
    )


def _missing(drill: Drill) -> set[int]:
    """Ways that were asked and are still switched on, and have shown nothing since."""
    asked = ContactMethod.objects.filter(pk__in=drill.ways, enabled=True)
    return set(asked.values_list("pk", flat=True)) - queries.arrived_ways(drill)


def _ration(user: User, now: datetime) -> None:
    verdict = rate.hit(f"drill:{user.pk}", MOST, now=now.timestamp(), seconds=WINDOW)
    if not verdict.allowed:
        raise Conflict(f"Too many test pages. Try again in {verdict.reset // 60 + 1} minutes.")
