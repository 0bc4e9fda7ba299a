"""Somebody presses a key during a call that we made."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest

from accounts.models import User
from integrations.replies.acting import Verb, act, subject_of
from notifications.commands import receipts
from notifications.domain.message import REQUEST, Message
from notifications.domain.speech import (
    ACKNOWLEDGE,
    RESOLVE,
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
STRANGER = "This number is not confirmed in OpsKnight. Nothing was changed. Goodbye."
OVER = "This call is over. Nothing was changed. Goodbye."
SORRY = "OpsKnight could not take that just now. Please open the incident. Goodbye."
ANSWER_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said next; `again`: the page to be said once more, with its keys."""

    text: str
    again: Speech | None = None


def pressed(delivery_id: int, key: str, *, now: datetime, request: HttpRequest) -> Answer:
    """Does what the key means, as the person whose verified number was called."""
    rows = Delivery.objects.select_related("user", "contact_method")
    delivery = rows.filter(pk=delivery_id, channel=Channel.VOICE).first()
    if delivery is None or delivery.created_at < now - LONGEST_AGO:
        return Answer(OVER)
    receipts.note(delivery.pk, Receipt.SEEN, now=now, detail="a key was pressed")
    person = _callee(delivery)
    if person is None:
        return Answer(STRANGER)
    message = Message.from_json(delivery.message)
    verb = (ANSWERS if message.kind == REQUEST else VERBS).get(key)
    if verb is None:
        return Answer(WRONG_KEY, speech_of(message))
    subject = subject_of(delivery.subject_kind, delivery.subject_id)
    if subject is None:
        return Answer(OVER)
    said = act(person, verb, subject, via="voice", now=now, request=request)
    return Answer(f"{words(said.replace('#', 'Incident '), ANSWER_LENGTH)}. Goodbye.")


def _callee(delivery: Delivery) -> User | None:
    method = delivery.contact_method
    if method is None or method.verified_at is None or method.address != delivery.address:
        return None
    return delivery.user
