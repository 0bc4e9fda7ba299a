"""How I am reached: my contact methods, a test of each, and my rules per urgency."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain.roles import Ability, may
from accounts.models import User
from core import clock
from core.errors import ProductError
from core.web import actor_of, blame, say_refusal, signed_in
from notifications import commands, queries
from notifications.commands import chats, readiness
from notifications.models import OPEN_STATES, ContactMethod, Delivery, LowDigest, Urgency
from notifications.web.foretold import of_rows, of_specs, wake_surely
from notifications.web.forms import CodeForm, MethodForm, RulesForm, channels_on_offer
from notifications.web.low_digest_form import LowDigestForm

HOME = "notifications:reach"


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def reach(request: HttpRequest) -> HttpResponse:
    """The page; POST adds a way."""
    user = _me(request)
    kinds, missing = channels_on_offer(clock.now())
    form = MethodForm(kinds, request.POST if request.method == "POST" else None)
    if form.is_valid() and _added(request, user, form):
        messages.success(request, "Added. Verify it: a code is sent there.")
        return redirect(HOME)
    methods = commands.ensure_default_method(user)
    score = readiness.of_user(user, clock.now())
    lights = {way.id: way for way in score.ways}
    tests = queries.last_tests(methods)
    digest = queries.low_digest_of(user)
    context = {
        "score": score,
        "silent_minutes": queries.minutes_of_silence(user),
        "form": form,
        "missing": missing,
        "telegram": bool(chats.link_of(user, clock.now())),
        "methods": [
            (method, test, lights.get(method.pk))
            for method, test in zip(methods, tests, strict=True)
        ],
        "monthly": queries.drill_plan_of(user),
        "quiet": queries.quiet_hours_of(user),
        "urgencies": [
            (urgency, rules, of_rows(methods, rules, urgency, digest))
            for urgency, rules in queries.rules_of(user).items()
        ],
        "open_states": OPEN_STATES,
        "may_set_up": may(user.role, Ability.MANAGE_SETTINGS),
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/reach.html", context, status=status)


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD"])
def warning(request: HttpRequest) -> HttpResponse:
    """A fragment for the profile: empty unless high urgency is held back."""
    context = {"silent_minutes": queries.minutes_of_silence(_me(request))}
    return render(request, "notifications/_late_warning.html", context)


@signed_in
@require_POST
def switch(request: HttpRequest, public_id: str) -> HttpResponse:
    method = _mine(request, public_id)
    on = not method.enabled
    word = "on" if on else "off"
    _act(request, f"Switched {word}", commands.set_enabled, method, on)
    _warn(request)
    return redirect(HOME)


@signed_in
@require_POST
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    _act(request, "Removed", commands.remove_method, _mine(request, public_id))
    _warn(request)
    return redirect(HOME)


@signed_in
@require_POST
def send_test(request: HttpRequest, public_id: str) -> HttpResponse:
    """A real message by this one way; its fate is shown beside it."""
    delivery = _act(request, "", commands.send_test, _mine(request, public_id))
    if not request.headers.get("HX-Request"):
        return redirect(HOME)
    return _fate(request, delivery)


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD"])
def test_fate(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """What became of a test: asked again until it is known."""
    rows = Delivery.objects.filter(user=_me(request), subject_kind=queries.TEST_SUBJECT)
    return _fate(request, get_object_or_404(rows, pk=delivery_id))


@signed_in
@require_POST
def move(request: HttpRequest, public_id: str) -> HttpResponse:
    """One place up or down in the order."""
    up = request.POST.get("to") == "up"
    _act(request, "", partial(commands.move_method, up=up), _mine(request, public_id))
    return redirect(HOME)


@signed_in
@require_POST
def send_code(request: HttpRequest, public_id: str) -> HttpResponse:
    """Sends a code there, and asks for it."""
    method = _mine(request, public_id)
    sent = _act(request, "The code is on its way", commands.send_code, method)
    return redirect("notifications:verify", public_id) if sent else redirect(HOME)


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, public_id: str) -> HttpResponse:
    """Takes the code that arrived."""
    method = _mine(request, public_id)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            how = {"by": actor_of(request), "now": clock.now()}
            commands.confirm(method, form.cleaned_data["code"], **how)
        except ProductError as error:
            blame(form, error)
        else:
            messages.success(request, "Verified: pages reach you there")
            return redirect(HOME)
    context = {"form": form, "method": method, "sent": queries.last_code(method)}
    status = 422 if form.errors else 200
    return render(request, "notifications/verify.html", context, status=status)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest, urgency: str) -> HttpResponse:
    """My rules for one urgency; all fields empty = the defaults. `preset` fills them."""
    if urgency not in Urgency.values:
        raise Http404
    user = _me(request)
    methods = commands.ensure_default_method(user)
    present, digest = queries.rules_of(user)[Urgency(urgency)], queries.low_digest_of(user)
    data = request.POST if request.method == "POST" else None
    form, low = RulesForm(methods, present, data), _digest_form(urgency, digest, data)
    if _saved(request, user, urgency, form, low, methods):
        return redirect(HOME)
    told = of_rows(methods, present, urgency, digest)
    context = {"form": form, "low": low, "urgency": Urgency(urgency), "told": told}
    status = 422 if form.is_bound and not _valid(form, low) else 200
    return render(request, "notifications/rules.html", context, status=status)


@signed_in
@require_POST
def foretell(request: HttpRequest, urgency: str) -> HttpResponse:
    """A fragment: what the rules would do as they stand in the form."""
    if urgency not in Urgency.values:
        raise Http404
    methods = commands.ensure_default_method(_me(request))
    form, low = RulesForm(methods, [], request.POST), _digest_form(urgency, None, request.POST)
    told = None
    if _valid(form, low):
        told = of_specs(
            methods, form.chosen(), urgency, low.chosen() if low and low.is_bound else None
        )
    return render(request, "notifications/_foretold.html", {"told": told})


def _digest_form(urgency: str, present: LowDigest | None, data: Any) -> LowDigestForm | None:
    """Without its fields, as a preset is posted, the digest stays as it is."""
    data = data if data and "digest-rhythm" in data else None
    return LowDigestForm(present, data) if urgency == Urgency.LOW else None


def _valid(form: RulesForm, low: LowDigestForm | None) -> bool:
    return form.is_valid() and (low is None or not low.is_bound or low.is_valid())


def _saved(
    request: HttpRequest,
    user: User,
    urgency: str,
    form: RulesForm,
    low: LowDigestForm | None,
    methods: list[ContactMethod],
) -> bool:
    preset = request.POST.get("preset", "")
    if request.method != "POST" or not (preset or _valid(form, low)):
        return False
    specs = {"wake": wake_surely(methods), "default": []}.get(preset)
    specs = form.chosen() if specs is None and form.is_valid() else specs or []
    try:
        how = {"by": actor_of(request), "now": clock.now()}
        with transaction.atomic():
            commands.set_rules(user, urgency, specs, **how)
            if low and low.is_bound:
                commands.set_low_digest(user, **low.cleaned_data, **how)
    except ProductError as error:
        blame(form, error)
        return False
    label = Urgency(urgency).label.lower()
    messages.success(request, f"Saved how you hear of {label} urgency")
    _warn(request)
    return True


def _added(request: HttpRequest, user: User, form: MethodForm) -> bool:
    try:
        commands.add_method(user, by=actor_of(request), now=clock.now(), **form.cleaned_data)
    except ProductError as error:
        blame(form, error)
        return False
    return True


def _act(request: HttpRequest, done: str, command: Any, *arguments: Any) -> Any:
    """The command's result, or None after a toast with the refusal."""
    try:
        result = command(*arguments, by=actor_of(request), now=clock.now())
    except ProductError as error:
        say_refusal(request, error)
        return None
    if done:
        messages.success(request, done)
    return result


def _warn(request: HttpRequest) -> None:
    """After a change: nobody shall find out in the night that the first message comes late."""
    minutes = queries.minutes_of_silence(_me(request))
    if minutes:
        messages.warning(request, f"High urgency: the first message comes after {minutes} min.")


def _fate(request: HttpRequest, delivery: Delivery | None) -> HttpResponse:
    context = {"test": delivery, "open_states": OPEN_STATES, "with_toasts": True}
    return render(request, "notifications/_test.html", context)


def _me(request: HttpRequest) -> User:
    user: Any = request.user
    return user


def _mine(request: HttpRequest, public_id: str) -> ContactMethod:
    return get_object_or_404(ContactMethod, user=_me(request), public_id=public_id)
