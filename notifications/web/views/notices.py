"""The bell: what happened that concerns me."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.web import signed_in
from notifications import commands, queries

PER_PAGE = 50


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD"])
def notices(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    page = Paginator(queries.notices_of(user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "unread": queries.unread_count(user)}
    return render(request, "notifications/notices.html", context)


@signed_in
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Marks the notices named by `id` as read, all without any."""
    user: Any = request.user
    ids = [int(text) for text in request.POST.getlist("id") if text.isdecimal()]
    commands.mark_read(user, ids or None, now=clock.now())
    return redirect("notifications:notices")
