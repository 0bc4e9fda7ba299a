"""What was sent and what was not: the delivery log and the outbox."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Role
from core import config
from core.web import role_required
from notifications import queries
from notifications.models import OFFERED, Channel, DeliveryState

PER_PAGE = 50


@never_cache
@role_required(Role.ADMIN, Role.RESPONDER)
@require_http_methods(["GET", "HEAD"])
def deliveries(request: HttpRequest) -> HttpResponse:
    """Every delivery with its tries. Addresses and answers of receivers are for admins."""
    user: Any = request.user
    wanted = {name: request.GET.get(name, "") for name in ("channel", "state", "q")}
    rows = queries.history(wanted, with_addresses=user.is_admin)
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "wanted": wanted,
        "channels": [(c.value, c.label) for c in OFFERED if c != Channel.IN_APP],
        "states": DeliveryState.choices,
        "sees_addresses": user.is_admin,
    }
    return render(request, "notifications/deliveries.html", context)


@never_cache
@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD"])
def outbox(request: HttpRequest) -> HttpResponse:
    """Mail that did not leave, to be read here: it may hold an invitation link."""
    context = {
        "page": Paginator(queries.outbox(), PER_PAGE).get_page(request.GET.get("page")),
        "mail_is_set_up": bool(config.get("email_url")),
    }
    return render(request, "notifications/outbox.html", context)
