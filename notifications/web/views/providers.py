"""Provider accounts: what there is and how it fares, add, change, switch, order, remove."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Role
from core import clock, config
from core.errors import ProductError
from core.web import act, bound, role_required, submit
from notifications import accounts
from notifications.commands import connect_provider
from notifications.commands import providers as commands
from notifications.models import Channel, Provider
from notifications.providers import fields as settings_of
from notifications.providers import overview
from notifications.providers.base import Kind, kinds
from notifications.web.guides import guide_of
from notifications.web.provider_forms import ProviderForm
from notifications.web.views.provider_tests import tests_of

HOME = "notifications:providers"


@never_cache
@role_required(Role.ADMIN)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    cards = overview.cards(now)
    context = {
        "groups": overview.groups(cards),
        "failing": accounts.failing_channels(now),
        "unknown": [card for card in cards if card.kind is None],
        "mail_server": bool(config.get("email_url")),
        "mail_channel": Channel.EMAIL,
    }
    return render(request, "notifications/providers/list.html", context)


@never_cache
@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, kind: str) -> HttpResponse:
    declared = _kind(kind)
    values = settings_of.resolve(declared, {}, commands.environ_of_new(kind))
    limit = declared.per_minute
    form = ProviderForm(declared, values, data=bound(request), per_minute=limit)
    if form.is_bound and form.is_valid():
        wanted = form.changes()
        texts = {name: text for name, text in wanted["fields"].items() if text}
        named = {"label": wanted["label"], "per_minute": wanted["per_minute"], "fields": texts}
        made = submit(request, form, commands.create, kind, **named)
        if made:
            messages.success(request, "Added. Now send a real test.")
            _connect(request, made)
            return redirect("notifications:provider", made.public_id)
    context = {
        "form": form,
        "kind": declared,
        "values": values,
        "channels": _channels(declared),
        "has_guide": guide_of(declared) is not None,
        "shows_environment": any(value.variable for value in values),
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/providers/add.html", context, status=status)


@never_cache
@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """How it fares, a test per channel, and its settings; POST changes these."""
    card = overview.card_of(_account(public_id), clock.now())
    if card.kind is None:
        return _unknown(request, card)
    named = card.account.label, bound(request), card.account.per_minute
    form = ProviderForm(card.kind, card.values, *named)
    if form.is_bound and form.is_valid():
        saved = submit(request, form, commands.change, card.account, **form.changes())
        if saved:
            messages.success(request, "Saved")
            _connect(request, saved)
            return redirect("notifications:provider", public_id)
    context = {
        "form": form,
        "card": card,
        "has_guide": guide_of(card.kind) is not None,
        "tests": tests_of(request, card),
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/providers/detail.html", context, status=status)


@role_required(Role.ADMIN)
@require_POST
def switch(request: HttpRequest, public_id: str) -> HttpResponse:
    """On or off; what nobody can be reached by any more is said at once."""
    account = _account(public_id)
    found = overview.cards(clock.now())
    card = next(card for card in found if card.account.pk == account.pk)
    lost = overview.loss_of(card, found).sentences() if account.enabled else []
    word = "off" if account.enabled else "on"
    if act(request, commands.set_enabled, account, not account.enabled, done=f"Switched {word}"):
        for sentence in lost:
            messages.warning(request, sentence)
    return _back(request, public_id)


@role_required(Role.ADMIN)
@require_POST
def move(request: HttpRequest, public_id: str) -> HttpResponse:
    """`channel` and `to` (up or down)."""
    up = request.POST.get("to") == "up"
    channel = request.POST.get("channel", "")
    act(request, commands.move, _account(public_id), channel, up=up)
    return redirect(HOME)


@never_cache
@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET asks, and names who would be cut off; POST does it."""
    account = _account(public_id)
    if request.method == "POST":
        if act(request, commands.remove, account, done="Removed, with its credentials"):
            return redirect(HOME)
        return redirect("notifications:provider", public_id)
    found = overview.cards(clock.now())
    card = next(card for card in found if card.account.pk == account.pk)
    context = {"card": card, "loss": overview.loss_of(card, found)}
    return render(request, "notifications/providers/remove.html", context)


@role_required(Role.ADMIN)
@require_safe
def guide(request: HttpRequest, kind: str) -> HttpResponse:
    declared = _kind(kind)
    text = guide_of(declared)
    if text is None:
        raise Http404
    context = {"kind": declared, "guide": text}
    return render(request, "notifications/providers/guide.html", context)


def _connect(request: HttpRequest, account: Provider) -> None:
    """What the vendor says about the credentials, for those that can be asked."""
    try:
        said = connect_provider(account)
    except ProductError as error:
        messages.warning(request, f"Stored, but it does not work yet. {error.message}")
        return
    if said:
        messages.success(request, said)


def _account(public_id: str) -> Provider:
    return get_object_or_404(Provider, public_id=public_id)


def _kind(key: str) -> Kind:
    found = kinds().get(key)
    if found is None:
        raise Http404
    return found


def _channels(kind: Kind) -> list[tuple[Channel, str]]:
    return [(one, overview.USES.get(one, "")) for one in overview.channels_of(kind)]


def _unknown(request: HttpRequest, card: overview.Card) -> HttpResponse:
    context: dict[str, Any] = {"card": card}
    return render(request, "notifications/providers/unknown.html", context)


def _back(request: HttpRequest, public_id: str) -> HttpResponse:
    if request.POST.get("next") == "page":
        return redirect("notifications:provider", public_id)
    return redirect(HOME)
