"""Calendar feeds as other programs fetch them: the secret address is the only credential."""

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from core import clock, config, rate
from schedules import commands, queries
from schedules.domain import ics
from schedules.domain.feed import Told
from schedules.models import CalendarFeed
from schedules.queries import FeedContent, FeedShift

CONTENT_TYPE = "text/calendar; charset=utf-8"


@require_safe
def serve(request: HttpRequest, token: str) -> HttpResponse:
    """The feed; 304 while nothing changed, before any shift is computed. 404 once it is dead."""
    now = clock.now()
    feed = queries.feed_for(token, now)
    if feed is None:
        raise Http404
    verdict = rate.hit(f"feed:{feed.pk}", settings.FEED_PER_MINUTE, now=now.timestamp())
    if not verdict.allowed:
        text = "Too many requests. Once an hour is enough for a calendar.\n"
        return HttpResponse(
            text, status=429, content_type="text/plain; charset=utf-8", headers=verdict.headers()
        )
    content = queries.feed_content(feed, now)
    if content is None:
        raise Http404
    commands.note_feed_use(feed, now)
    etag = quote_etag(queries.fingerprint(feed, content, config.absolute("")))
    if "If-None-Match" in request.headers:
        known = get_conditional_response(request, etag=etag)
        if known is not None:
            return _labelled(known, etag)
    return _labelled(_whole(request, feed, content, etag, now), etag)


def _whole(
    request: HttpRequest, feed: CalendarFeed, content: FeedContent, etag: str, now: datetime
) -> HttpResponse:
    shifts = queries.feed_shifts(feed, content)
    wanted = [one for _, _, one in shifts]
    told = commands.tell_feed(feed, wanted, since=content.start, now=now)
    modified = max([feed.created_at, *(one.modified for one in told)])
    calendar = ics.Calendar(feed.name, _events(shifts, told), feed.busy, feed.alarm_minutes)
    response = HttpResponse(ics.render(calendar), content_type=CONTENT_TYPE)
    response.headers["Last-Modified"] = http_date(modified.timestamp())
    response.headers["Content-Disposition"] = 'inline; filename="on-call.ics"'
    changed = int(modified.timestamp())
    return get_conditional_response(request, etag, changed, response) or response


def _events(shifts: list[FeedShift], told: list[Told]) -> list[ics.Event]:
    """What was told, with what only the answer knows: links, and shifts without an end."""
    pages, endless = {}, set()
    for schedule, shift, wanted in shifts:
        pages[wanted.owner] = reverse("schedules:detail", args=[schedule.public_id])
        if shift.cut_end:
            endless.add((wanted.owner, shift.start))
    return [
        ics.Event(
            uid=one.uid,
            start=one.start,
            end=one.end,
            summary=one.summary,
            sequence=one.sequence,
            modified=one.modified,
            cancelled=one.removed is not None,
            goes_on=one.removed is None and (one.owner, one.start) in endless,
            url=config.absolute(pages[one.owner]) if one.owner in pages else "",
        )
        for one in told
    ]


def _labelled(response: HttpResponse, etag: str) -> HttpResponse:
    """Kept by the program that asked, asked again each time; nobody else's business."""
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
