"""Push a running escalation by hand."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from core.web import signed_in
from incidents import commands
from incidents.web.answers import perform


@signed_in
@require_POST
def escalate(request: HttpRequest, number: int) -> HttpResponse:
    """`mark` says which step the page showed as the next."""
    seen = request.POST.get("mark", "")[:40]
    return perform(
        request,
        number,
        lambda incident, by, now: commands.escalate_now(incident, by=by, now=now, seen=seen),
        said="goes to the next step now",
    )


@signed_in
@require_POST
def restart(request: HttpRequest, number: int) -> HttpResponse:
    return perform(
        request,
        number,
        lambda incident, by, now: commands.restart_escalation(incident, by=by, now=now),
        said="starts again at step 1 with the current policy",
    )
