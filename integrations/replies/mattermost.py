"""The buttons of a Mattermost message: their signed token says who may take which incident.

It is the token of the one-tap link in the same message, so whoever sees the message in a shared
channel can use either: such pages belong into a channel of one person.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from core import clock, language
from core.domain.phrase import mark
from incidents import commands
from incidents.models import Incident, Status
from integrations.ingest import body
from integrations.ingest.answers import Refusal, machine_route
from integrations.replies.acting import ANSWERS, Verb, act
from notifications.commands import drills
from notifications.domain.drills import ARRIVED
from notifications.domain.markdown import for_mattermost

VIA = "mattermost"
VERBS = {Verb.ESCALATE, *ANSWERS}  # anything else acknowledges
CONFIRMED = mark("Thank you: pages arrive in this chat.")
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
    named = str(_context(click).get("verb", ""))
    if named == ARRIVED:
        return _confirmed(_token(click))
    verb = Verb(named) if named in VERBS else Verb.ACKNOWLEDGE
    answers = verb in ANSWERS
    grant = (commands.request_grant_of if answers else commands.grant_of)(_token(click))
    if grant is None:
        raise Refusal(403, "Forbidden")
    said = act(grant.user, verb, grant.incident, via=VIA, now=clock.now(), request=request)
    words = for_mattermost(said)
    answer: dict[str, Any] = {"ephemeral_text": words}
    taken = Incident.objects.filter(pk=grant.incident.pk).exclude(status=Status.OPEN)
    if not answers and taken.exists():
        answer["update"] = {"message": words, "props": {}}
    return JsonResponse(answer)


def _confirmed(token: str) -> HttpResponse:
    """A test page: the token names the message that brought the button."""
    drill = drills.confirm_by(token, now=clock.now(), detail="“It arrived” was pressed")
    if drill is None:
        raise Refusal(403, "Forbidden")
    with language.speaking_to(drill.user.language):
        return JsonResponse({"update": {"message": _(CONFIRMED), "props": {}}})


def _context(click: Any) -> dict[str, Any]:
    context = click.get("context") if isinstance(click, dict) else None
    return context if isinstance(context, dict) else {}


def _token(click: Any) -> str:
    token = _context(click).get("token")
    return token if isinstance(token, str) and len(token) <= TOKEN_LENGTH else ""
