"""The incident list: tabs, chips, rows; its live part is polled with an ETag."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import condition, require_safe

from core.web import signed_in
from incidents.models import Urgency
from incidents.web import listing
from incidents.web.listing import Filter
from services import queries as services


@signed_in
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every state of the list is a URL: `status`, `urgency`, `service`, `sla=breached`, …."""
    wanted = Filter.of(request.GET)
    context = rows(request, wanted)
    context |= {
        "urgencies": [
            (urgency.value.capitalize(), wanted.toggled(urgency).url(), urgency in wanted.urgencies)
            for urgency in Urgency
        ],
        "watched_url": _but(wanted, watched=not wanted.watched),
        "mine_url": _but(wanted, mine=not wanted.mine),
        "late_url": _but(wanted, late=not wanted.late),
        "clear_url": Filter(tab=wanted.tab).url(),
        "services": services.live().select_related(None).only("public_id", "name"),
    }
    return render(request, "incidents/list.html", context)


def _etag(request: HttpRequest) -> str:
    return listing.etag(Filter.of(request.GET), _user(request), request.GET.get("page", ""))


@signed_in
@require_safe
@condition(etag_func=_etag)
def live_rows(request: HttpRequest) -> HttpResponse:
    """The part of the list that follows what happens; 304 while nothing did."""
    return render(request, "incidents/_rows.html", rows(request, Filter.of(request.GET)))


def rows(request: HttpRequest, wanted: Filter) -> dict[str, Any]:
    """The context of the live part. `seen` is the newest number when the page was opened."""
    user = _user(request)
    number = request.GET.get("page", "")
    by_tab = listing.counts(wanted, user)
    page = listing.page_of(wanted, user, by_tab, number)
    newest = max((row.pk for row in page), default=0)
    seen = request.GET.get("seen", "")
    since = int(seen) if seen.isdecimal() and len(seen) < 16 else newest
    return {
        "wanted": wanted,
        "tabs": listing.tabs(wanted, by_tab),
        "page": page,
        "here": wanted.url() + (f"&page={page.number}" if page.number > 1 else ""),
        "etag": listing.etag(wanted, user, number),
        "seen": since,
        "new_rows": sum(row.pk > since for row in page),
    }


def _but(wanted: Filter, **changes: Any) -> str:
    return listing.replace(wanted, **changes).url()


def _user(request: HttpRequest) -> Any:
    return request.user
