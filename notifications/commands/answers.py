"""Answers to page mails: which page one belongs to, and the mail that says what came of it."""

from collections.abc import Iterable
from datetime import datetime
from email.utils import getaddresses

from django.db.models import Q
from django.utils.translation import gettext as _

from core import language
from notifications import links
from notifications.commands.enqueue import DirectRequest, enqueue_direct
from notifications.domain import drills
from notifications.domain.message import Message
from notifications.models import Channel, Delivery

SUBJECT = "mail-answer"
MOST_RECIPIENTS = 20
PAGES = ("incident", "bundle", drills.KIND)


def page_of(recipients: Iterable[str], sender: str) -> Delivery | None:
    """The page that one of these addresses was made for, if it went to this sender."""
    named = getaddresses(list(recipients)[:MOST_RECIPIENTS])
    for _name, recipient in named[:MOST_RECIPIENTS]:
        meant = links.delivery_of_reply(recipient)
        if meant is None:
            continue
        number, sign = meant
        rows = Delivery.objects.filter(pk=number, channel=Channel.EMAIL, subject_kind__in=PAGES)
        page = rows.select_related("user").first()
        if page is None or not links.is_reply(sign, page.pk, page.address):
            continue
        if page.address.lower() == sender.lower():
            return page
    return None


def left_through(delivery_id: int, account: str) -> bool:
    """Whether a mail was given to this account, now or in an earlier try."""
    rows = Delivery.objects.filter(pk=delivery_id, channel=Channel.EMAIL)
    return rows.filter(Q(provider=account) | Q(tries__account=account)).exists()


def left_last_through(delivery_id: int, account: str) -> bool:
    """Whether its last try, or the one under way, went through this account."""
    rows = Delivery.objects.filter(pk=delivery_id, channel=Channel.EMAIL)
    return rows.filter(provider=account).exists()


def say(page: Delivery, text: str, *, key: str, now: datetime) -> None:
    """A mail to whoever answered."""
    first = Message.from_json(page.message)
    with language.speaking(first.language):
        tag = _("Answer")
    message = Message(
        kind="answer",
        subject_id=first.subject_id,
        title=first.title,
        body=text,
        url=first.url,
        urgency=first.urgency,
        tag=tag,
        language=first.language,
    )
    request = DirectRequest(
        subject_kind=SUBJECT,
        subject_id=page.pk,
        page_key=f"answer.{key}",
        target_key=f"of.{page.pk}",
        channel=Channel.EMAIL,
        address=page.address,
        message=message,
    )
    enqueue_direct([request], now=now)
