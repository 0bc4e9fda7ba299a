"""Calendar feeds of a person: list, make one (its address is shown once), revoke."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts import queries as people
from accounts.models import User
from core import clock, config, shown_once
from core.web import actor_of, attempt, bound, signed_in
from schedules import commands, queries

ALARMS = [
    ("", "No reminder"),
    ("0", "When the shift starts"),
    ("15", "15 minutes before"),
    ("60", "1 hour before"),
    ("1440", "1 day before"),
]
MAX_CHOICES = 500


class FeedForm(forms.Form):
    """`of` names what the feed tells: a schedule, a person or a team, by public id."""

    of = forms.ChoiceField(label="Shifts of")
    name = forms.CharField(
        max_length=120, required=False, help_text="As your calendar program shows it."
    )
    alarm_minutes = forms.TypedChoiceField(
        choices=ALARMS, coerce=int, empty_value=None, required=False, label="Reminder"
    )
    busy = forms.BooleanField(required=False, label="Show shifts as busy time")

    def __init__(self, *args: Any, viewer: User, **options: Any) -> None:
        super().__init__(*args, **options)
        now = clock.now()
        schedules = list(queries.visible_to(viewer, now)[:MAX_CHOICES])
        teams = list(people.visible_teams(viewer)[:MAX_CHOICES])
        colleagues = list(people.visible_users(viewer).exclude(pk=viewer.pk)[:MAX_CHOICES])
        everybody = [viewer, *colleagues]
        kinds: dict[str, list[Any]] = {"schedule": schedules, "team": teams, "user": everybody}
        self.subjects = {row.public_id: (kind, row) for kind in kinds for row in kinds[kind]}
        self.fields["of"].choices = [  # type: ignore[attr-defined]
            (viewer.public_id, "My own shifts"),
            ("Schedules", [(row.public_id, str(row)) for row in schedules]),
            ("Teams", [(row.public_id, str(row)) for row in teams]),
            ("Other people", [(row.public_id, str(row)) for row in colleagues]),
        ]

    def values(self) -> dict[str, Any]:
        """What the command takes."""
        given = dict(self.cleaned_data)
        kind, row = self.subjects[given.pop("of")]
        return given | {kind: row}


@signed_in
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """GET `of` chooses what a new feed shall tell: links "Subscribe" lead here."""
    if answer := shown_once.again(request, "schedules:feeds"):
        return answer
    viewer: Any = request.user
    chosen = request.GET.get("of", "")[:40] or viewer.public_id
    form = FeedForm(bound(request), viewer=viewer, initial={"of": chosen})
    if form.is_bound and form.is_valid():
        acting = {"by": actor_of(request), "now": clock.now()}
        made = attempt(form, commands.create_feed, viewer, **acting, **form.values())
        if made:
            feed, token = made
            url = config.absolute(reverse("schedules:calendar", args=[token]))
            context = {"feed": feed, "url": url, "webcal": f"webcal:{url.split(':', 1)[1]}"}
            return shown_once.show(request, "schedules/feed_created.html", context)
    now = clock.now()
    feeds = [(feed, queries.is_asleep(feed, now)) for feed in queries.feeds_of(viewer)]
    context = {"form": form, "feeds": feeds}
    status = 422 if form.is_bound else 200
    return render(request, "schedules/feeds.html", context, status=status)


@signed_in
@require_POST
def revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer: Any = request.user
    feed = get_object_or_404(queries.feeds_of(viewer), public_id=public_id)
    commands.revoke_feed(feed, by=actor_of(request), now=clock.now())
    messages.success(request, f"{feed.name} is revoked; calendars keep what they have read")
    return redirect("schedules:feeds")
