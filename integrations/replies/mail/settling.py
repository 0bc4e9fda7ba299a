"""Does what mail services told: notes receipts, acts on answers and says what came of them."""

from collections.abc import Iterable
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from core import language
from core.domain.phrase import mark
from integrations.domain.mail_answer import MailAnswer, MailEvent, verb_of
from integrations.replies import noting
from integrations.replies.acting import act, subject_of
from notifications.commands import answers, receipts
from notifications.domain.words import Receipt
from notifications.models import Delivery

VIA = "reply"
NOT_UNDERSTOOD = mark(
    "Your answer was not understood, and nothing was changed. The first line must be “ack” or "
    "“resolve”, and nothing else."
)


def receipts_of(account: str, events: Iterable[MailEvent], *, now: datetime) -> None:
    """Only for mails that left through this account; bad news only when it was the last one."""
    for event in events:
        asked = answers.left_through if event.delivered else answers.left_last_through
        if asked(event.delivery, account):
            status = Receipt.DELIVERED if event.delivered else Receipt.UNDELIVERED
            noting.take(event.delivery, status, reference="", now=now, detail=event.detail)


def answer(mail: MailAnswer, *, now: datetime, request: HttpRequest | None = None) -> bool:
    """Acts for the person whom the page went to; False for mail that is none of our business.

    The address it was sent to proves which page, the sender must be who got that page.
    """
    if mail.is_automatic:
        return False
    page = answers.page_of(mail.recipients, mail.address)
    if page is None or page.user is None:
        return False
    subject = subject_of(page.subject_kind, page.subject_id)
    about_many = page.subject_kind == "bundle"
    verb = verb_of(mail.text, page.subject_id, bundle=about_many)
    if subject is None or not verb:
        with language.speaking_to(page.user.language):
            _say(page, _(NOT_UNDERSTOOD), "unread", now)
        return False
    said = act(page.user, verb, subject, via=VIA, now=now, request=request)
    receipts.note(page.pk, Receipt.SEEN, now=now, detail="answered")
    _say(page, said, verb, now)
    return True


def _say(page: Delivery, text: str, key: str, now: datetime) -> None:
    """One mail back per page and verb, however often the answer is brought."""
    answers.say(page, text, key=key, now=now)
