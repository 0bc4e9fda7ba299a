"""A person answers a page by a text message: "1", "ack 42", "2", "resolve 42", "help"."""

from datetime import datetime

from django.http import HttpRequest

from accounts.models import User
from incidents.models import Incident
from integrations.domain import reply
from integrations.replies import noting
from integrations.replies.acting import Verb, act, bundle_for, candidates, incident_for
from notifications.models import Channel

MOST_NAMED = 4
SORRY = "OpsKnight could not take your answer just now. Please open the page or answer again."


def answer_to(
    user: User, text: str, *, channel: Channel, address: str, now: datetime, request: HttpRequest
) -> str:
    """Does what the text asks and says what is so now; "" when the network answers itself."""
    said = reply.parse(text)
    if said.verb == "silent":
        return ""
    if said.verb in ("", "help"):
        return reply.HELP_TEXT
    if said.bundle:
        return _answer_to_all(user, said, channel, now, request)
    incident, rest = _meant(user, said, now)
    if incident is None:
        return rest
    answer = act(user, said.verb, incident, via=channel.value.lower(), now=now, request=request)
    noting.seen(channel, address, incident.pk, now=now)
    return f"{answer} {rest}".strip()


def _answer_to_all(
    user: User, said: reply.Reply, channel: Channel, now: datetime, request: HttpRequest
) -> str:
    bundle = bundle_for(user, said.number)
    if bundle is None:
        return f"B{said.number}: you were sent no such bundle. Nothing was changed."
    return act(user, said.verb, bundle, via=channel.value.lower(), now=now, request=request)


def _meant(user: User, said: reply.Reply, now: datetime) -> tuple[Incident | None, str]:
    """The incident and what else is to be said, or None and why there is none."""
    if said.number is not None:
        incident = incident_for(user, said.number, now, said.verb)
        missing = f"#{said.number}: there is no such incident that you may {said.verb}."
        return incident, "" if incident else f"{missing} Nothing was changed."
    found = list(candidates(user, now, said.verb)[:MOST_NAMED])
    if not found:
        return None, "You were paged about nothing that is still open. Nothing was changed."
    others = ", ".join(f"#{incident.pk}" for incident in found[1:])
    if others and said.verb == Verb.RESOLVE:
        return None, f"Which one? Answer 2 and its number: #{found[0].pk}, {others}."
    return found[0], f"Also open: {others}." if others else ""
