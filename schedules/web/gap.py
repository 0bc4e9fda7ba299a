"""The step between a click and a gap: names when nobody would be on call, and asks once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from schedules.commands import OpensGap
from schedules.domain.windows import Interval
from schedules.models import Schedule

SHOWN = 5
TICK = "confirm_gap"
OWN = {TICK, "asked", "csrfmiddlewaretoken"}


def confirmed(request: HttpRequest) -> bool:
    return TICK in request.POST


def said(gaps: Sequence[Interval]) -> dict[str, Any]:
    """What `_new_gaps.html` shows; what is not listed is counted."""
    return {
        "new_gaps": gaps[:SHOWN],
        "more_gaps": len(gaps[SHOWN:]),
        "uncovered": sum((end - start for start, end in gaps), timedelta()),
    }


def ask(
    request: HttpRequest, schedule: Schedule, refusal: OpensGap, *, title: str, verb: str, back: str
) -> HttpResponse:
    """The page that sends the same again with a tick; `verb` is on its button."""
    context = {
        "schedule": schedule,
        "title": title,
        "verb": verb,
        "back": back,
        "foretold": said(refusal.gaps),
        "wrong": "asked" in request.POST,
        "sent": [(name, value) for name, value in request.POST.items() if name not in OWN],
    }
    return render(request, "schedules/gap.html", context, status=422)
