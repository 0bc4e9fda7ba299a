"""Clicks on the buttons of Slack cards: signed by Slack, done as the person who clicked.

A member is a person by a contact method that was verified, or by the mail address that the
workspace knows, equal to that of an account; never by a name. What was done shows in the card by
the ordinary way; the one who clicked gets an answer that nobody else sees.
"""

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from accounts.models import User
from core import clock, language, rate
from core.domain.phrase import mark
from integrations.ingest import body
from integrations.ingest.answers import Refusal, machine_route
from integrations.replies.acting import Verb, act, incident_for, no_such, person_at
from notifications.commands import drills, slack
from notifications.domain.drills import ARRIVED
from notifications.models import Channel

log = logging.getLogger("opsknight.replies")

VIA = "slack"
MAX_BYTES = 262_144
PER_MINUTE = 60  # clicks of one member
MEMORY_SECONDS = 2 * slack.TOLERANCE_SECONDS
VERBS = {
    "ack_incident": Verb.ACKNOWLEDGE,
    "resolve_incident": Verb.RESOLVE,
    "assign_me_incident": Verb.ASSIGN_ME,
    "snooze_incident": Verb.SNOOZE,
    "escalate_incident": Verb.ESCALATE,
    "accept_request": Verb.ACCEPT,
    "decline_request": Verb.DECLINE,
    "confirm_test": ARRIVED,
}
CONFIRMED = mark("Thank you: pages arrive in this chat.")
NO_TEST = mark("No test page was sent to you here. Nothing was changed.")
STRANGER = mark(
    "Nothing was changed: nobody in OpsKnight has your Slack account. Add it under "
    "“How you are reached”, or use the same mail address in both."
)
NO_WORD = mark("Nothing was changed: Slack did not tell who you are. Please try again.")
LONGEST_SNOOZE = 24 * 60


@csrf_exempt
@machine_route
def actions(request: HttpRequest) -> HttpResponse:
    """POST /api/inbound/slack/actions, /api/slack/actions: an empty 200 within three seconds."""
    try:
        raw = body.read(request, MAX_BYTES)
    except body.TooLarge:
        raise Refusal(413, "Request body is too large") from None
    now = clock.now()
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    account = slack.signer(raw, stamp, signature, now=now.timestamp())
    if account is None:
        raise Refusal(401, "Unauthorized")
    payload = _payload(raw)
    once = f"slack:{signature[3:35]}"
    if rate.peek(once, now=now.timestamp(), seconds=MEMORY_SECONDS):
        return HttpResponse(status=200)
    _clicked(account, payload, now, request)
    rate.hit(once, 1, now=now.timestamp(), seconds=MEMORY_SECONDS)  # last: a failure comes again
    return HttpResponse(status=200)


def _payload(raw: bytes) -> Mapping[str, Any]:
    try:
        fields = parse_qs(raw.decode(), max_num_fields=10)
        payload = json.loads(fields["payload"][0])
    except (ValueError, KeyError, RecursionError):
        raise Refusal(400, "Invalid request body") from None
    if not isinstance(payload, dict):
        raise Refusal(400, "Invalid request body")
    return payload


def _clicked(account: Any, payload: Mapping[str, Any], now: datetime, request: HttpRequest) -> None:
    """Acts on one click of ours; everything else, such as a link that was opened, is left alone."""
    button = _button(payload)
    member = _text(payload.get("user"), "id")
    if button is None or not member or payload.get("type") != "block_actions":
        return
    if not rate.hit(f"slack-member:{member}", PER_MINUTE, now=now.timestamp()).allowed:
        return
    if button[0] is ARRIVED:
        said = _confirmed(payload, member, button[1], now)
    else:
        said = _answer(account, payload, member, button, now, request)
    slack.tell(account, str(payload.get("response_url") or ""), said)


def _confirmed(payload: Mapping[str, Any], member: str, drill: int, now: datetime) -> str:
    """A test page arrived where it was sent: to the member, or to the channel of the click."""
    places = [member, _text(payload.get("channel"), "id")]
    found = drills.confirm_in(drill, Channel.SLACK, places, now=now, detail="a button was pressed")
    if found is None:
        return _to_all(NO_TEST)
    with language.speaking_to(found.user.language):
        return _(CONFIRMED)


def _answer(
    account: Any,
    payload: Mapping[str, Any],
    member: str,
    button: tuple[str, int, str],
    now: datetime,
    request: HttpRequest,
) -> str:
    verb, number, extra = button
    try:
        user = _person(account, payload, member)
    except slack.Unanswered as error:
        log.warning("a member of Slack is not known: %s", error)
        return _to_all(NO_WORD)
    if user is None:
        return _to_all(STRANGER)
    incident = incident_for(user, number, now, verb)
    if incident is None:
        with language.speaking_to(user.language):
            return no_such(f"#{number}", verb)
    span = _minutes(extra)
    return act(user, verb, incident, via=VIA, now=now, request=request, span=span)


def _minutes(extra: str) -> timedelta | None:
    """How long a button snoozes; what is no number of a day leaves it to the default."""
    plain = extra.isascii() and extra.isdecimal() and len(extra) < 6
    return timedelta(minutes=int(extra)) if plain and 0 < int(extra) <= LONGEST_SNOOZE else None


def _to_all(text: str) -> str:
    """To somebody who is not known: in the language of the installation."""
    with language.speaking_to(""):
        return _(text)


def _person(account: Any, payload: Mapping[str, Any], member: str) -> User | None:
    """A guest from another workspace has an address that nobody here has checked."""
    known = person_at([Channel.SLACK], member)
    if known is not None:
        return known
    home, theirs = _text(payload.get("team"), "id"), _text(payload.get("user"), "team_id")
    if home and theirs and home != theirs:
        return None
    return slack.person_by_mail(account, member)


def _button(payload: Mapping[str, Any]) -> tuple[str, int, str] | None:
    """Verb, number of the incident, and what follows a colon in the button's value."""
    clicks = payload.get("actions")
    for click in clicks if isinstance(clicks, list) else ():
        verb = VERBS.get(_text(click, "action_id"))
        number, _, extra = _text(click, "value").partition(":")
        if verb and number.isascii() and number.isdecimal() and len(number) < 19:
            return verb, int(number), extra
    return None


def _text(value: Any, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
