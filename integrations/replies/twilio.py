"""The doors for Twilio: receipts, texts, keys. Each is believed by X-Twilio-Signature only."""

import logging
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from core import clock
from core.database import AWAY
from integrations.domain.signatures import is_twilio
from integrations.ingest.answers import machine_route
from integrations.replies import calling, doors, noting, texting
from integrations.replies.acting import person_at
from notifications.commands import callbacks
from notifications.commands.callbacks import Account
from notifications.domain import twilio_codes, twiml
from notifications.domain.words import Receipt
from notifications.models import Channel

log = logging.getLogger("opsknight.replies")

MESSAGE_STATUS = {
    "delivered": Receipt.DELIVERED,
    "read": Receipt.SEEN,
    "undelivered": Receipt.UNDELIVERED,
    "failed": Receipt.UNDELIVERED,
}
CALL_FAILED = {
    "busy": "the line was busy",
    "no-answer": "nobody answered",
    "failed": "the call could not be put through",
    "canceled": "the call was cancelled",
}
WHATSAPP = "whatsapp:"
Form = dict[str, str]
Door = Callable[..., HttpResponse]


def door(view: Callable[..., HttpResponse]) -> Door:
    """POST with a genuine signature; the view gets the form and the account that signed it."""

    @csrf_exempt
    @machine_route
    @wraps(view)
    def wrapped(request: HttpRequest, **where: int) -> HttpResponse:
        form, account = _proven(request)
        return view(request, form, account, **where)

    return wrapped


def _proven(request: HttpRequest) -> tuple[Form, Account]:
    fields = doors.form_of(doors.read(request))
    form, urls = dict(fields), doors.addresses(request)
    signature = request.headers.get("X-Twilio-Signature", "")
    for account in callbacks.accounts_of("twilio"):
        sid, token = account.fields.get("account_sid"), account.fields.get("auth_token", "")
        if sid == form.get("AccountSid") and is_twilio(signature, urls, fields, token):
            return form, account
    raise doors.forged(request, "Twilio")


@door
def status(request: HttpRequest, form: Form, account: Account, delivery: int) -> HttpResponse:
    """What became of a text or WhatsApp message."""
    receipt = MESSAGE_STATUS.get(form.get("MessageStatus", ""))
    if receipt:
        code = form.get("ErrorCode", "")
        known = twilio_codes.verdict(int(code) if code.isdecimal() and len(code) < 9 else 0)
        noting.take(
            delivery,
            receipt,
            reference=form.get("MessageSid", ""),
            now=clock.now(),
            detail=f"Twilio {code[:9]}: {known.hint}" if code else form["MessageStatus"],
            provider_fault=receipt == Receipt.UNDELIVERED and known.provider_fault,
        )
    return HttpResponse(status=204)


@door
def call(request: HttpRequest, form: Form, account: Account, delivery: int) -> HttpResponse:
    """What became of a call. An answered one was seen, unless a machine took it."""
    state, now, reference = form.get("CallStatus", ""), clock.now(), form.get("CallSid", "")
    if state in CALL_FAILED:
        noting.take(
            delivery,
            Receipt.UNDELIVERED,
            reference=reference,
            now=now,
            detail=CALL_FAILED[state],
            provider_fault=state == "failed",
        )
    elif state in ("in-progress", "completed"):
        receipt, detail = _who_answered(form.get("AnsweredBy", ""), account)
        noting.take(delivery, receipt, reference=reference, now=now, detail=detail)
    return HttpResponse(status=204)


def _who_answered(answered_by: str, account: Account) -> tuple[Receipt, str]:
    if answered_by.startswith(("machine", "fax")):
        return Receipt.DELIVERED, "answered by a machine"
    waits = account.fields.get("machine_detection") == "on" and not answered_by
    return (Receipt.DELIVERED if waits else Receipt.SEEN), "answered"


@door
def keys(request: HttpRequest, form: Form, account: Account, delivery: int) -> HttpResponse:
    """A key during a call; the answer is spoken."""
    try:
        now = clock.now()
        answer = calling.pressed(delivery, form.get("Digits", ""), now=now, request=request)
    except AWAY:
        log.exception("a key pressed for delivery %d was not taken", delivery)
        return _xml(twiml.say(*calling.sorry()))
    if answer.again:
        return _xml(twiml.call(answer.again, doors.addresses(request)[0], answer.text))
    return _xml(twiml.say(answer.text, answer.language))


@door
def message(request: HttpRequest, form: Form, account: Account) -> HttpResponse:
    """Somebody writes to our number. Strangers, floods and repetitions get no answer at all."""
    sender = form.get("From", "")
    channel = Channel.WHATSAPP if sender.startswith(WHATSAPP) else Channel.SMS
    address = sender.removeprefix(WHATSAPP)
    # Twilio has answered STOP, START and HELP itself when it names them.
    if form.get("OptOutType") or not doors.may_speak(address):
        return _xml(twiml.NOTHING)
    if not doors.is_first(f"twilio:{form.get('MessageSid', '')}"):
        return _xml(twiml.NOTHING)
    try:
        return _xml(twiml.answer(_answer(request, form, channel, address)))
    except AWAY:
        log.exception("an answer by %s was not taken", channel)
        return _xml(twiml.answer(texting.sorry()))


def _answer(request: HttpRequest, form: Form, channel: Channel, address: str) -> str:
    proofs = [channel] if channel == Channel.WHATSAPP else [Channel.SMS, Channel.VOICE]
    text, now = form.get("Body", ""), clock.now()
    if said := texting.answer_to_drill(text, channel=channel, address=address, now=now):
        return said
    person = person_at(proofs, address)
    if person is None:
        return ""
    return texting.answer_to(
        person, text, channel=channel, address=address, now=now, request=request
    )


def _xml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/xml; charset=utf-8")
