"""Hand-offs of a schedule: notes for the next person, when people are told; and my own duty."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from core import clock
from core.errors import ProductError
from core.web import actor_of, attempt, bound, say_refusal, signed_in
from schedules import commands, queries
from schedules.commands.handoffs import LONGEST_LEAD, LONGEST_NOTE
from schedules.web import access
from schedules.web.duty import duty_of

LISTED = 50


class NoteForm(forms.Form):
    text = forms.CharField(
        max_length=LONGEST_NOTE,
        label="For whoever comes next",
        widget=forms.Textarea({"rows": 3}),
        help_text="What is unusual, what is half done, what to watch. Plain text.",
    )


class LeadForm(forms.Form):
    minutes = forms.IntegerField(
        min_value=0,
        max_value=LONGEST_LEAD,
        required=False,
        label="Minutes before a shift",
        help_text="0: when it starts. Empty: nobody is told.",
    )


@vary_on_headers("HX-Request")
@signed_in
@require_http_methods(["GET", "POST"])
def notes(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whoever sees the schedule may leave a note; a fragment for htmx, a page for the others."""
    user: Any = request.user
    schedule = access.schedule_of(request, public_id)
    form = NoteForm(bound(request))
    if form.is_bound and form.is_valid():
        acting = {"author": user, "by": actor_of(request), "now": clock.now()}
        if attempt(form, commands.add_note, schedule, text=form.cleaned_data["text"], **acting):
            messages.success(request, "The next person on call will read it")
            return redirect("schedules:notes", public_id)
    context: dict[str, Any] = {
        "schedule": schedule,
        "notes": list(queries.notes_of(schedule)[:LISTED]),
        "form": form,
        "lead_form": LeadForm(initial={"minutes": schedule.handoff_lead_minutes}),
        "may_edit": access.may_edit(request),
    }
    if request.headers.get("HX-Request"):
        context["notes"] = context["notes"][:3]
        return render(request, "schedules/_notes.html", context)
    status = 422 if form.is_bound else 200
    return render(request, "schedules/notes.html", context, status=status)


@signed_in
@require_POST
def remove_note(request: HttpRequest, public_id: str, note_id: str) -> HttpResponse:
    user: Any = request.user
    schedule = access.schedule_of(request, public_id)
    note = get_object_or_404(queries.notes_of(schedule), public_id=note_id)
    try:
        commands.remove_note(note, user=user, by=actor_of(request), now=clock.now())
    except ProductError as error:
        say_refusal(request, error)
    else:
        messages.success(request, "The note is removed")
    return redirect("schedules:notes", public_id)


@access.editors_only
@require_POST
def lead(request: HttpRequest, public_id: str) -> HttpResponse:
    """When people hear of their shifts."""
    schedule = access.schedule_of(request, public_id)
    form = LeadForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Not saved: {LONGEST_LEAD} minutes at most, or nothing")
        return redirect("schedules:notes", public_id)
    acting = {"by": actor_of(request), "now": clock.now()}
    commands.set_handoff_lead(schedule, form.cleaned_data["minutes"], **acting)
    messages.success(request, "Saved")
    return redirect("schedules:notes", public_id)


@vary_on_headers("HX-Request")
@signed_in
@require_safe
def my_duty(request: HttpRequest) -> HttpResponse:
    """On call until when, or when the next time: a fragment of home, and a page of its own."""
    user: Any = request.user
    context = {"duty": duty_of(user, clock.now())}
    fragment = request.headers.get("HX-Request")
    name = "schedules/_my_duty.html" if fragment else "schedules/my_duty.html"
    return render(request, name, context)
