"""What was sent and what was not: the delivery log and the outbox."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Role, User
from core import config
from core.web import role_required, signed_in
from notifications import queries
from notifications.models import OFFERED, Channel, DeliveryState

PER_PAGE = 50
FILTERS = ("channel", "state", "person", "since", "until", "q")


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD"])
def deliveries(request: HttpRequest) -> HttpResponse:
    """One's own deliveries with their tries, everybody's with addresses and answers for admins."""
    user: Any = request.user
    wanted = {name: request.GET.get(name, "") for name in FILTERS}
    rows = queries.history(wanted, with_addresses=user.is_admin)
    if not user.is_admin:
        rows = rows.filter(user=user)
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "wanted": wanted,
        "channels": [(c.value, c.label) for c in OFFERED if c != Channel.IN_APP],
        "states": DeliveryState.choices,
        "sees_addresses": user.is_admin,
        "people": User.objects.order_by("name") if user.is_admin else (),
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
