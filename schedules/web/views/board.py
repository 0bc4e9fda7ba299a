"""The board of who is on call for wall screens, with and without signing in."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Role
from core import clock, config, rate, shown_once
from core.web import actor_of, attempt, bound, role_required, signed_in
from schedules import commands, queries
from schedules.models import NameForm, Schedule
from schedules.web.board import MAX_CARDS, cards, fingerprint

ASK_EVERY = 15  # seconds
VIEWS_PER_MINUTE = 120
PART = "part"


class BoardLinkForm(forms.Form):
    name = forms.CharField(max_length=120, label="Title", initial="Who is on call")
    schedules = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: all of them, also those to come.",
    )
    name_form = forms.ChoiceField(choices=NameForm.choices, label="People appear by")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.rows = {row.public_id: row for row in queries.live()}
        names = [(public_id, row.name) for public_id, row in self.rows.items()]
        self.fields["schedules"].choices = names  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the command takes."""
        picked = [self.rows[public_id] for public_id in self.cleaned_data["schedules"]]
        return self.cleaned_data | {"schedules": picked}


@signed_in
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Everything the person may see, or the schedules named by `of`; times in the own zone."""
    viewer: Any = request.user
    rows = queries.visible_to(viewer, clock.now())
    if wanted := request.GET.getlist("of")[:MAX_CARDS]:
        rows = rows.filter(public_id__in=wanted)
    return _board(request, rows[:MAX_CARDS], title="Who is on call", zone=viewer.time_zone)


@require_safe
def public(request: HttpRequest, token: str) -> HttpResponse:
    """The same for whoever knows the address: names in the chosen form, each zone its own."""
    now = clock.now()
    link = queries.board_link_for(token)
    if link is None:
        raise Http404
    key = f"board:{link.pk}:{getattr(request, 'ip', '')}"
    verdict = rate.hit(key, VIEWS_PER_MINUTE, now=now.timestamp())
    if not verdict.allowed:
        return HttpResponse("Too many requests\n", status=429, headers=verdict.headers())
    commands.note_board_use(link, now)
    rows = queries.schedules_of_board(link)[:MAX_CARDS]
    return _board(request, rows, title=link.name, form=link.name_form)


@role_required(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def links(request: HttpRequest) -> HttpResponse:
    """Public links: list and make one; its address is shown once."""
    if answer := shown_once.again(request, "schedules:board_links"):
        return answer
    form = BoardLinkForm(bound(request))
    if form.is_bound and form.is_valid():
        acting = {"by": actor_of(request), "now": clock.now()}
        made = attempt(form, commands.create_board_link, **acting, **form.values())
        if made:
            link, token = made
            url = config.absolute(reverse("schedules:public_board", args=[token]))
            context = {"link": link, "url": url}
            return shown_once.show(request, "schedules/board_link_created.html", context)
    allowed = bool(config.get("public_boards"))
    context = {"form": form, "links": queries.board_links(), "allowed": allowed}
    status = 422 if form.is_bound else 200
    return render(request, "schedules/board_links.html", context, status=status)


@role_required(Role.ADMIN)
@require_POST
def revoke_link(request: HttpRequest, public_id: str) -> HttpResponse:
    link = get_object_or_404(queries.board_links(), public_id=public_id)
    commands.revoke_board_link(link, by=actor_of(request), now=clock.now())
    messages.success(request, f"{link.name} is switched off")
    return redirect("schedules:board_links")


def _board(
    request: HttpRequest,
    rows: Iterable[Schedule],
    *,
    title: str,
    form: str = NameForm.FULL,
    zone: str = "",
) -> HttpResponse:
    """The page, or with `part` only what changes: 304 while it is what the browser has.

    `zone`: that of the viewer; without one each card speaks of its own.
    """
    now = clock.now()
    found = cards(rows, now, form)
    etag = quote_etag(fingerprint(found, zone, title))
    context = {"cards": found, "zone": zone, "title": title, "etag": etag, "now": now}
    context |= {"every": ASK_EVERY, "light": request.GET.get("theme") == "light"}
    part = PART in request.GET
    name = "schedules/_board.html" if part else "schedules/board.html"
    with timezone.override(zone or "UTC"):
        response = render(request, name, context)
    if part:
        response.headers["ETag"] = etag
        response = get_conditional_response(request, etag, response=response) or response
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
