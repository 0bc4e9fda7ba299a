"""The doors for Vonage: receipts, texts, keys.

Addresses that we hand out hold a signed token for their delivery. What speaks for a person, or
about a call, must be signed by Vonage besides: `sig` in texts, a JSON Web Token in calls.
"""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.models import User
from core import clock
from core.database import AWAY
from integrations.domain.signatures import is_vonage_call, is_vonage_sms
from integrations.ingest.answers import machine_route
from integrations.replies import calling, doors, noting, texting
from integrations.replies.acting import person_at
from notifications import commands as notifications
from notifications.commands import DirectRequest, callbacks
from notifications.commands.callbacks import Account
from notifications.domain import ncco, vonage_codes
from notifications.domain.message import Message
from notifications.domain.words import Receipt
from notifications.models import Channel

log = logging.getLogger("opsknight.replies")

NOT_DELIVERED = {"failed", "rejected", "expired", "undeliverable"}
CALL_FAILED = {
    "busy": "the line was busy",
    "unanswered": "nobody answered",
    "timeout": "nobody answered",
    "rejected": "the call was rejected",
    "failed": "the call could not be put through",
    "cancelled": "the call was cancelled",
}


@csrf_exempt
@machine_route
def status(request: HttpRequest, token: str) -> HttpResponse:
    """What became of a text. Few accounts sign receipts: the token in the address proves them."""
    fields = _fields(doors.read(request))
    delivery = _delivery(request, token)
    if "sig" in fields and not _account(lambda secret, now: is_vonage_sms(fields, secret, now)):
        raise doors.forged(request, "Vonage")
    state, code = fields.get("status", ""), fields.get("err-code", "")
    if state == "delivered":
        _take(delivery, Receipt.DELIVERED, fields.get("messageId", ""), "delivered")
    elif state in NOT_DELIVERED:
        hint = vonage_codes.UNREACHED.get(code, state)
        fault = code not in vonage_codes.UNREACHED
        detail = f"Vonage {code[:9]}: {hint}"
        _take(delivery, Receipt.UNDELIVERED, fields.get("messageId", ""), detail, fault)
    return HttpResponse(status=204)


@csrf_exempt
@machine_route
def call(request: HttpRequest, token: str) -> HttpResponse:
    """What became of a call. An answered one was seen, unless a machine may have taken it."""
    event, account = _signed(request)
    delivery = _delivery(request, token)
    state, reference = str(event.get("status", "")), str(event.get("uuid", ""))
    if state in CALL_FAILED:
        fault = state == "failed"
        _take(delivery, Receipt.UNDELIVERED, reference, CALL_FAILED[state], fault)
    elif state == "machine":
        _take(delivery, Receipt.DELIVERED, reference, "answered by a machine")
    elif state in ("answered", "human"):
        waits = state == "answered" and account.fields.get("machine_detection") == "on"
        _take(delivery, Receipt.DELIVERED if waits else Receipt.SEEN, reference, "answered")
    return HttpResponse(status=204)


@csrf_exempt
@machine_route
def keys(request: HttpRequest, token: str) -> HttpResponse:
    """A key during a call, or none in time; the answer is spoken."""
    event, _ = _signed(request)
    delivery = _delivery(request, token)
    dtmf = event.get("dtmf")
    digits = str(dtmf.get("digits") or "") if isinstance(dtmf, dict) else ""
    if not digits:
        return JsonResponse(_silence(delivery), safe=False)
    try:
        answer = calling.pressed(delivery, digits, now=clock.now(), request=request)
    except AWAY:
        log.exception("a key pressed for delivery %d was not taken", delivery)
        return JsonResponse(ncco.say(*calling.sorry()), safe=False)
    if answer.again:
        action = doors.addresses(request)[0]
        return JsonResponse(ncco.call(answer.again, action, answer.text), safe=False)
    return JsonResponse(ncco.say(answer.text, answer.language), safe=False)


@csrf_exempt
@machine_route
def message(request: HttpRequest) -> HttpResponse:
    """Somebody writes to our number; the answer leaves as a text of its own."""
    fields = _fields(doors.read(request))
    if not _account(lambda secret, now: is_vonage_sms(fields, secret, now)):
        raise doors.forged(request, "Vonage")
    address, sid = f"+{fields.get('msisdn', '')}", fields.get("messageId", "")
    if not doors.may_speak(address) or not doors.is_first(f"vonage:{sid}"):
        return HttpResponse(status=204)
    text, now = fields.get("text", ""), clock.now()
    if texting.answer_to_drill(text, channel=Channel.SMS, address=address, now=now):
        return HttpResponse(status=204)
    person = person_at([Channel.SMS, Channel.VOICE], address)
    if person is not None:
        _answer(request, person, fields.get("text", ""), address, sid)
    return HttpResponse(status=204)


def _answer(request: HttpRequest, person: User, text: str, address: str, sid: str) -> None:
    now = clock.now()
    said = texting.answer_to(
        person, text, channel=Channel.SMS, address=address, now=now, request=request
    )
    if said:
        _write_back(person, said, address, sid, now)


def _write_back(person: User, said: str, address: str, sid: str, now: datetime) -> None:
    answer = DirectRequest(
        subject_kind="reply",
        subject_id=person.pk,
        page_key=sid[:80],
        target_key="sms",
        channel=Channel.SMS,
        address=address,
        message=Message("reply", "", "OpsKnight", body=said, language=person.language),
    )
    notifications.enqueue_direct([answer], now=now)


def _take(
    delivery: int, status: Receipt, reference: str, detail: str, provider_fault: bool = False
) -> None:
    noting.take(
        delivery,
        status,
        reference=reference,
        now=clock.now(),
        detail=detail,
        provider_fault=provider_fault,
    )


def _delivery(request: HttpRequest, token: str) -> int:
    found = callbacks.delivery_of(token)
    if found is None:
        raise doors.forged(request, "Vonage")
    return found


def _signed(request: HttpRequest) -> tuple[dict[str, Any], Account]:
    raw, bearer = doors.read(request), request.headers.get("Authorization", "")
    account = _account(lambda secret, now: is_vonage_call(bearer, raw, secret, now))
    if account is None:
        raise doors.forged(request, "Vonage")
    return doors.object_of(raw), account


def _silence(delivery: int) -> list[dict[str, Any]]:
    """That no key came, in the language of the call."""
    speech = calling.speech_in(delivery)
    return ncco.say(speech.silence, speech.language)


def _account(signed: Callable[[str, float], bool]) -> Account | None:
    """The account whose secret made the signature."""
    now = clock.now().timestamp()
    for account in callbacks.accounts_of("vonage"):
        if signed(account.fields.get("signature_secret", ""), now):
            return account
    return None


def _fields(raw: bytes) -> dict[str, str]:
    """Vonage posts JSON or a form, as its dashboard is set."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return dict(doors.form_of(raw))
    found = value if isinstance(value, dict) else {}
    return {str(name): str(text) for name, text in found.items()}
