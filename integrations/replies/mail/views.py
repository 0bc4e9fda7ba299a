"""The doors of mail services: /api/inbound/mail/<account>/events and …/answers, and a plain one.

Whether a call is genuine is asked of the service's module first; only then its body is read.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from core import clock, config, rate, strict_json
from integrations.ingest import body
from integrations.ingest.answers import Refusal, machine_route
from integrations.replies.mail import mailgun, parts, postmark, resend, sendgrid, ses, settling
from notifications.commands import vendors

SERVICES: dict[str, ModuleType] = {
    "sendgrid": sendgrid,
    "resend": resend,
    "postmark": postmark,
    "mailgun": mailgun,
    "ses": ses,
}
MAX_BYTES = 1024 * 1024
PER_MINUTE = 6000  # calls of one account
MAILS_PER_MINUTE = 120  # answers brought by one account


@csrf_exempt
@machine_route
def events(request: HttpRequest, account: str) -> HttpResponse:
    """POST: receipts in the service's own shape; for Amazon SES incoming mail as well."""
    found = _account(account)
    raw, now = _read(request), clock.now()
    service = SERVICES[found.kind]
    if not service.is_genuine(request.headers, raw, found.fields, now.timestamp()):
        raise Refusal(403, "Forbidden")
    _count(f"mail:{account}", PER_MINUTE, now.timestamp())
    told = _json(raw)
    if service is ses:
        if not ses.confirm(parts.object_of(told)):
            raise Refusal(502, "The topic could not be confirmed")
        brought = ses.answer(told)
        if brought is not None:
            settling.answer(brought, now=now, request=request)
    settling.receipts_of(found.key, service.events(told), now=now)
    return JsonResponse({"ok": True})


@csrf_exempt
@machine_route
def answers(request: HttpRequest, account: str) -> HttpResponse:
    """POST: one incoming mail in the service's own shape."""
    found = _account(account)
    service, now = SERVICES[found.kind], clock.now()
    if not hasattr(service, "may_answer"):
        raise Refusal(404, "Not found")
    form: Mapping[str, Any] = request.POST.dict() if service.ANSWERS_BY_FORM else {}
    if not service.may_answer(request.headers, found.fields, form, now.timestamp()):
        raise Refusal(403, "Forbidden")
    _count(f"mail-in:{account}", MAILS_PER_MINUTE, now.timestamp())
    told = form if service.ANSWERS_BY_FORM else parts.object_of(_json(_read(request)))
    settling.answer(service.answer(told), now=now, request=request)
    return JsonResponse({"ok": True})


@csrf_exempt
@machine_route
def raw(request: HttpRequest) -> HttpResponse:
    """POST /api/inbound/mail/raw: a whole mail, as a mail server of one's own hands it over."""
    if not parts.has_password(request.headers, config.get("reply_secret")):
        raise Refusal(403, "Forbidden")
    now = clock.now()
    _count("mail-in:raw", MAILS_PER_MINUTE, now.timestamp())
    to = request.headers.get("X-Recipient", "").strip()
    answer = parts.answer_of_mime(_read(request), (to,) if to else ())
    settling.answer(answer, now=now, request=request)
    return JsonResponse({"ok": True})


def _account(public_id: str) -> Any:
    found = vendors.account(public_id, SERVICES)
    if found is None:
        raise Refusal(403, "Forbidden")
    return found


def _read(request: HttpRequest) -> bytes:
    try:
        return body.read(request, MAX_BYTES)
    except body.TooLarge:
        raise Refusal(413, "Request body is too large") from None


def _json(raw_body: bytes) -> Any:
    try:
        return strict_json.loads(raw_body)
    except strict_json.BadJSON as error:
        raise Refusal(400, "Invalid JSON") from error


def _count(key: str, limit: int, now: float) -> None:
    verdict = rate.hit(key, limit, now=now)
    if not verdict.allowed:
        refusal = Refusal(429, "Too many requests")
        refusal.headers = verdict.headers()
        raise refusal
