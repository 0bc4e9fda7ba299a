"""A person answers a page by a text message: "1", "ack 42", "2 42", "yes", "decline 42", "help"."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from core import language
from core.domain.phrase import mark
from incidents.models import Incident
from integrations.domain import reply
from integrations.replies import noting
from integrations.replies.acting import (
    ANSWERS,
    Verb,
    act,
    bundle_for,
    candidates,
    incident_for,
    no_such,
    requests,
)
from notifications.commands import drills
from notifications.models import Channel

MOST_NAMED = 4
CONFIRMED = mark("Thank you: pages arrive at this number.")
NO_TEST = mark("No test page went to this number in the last day. Nothing was changed.")
SORRY = mark("OpsKnight could not take your answer just now. Please open the page or answer again.")


def answer_to_drill(text: str, *, channel: Channel, address: str, now: datetime) -> str:
    """ "3": a test page arrived. "" when the text says something else, or none went there.

    Whose number it is need not be known: that the answer comes from there proves that it works.
    """
    if reply.parse(text).verb != "arrived":
        return ""
    drill = drills.confirm_at(channel, address, now=now, detail="answered")
    if drill is None:
        return ""
    with language.speaking_to(drill.user.language):
        return _(CONFIRMED)


def answer_to(
    user: User, text: str, *, channel: Channel, address: str, now: datetime, request: HttpRequest
) -> str:
    """Does what the text asks and says what is so now; "" when the network answers itself."""
    with language.speaking_to(user.language):
        return _answer(user, text, channel, address, now, request)


def sorry() -> str:
    """When the database is away: nobody knows who reads it."""
    return _(SORRY)


def _answer(
    user: User, text: str, channel: Channel, address: str, now: datetime, request: HttpRequest
) -> str:
    said = reply.parse(text)
    if said.verb == "silent":
        return ""
    if said.verb == "arrived":
        return _(NO_TEST)
    if said.verb in ("", "help"):
        return _(reply.HELP_TEXT)
    if said.bundle:
        return _answer_to_all(user, said, channel, now, request)
    verb, incident, rest = _meant(user, said, now)
    if incident is None:
        return rest
    answer = act(user, verb, incident, via=channel.value.lower(), now=now, request=request)
    noting.seen(channel, address, incident.pk, now=now)
    return f"{answer} {rest}".strip()


def _answer_to_all(
    user: User, said: reply.Reply, channel: Channel, now: datetime, request: HttpRequest
) -> str:
    bundle = bundle_for(user, said.number)
    if bundle is None:
        missing = _("{bundle}: you were sent no such bundle. Nothing was changed.")
        return missing.format(bundle=f"B{said.number}")
    return act(user, said.verb, bundle, via=channel.value.lower(), now=now, request=request)


def _meant(user: User, said: reply.Reply, now: datetime) -> tuple[str, Incident | None, str]:
    """What is to be done with which incident and what else is to be said; or None and why not."""
    verb = said.verb
    if said.number is not None:
        incident = incident_for(user, said.number, now, verb)
        return verb, incident, "" if incident else no_such(f"#{said.number}", verb)
    if verb in ANSWERS:
        return verb, *_request(user, said, now)
    found = list(candidates(user, now, verb)[:MOST_NAMED])
    if not found and verb == Verb.ACKNOWLEDGE and (asked := list(requests(user, now)[:2])):
        # Whoever was asked to help, and says "1" when nothing else is open, means to come.
        return (Verb.ACCEPT, asked[0], "") if len(asked) == 1 else (verb, None, _which("4", asked))
    if not found:
        return (
            verb,
            None,
            _("You were paged about nothing that is still open. Nothing was changed."),
        )
    others = ", ".join(f"#{incident.pk}" for incident in found[1:])
    if others and verb == Verb.RESOLVE:
        return verb, None, _which("2", found)
    return verb, found[0], _("Also open: {numbers}.").format(numbers=others) if others else ""


def _request(user: User, said: reply.Reply, now: datetime) -> tuple[Incident | None, str]:
    """The one request that waits for an answer; among several nothing is guessed."""
    found = list(requests(user, now)[:MOST_NAMED])
    if not found:
        none = _("Nobody waits for your answer to a request. Nothing was changed.")
        return None, none if said.ours else ""
    if len(found) > 1:
        return None, _which("4" if said.verb == Verb.ACCEPT else "5", found)
    return found[0], ""


def _which(code: str, found: Sequence[Incident]) -> str:
    numbers = ", ".join(f"#{incident.pk}" for incident in found)
    which = _("Which one? Answer {code} and its number: {numbers}.")
    return which.format(code=code, numbers=numbers)
