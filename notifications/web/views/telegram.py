"""Connect Telegram: a link to the bot that brings a code, and the page that waits for it."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core import clock
from core.web import signed_in
from notifications.commands import chats
from notifications.models import Channel, ContactMethod


@never_cache
@signed_in
@require_safe
def connect(request: HttpRequest) -> HttpResponse:
    """The link; a press of Start in the chat makes it a way to be reached."""
    user: Any = request.user
    now = clock.now()
    context = {"link": chats.link_of(user, now), "since": int(now.timestamp()), "method": None}
    return render(request, "notifications/telegram.html", context)


@never_cache
@signed_in
@require_safe
def state(request: HttpRequest, since: int) -> HttpResponse:
    """Whether a chat was connected after the link was made: asked again until it was."""
    user: Any = request.user
    start = datetime.fromtimestamp(min(since, int(clock.now().timestamp())), tz=UTC)
    rows = ContactMethod.objects.filter(user=user, channel=Channel.TELEGRAM)
    context = {"method": rows.filter(verified_at__gte=start).first(), "since": since}
    return render(request, "notifications/_telegram_state.html", context)
