"""A person answers a page by a text message: "1", "ack 42", "2", "resolve 42", "help"."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from core import language
from core.domain.phrase import mark
from incidents.models import Incident
from integrations.domain import reply
from integrations.replies import noting
from integrations.replies.acting import Verb, act, bundle_for, candidates, incident_for, no_such
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
        missing = _("{bundle}: you were sent no such bundle. Nothing was changed.")
        return missing.format(bundle=f"B{said.number}")
    return act(user, said.verb, bundle, via=channel.value.lower(), now=now, request=request)


def _meant(user: User, said: reply.Reply, now: datetime) -> tuple[Incident | None, str]:
    """The incident and what else is to be said, or None and why there is none."""
    if said.number is not None:
        incident = incident_for(user, said.number, now, said.verb)
        return incident, "" if incident else no_such(f"#{said.number}", said.verb)
    found = list(candidates(user, now, said.verb)[:MOST_NAMED])
    if not found:
        return None, _("You were paged about nothing that is still open. Nothing was changed.")
    others = ", ".join(f"#{incident.pk}" for incident in found[1:])
    if others and said.verb == Verb.RESOLVE:
        which = _("Which one? Answer 2 and its number: {numbers}.")
        return None, which.format(numbers=f"#{found[0].pk}, {others}")
    return found[0], _("Also open: {numbers}.").format(numbers=others) if others else ""
