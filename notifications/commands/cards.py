"""What stands on phones and in chats already is brought up to date: messages, alarms, cards.

Each change is a delivery of its own through the account that sent the page, so it outlives a crash,
is repeated, and a vendor that hangs holds up nobody.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from core import language
from core.domain.phrase import mark
from notifications.domain.message import Message
from notifications.models import Channel, Delivery, DeliveryState

CARD = "incident-card"
WHAT = {
    "triggered": mark("Open again"),
    "acknowledged": mark("Acknowledged"),
    "resolved": mark("Resolved"),
}
CHANNELS = (Channel.TELEGRAM, Channel.PUSHOVER, Channel.SLACK, Channel.DISCORD)
LATE_RANK = 5  # after every page, before news


def update_cards(
    subject_kind: str,
    subject_id: int,
    *,
    what: str,
    who: str,
    verbs: Sequence[str],
    key: str,
    but: str = "",
    now: datetime,
) -> int:
    """Changes all pages about a subject: a line tells `what` and `who`; `verbs` are left to press.

    `what`: triggered (again) | acknowledged | resolved.

    `key` makes it once; pages whose key begins with `but` stay as they are. Returns how many
    changes were written. Joins the caller's transaction.
    """
    pages = Delivery.objects.filter(
        subject_kind=subject_kind,
        subject_id=subject_id,
        channel__in=CHANNELS,
        state=DeliveryState.SENT,
    )
    pages = pages.exclude(page_key__startswith=but) if but else pages
    rows = [
        Delivery(
            subject_kind=CARD,
            subject_id=subject_id,
            page_key=key,
            target_key=f"of.{page.pk}",
            channel=page.channel,
            address=page.address,
            provider=page.provider,
            message=_message(page, what, who, verbs).to_json(),
            rank=LATE_RANK,
            next_attempt_at=now,
            planned_at=now,
            created_at=now,
        )
        for page in pages.exclude(reference="").defer("secret")
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _message(page: Delivery, what: str, who: str, verbs: Sequence[str]) -> Message:
    first = Message.from_json(page.message)
    with language.speaking(first.language):
        how = _("by {name}").format(name=who) if who else _("automatically")
        told = (_(WHAT[what]), how)
    return Message(
        kind="card",
        subject_id=first.subject_id,
        title=first.title,
        facts=(told, *first.facts),
        body=first.body,
        url=first.url,
        urgency=first.urgency,
        tag=told[0],
        language=first.language,
        service=first.service,
        since=first.since,
        state=what,
        data={"delivery": page.pk, "reference": page.reference, "verbs": list(verbs)},
    )
