"""The buttons of a Mattermost message: their signed token says who may take which incident.

It is the token of the one-tap link in the same message, so whoever sees the message in a shared
channel can use either: such pages belong into a channel of one person.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from core import clock
from incidents import commands
from incidents.models import Incident, Status
from integrations.ingest import body
from integrations.ingest.answers import Refusal, machine_route
from integrations.replies.acting import Verb, act
from notifications.domain.markdown import for_mattermost

VIA = "mattermost"
MAX_BYTES = 65536
TOKEN_LENGTH = 500


@csrf_exempt
@machine_route
def actions(request: HttpRequest) -> HttpResponse:
    """POST /api/inbound/mattermost/actions: says what is so; a taken page loses its button."""
    try:
        click = body.read_json(request, MAX_BYTES)
    except body.TooLarge:
        raise Refusal(413, "Request body is too large") from None
    grant = commands.grant_of(_token(click))
    if grant is None:
        raise Refusal(403, "Forbidden")
    verb = Verb.ESCALATE if _context(click).get("verb") == Verb.ESCALATE else Verb.ACKNOWLEDGE
    said = act(grant.user, verb, grant.incident, via=VIA, now=clock.now(), request=request)
    words = for_mattermost(said)
    answer: dict[str, Any] = {"ephemeral_text": words}
    if Incident.objects.filter(pk=grant.incident.pk).exclude(status=Status.OPEN).exists():
        answer["update"] = {"message": words, "props": {}}
    return JsonResponse(answer)


def _context(click: Any) -> dict[str, Any]:
    context = click.get("context") if isinstance(click, dict) else None
    return context if isinstance(context, dict) else {}


def _token(click: Any) -> str:
    token = _context(click).get("token")
    return token if isinstance(token, str) and len(token) <= TOKEN_LENGTH else ""
