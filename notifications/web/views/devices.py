"""This device: add it to one's ways to be reached, and what it reports by itself later."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from core import clock, rate, strict_json
from core.errors import ProductError
from core.web import actor_of, signed_in
from notifications import commands, links
from notifications.commands import Subscription
from notifications.domain.devices import label_of

BODY_BYTES = 8192
PER_MINUTE = 600  # of one address, behind which a whole office may get a storm of pages
REPORTS = {"shown", "clicked"}
NOT_UNDERSTOOD = "This is no subscription of a browser"


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD"])
def card(request: HttpRequest) -> HttpResponse:
    """A fragment: the button for this device. The script on the page knows which state it is in."""
    context: dict[str, Any] = {"key": "", "refusal": ""}
    try:
        context["key"] = commands.public_key(now=clock.now())
    except ProductError as error:
        context["refusal"] = error.message
    return render(request, "notifications/_this_device.html", context)


@signed_in
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Takes the subscription of this browser and sends it a first push, which proves it."""
    user: Any = request.user
    by, now = actor_of(request), clock.now()
    label = label_of(request.headers.get("User-Agent", ""))
    try:
        given = _subscription(request)
        device = commands.add_device(user, given, label=label, by=by, now=now)
        commands.send_test(device, by=by, now=now)
    except ProductError as error:
        return JsonResponse({"message": error.message}, status=422)
    return JsonResponse({"id": device.public_id, "renew": links.renewal_path(device)}, status=201)


# No session and no CSRF token in the next two: the token in the path was sealed in a push that
# only this device can read, or handed to it when it was added.
@csrf_exempt
@never_cache
@require_POST
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """The device showed a push, or somebody tapped it."""
    delivery_id = links.delivery_of_receipt(token)
    if delivery_id is None or _too_often(request):
        return _refused(delivery_id is None)
    what = _object(request).get("what")
    if isinstance(what, str) and what in REPORTS:
        commands.note_answer(delivery_id, seen=what == "clicked", now=clock.now())
    return HttpResponse(status=204)


@csrf_exempt
@never_cache
@require_POST
def renewal(request: HttpRequest, token: str) -> HttpResponse:
    """The browser gave the device a new address; a push to it proves that it works."""
    device = links.device_of_renewal(token)
    if device is None or _too_often(request):
        return _refused(device is None)
    by, now = device.user.as_actor("push", getattr(request, "ip", None)), clock.now()
    try:
        commands.renew_device(device, _subscription(request), by=by, now=now)
        commands.send_test(device, by=by, now=now)
    except ProductError as error:
        return JsonResponse({"message": error.message}, status=422)
    return HttpResponse(status=204)


def _subscription(request: HttpRequest) -> Subscription:
    """Raises ProductError when the body is no PushSubscription."""
    given = _object(request)
    keys = given.get("keys")
    keys = keys if isinstance(keys, dict) else {}
    parts = [given.get("endpoint"), keys.get("p256dh"), keys.get("auth")]
    if not all(isinstance(part, str) and part for part in parts):
        raise ProductError(NOT_UNDERSTOOD)
    return Subscription(*map(str, parts))


def _object(request: HttpRequest) -> dict[str, Any]:
    """The body as a JSON object; empty when it is none."""
    if len(request.body) > BODY_BYTES:
        return {}
    try:
        found = strict_json.loads(request.body, max_depth=4)
    except strict_json.BadJSON:
        return {}
    return found if isinstance(found, dict) else {}


def _too_often(request: HttpRequest) -> bool:
    address = getattr(request, "ip", "")
    return not rate.hit(f"push:{address}", PER_MINUTE, now=clock.now().timestamp()).allowed


def _refused(forged: bool) -> HttpResponse:
    return JsonResponse({"message": "Refused"}, status=403 if forged else 429)
