"""Does what mail services told: notes receipts, acts on answers and says what came of them."""

from collections.abc import Iterable
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from core import language
from core.domain.phrase import mark
from integrations.domain.mail_answer import MailAnswer, MailEvent, has_arrived, verb_of
from integrations.replies import noting
from integrations.replies.acting import act, subject_of
from notifications.commands import answers, drills, receipts
from notifications.domain.message import REQUEST
from notifications.domain.words import Receipt
from notifications.models import Delivery

VIA = "reply"
NOT_UNDERSTOOD = mark(
    "Your answer was not understood, and nothing was changed. The first line must be “ack” or "
    "“resolve”, and nothing else."
)
NOT_UNDERSTOOD_OF = {
    REQUEST: mark(
        "Your answer was not understood, and nothing was changed. The first line must be “accept” "
        "or “decline”, and nothing else."
    ),
    drills.SUBJECT: mark(
        "Your answer was not understood, and nothing was changed. The first line must be "
        "“arrived”, and nothing else."
    ),
}
CONFIRMED = mark("Thank you: pages arrive at this address.")
OVER = mark("This test page cannot be answered any more. Nothing was changed.")


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
    if page.subject_kind == drills.SUBJECT:
        return _answer_to_drill(page, mail, now)
    subject = subject_of(page.subject_kind, page.subject_id)
    about_many = page.subject_kind == "bundle"
    verb = verb_of(mail.text, page.subject_id, bundle=about_many)
    if subject is None or not verb:
        _say_what_is_understood(page, now)
        return False
    said = act(page.user, verb, subject, via=VIA, now=now, request=request)
    receipts.note(page.pk, Receipt.SEEN, now=now, detail="answered")
    _say(page, said, verb, now)
    return True


def _answer_to_drill(page: Delivery, mail: MailAnswer, now: datetime) -> bool:
    if not has_arrived(mail.text):
        _say_what_is_understood(page, now)
        return False
    drill = drills.confirm(page.pk, now=now, detail="answered")
    with language.speaking_to(page.user.language if page.user else ""):
        _say(page, _(CONFIRMED) if drill else _(OVER), "arrived", now)
    return drill is not None


def _say_what_is_understood(page: Delivery, now: datetime) -> None:
    kind = str(page.message.get("kind", ""))
    with language.speaking_to(page.user.language if page.user else ""):
        _say(page, _(NOT_UNDERSTOOD_OF.get(kind, NOT_UNDERSTOOD)), "unread", now)


def _say(page: Delivery, text: str, key: str, now: datetime) -> None:
    """One mail back per page and verb, however often the answer is brought."""
    answers.say(page, text, key=key, now=now)
