"""Somebody presses a key during a call that we made."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from core import language
from core.domain.phrase import mark
from integrations.replies.acting import Verb, act, subject_of
from notifications.commands import drills, receipts
from notifications.domain.message import REQUEST, Message
from notifications.domain.speech import (
    ACKNOWLEDGE,
    RESOLVE,
    VOICES,
    WRONG_KEY,
    Speech,
    speech_of,
    words,
)
from notifications.domain.words import Receipt
from notifications.models import Channel, Delivery

VERBS = {ACKNOWLEDGE: Verb.ACKNOWLEDGE, RESOLVE: Verb.RESOLVE}
ANSWERS = {ACKNOWLEDGE: Verb.ACCEPT, RESOLVE: Verb.DECLINE}  # in a call that asks for help
# A call lasts minutes: an older one that presses keys is a recording.
LONGEST_AGO = timedelta(hours=1)
STRANGER = mark("This number is not confirmed in OpsKnight. Nothing was changed. Goodbye.")
HEARD = mark("Thank you. Pages reach you by this telephone. Goodbye.")
OVER = mark("This call is over. Nothing was changed. Goodbye.")
SORRY = mark("OpsKnight could not take that just now. Please open the incident. Goodbye.")
ANSWER_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said next; `again`: the page to be said once more, with its keys.

    `language` is a tag as in Speech.
    """

    text: str
    again: Speech | None = None
    language: str = ""


def pressed(delivery_id: int, key: str, *, now: datetime, request: HttpRequest) -> Answer:
    """Does what the key means, as the person whose verified number was called."""
    rows = Delivery.objects.select_related("user", "contact_method")
    delivery = rows.filter(pk=delivery_id, channel=Channel.VOICE).first()
    if delivery is None or delivery.created_at < now - LONGEST_AGO:
        return Answer(_(OVER))
    message = Message.from_json(delivery.message)
    with language.speaking(message.language):
        answer = _pressed(delivery, message, key, now, request)
    return replace(answer, language=VOICES.get(message.language, ""))


def _pressed(
    delivery: Delivery, message: Message, key: str, now: datetime, request: HttpRequest
) -> Answer:
    if drills.confirm(delivery.pk, now=now, detail="a key was pressed"):
        return Answer(_(HEARD))
    receipts.note(delivery.pk, Receipt.SEEN, now=now, detail="a key was pressed")
    person = _callee(delivery)
    if person is None:
        return Answer(_(STRANGER))
    verb = (ANSWERS if message.kind == REQUEST else VERBS).get(key)
    if verb is None:
        return Answer(_(WRONG_KEY), speech_of(message, _))
    subject = subject_of(delivery.subject_kind, delivery.subject_id)
    if subject is None:
        return Answer(_(OVER))
    said = act(person, verb, subject, via="voice", now=now, request=request)
    spoken = words(said.replace("#", _("Incident") + " "), ANSWER_LENGTH)
    return Answer(_("{said}. Goodbye.").format(said=spoken))


def sorry() -> tuple[str, str]:
    """The words and their language when the database is away: nothing may be asked of it."""
    return _(SORRY), ""


def speech_in(delivery_id: int) -> Speech:
    """What was said in a call; an empty page for one that is gone."""
    row = Delivery.objects.filter(pk=delivery_id, channel=Channel.VOICE).first()
    message = Message.from_json(row.message if row else {})
    with language.speaking(message.language):
        return speech_of(message, _)


def _callee(delivery: Delivery) -> User | None:
    method = delivery.contact_method
    if method is None or method.verified_at is None or method.address != delivery.address:
        return None
    return delivery.user
