"""What was sent and what was not: the delivery log and the outbox."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Role, User
from core import config
from core.csv_file import csv_response
from core.web import role_required, signed_in
from notifications import queries
from notifications.domain.words import FATES
from notifications.models import OFFERED, Channel
from notifications.web import history_file

PER_PAGE = 50
FILTERS = ("channel", "state", "outcome", "person", "incident", "since", "until", "q")
CSV = "csv"
MOST_ROWS = 20_000
MAY_EXPORT = {Role.ADMIN, Role.RESPONDER}


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD"])
def deliveries(request: HttpRequest) -> HttpResponse:
    """One's own deliveries with their tries, everybody's with addresses and answers for admins.

    With `format=csv` the filtered log as a file.
    """
    user: Any = request.user
    wanted = {name: request.GET.get(name, "") for name in FILTERS}
    rows = queries.history(wanted, with_addresses=user.is_admin)
    if not user.is_admin:
        rows = rows.filter(user=user)
    if request.GET.get("format") == CSV and user.role in MAY_EXPORT:
        found = rows.prefetch_related(None)[:MOST_ROWS]
        return csv_response("deliveries", history_file.HEAD, history_file.csv_rows(found))
    chosen = {name: value for name, value in wanted.items() if value}
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "wanted": wanted,
        "fates": [(str(fate), label) for fate, label in FATES.items()],
        "file": f"?{urlencode({**chosen, 'format': CSV})}" if user.role in MAY_EXPORT else "",
        "channels": [(c.value, c.label) for c in OFFERED if c != Channel.IN_APP],
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
