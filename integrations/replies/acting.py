"""What a person may do to an incident from outside the pages: one way for every vendor's door.

A door first proves who speaks (a verified contact method, a signed token), then calls `act`. Its
answer is a plain sentence that tells what is so now; each door escapes it for its channel.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest

from accounts.domain import roles
from accounts.models import User, UserStatus
from core import timetext
from core.actor import Actor
from core.errors import IllegalTransition, NotFound, ProductError
from core.middleware import client_ip
from incidents import commands, queries
from incidents.models import Bundle, EventType, Incident, Page, ResponderState, Status
from notifications.domain.text import one_line
from notifications.models import ContactMethod

TITLE_LENGTH = 60
# How long ago somebody may have been paged, to be answered without naming the incident.
RECENT = timedelta(days=7)


class Verb(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    ASSIGN_ME = "assign_me"
    SNOOZE = "snooze"
    ESCALATE = "escalate"
    ACCEPT = "accept"
    DECLINE = "decline"


# "There is no such incident that you may …"
WORDS = {verb: str(verb) for verb in Verb} | {
    Verb.ASSIGN_ME: "take",
    Verb.ACCEPT: "help with",
    Verb.DECLINE: "help with",
}
DEFAULT_SNOOZE = timedelta(minutes=60)
_EVENTS = {Verb.ACKNOWLEDGE: EventType.ACKNOWLEDGED, Verb.RESOLVE: EventType.RESOLVED}
_DONE = {
    Verb.ACKNOWLEDGE: "acknowledged",
    Verb.RESOLVE: "resolved",
    Verb.ASSIGN_ME: "yours",
    Verb.SNOOZE: "snoozed",
    Verb.ESCALATE: "escalated",
}
_ANSWERS = {Verb.ACCEPT: True, Verb.DECLINE: False}
_OF_THE_PAGED = {Verb.ACKNOWLEDGE, Verb.ESCALATE}
# What a bare answer can mean, without a number.
_MEANT = {
    Verb.ACKNOWLEDGE: (Status.OPEN,),
    Verb.RESOLVE: (Status.OPEN, Status.ACKNOWLEDGED),
}


def subject_of(kind: str, number: int) -> Incident | Bundle | None:
    """What a message was about, by the subject of its delivery."""
    if kind == "incident":
        return Incident.objects.select_related("service").filter(pk=number).first()
    if kind == "bundle":
        return Bundle.objects.select_related("service", "user").filter(pk=number).first()
    return None


def bundle_for(user: User, number: int | None) -> Bundle | None:
    """The bundle of that number, when this person was told of it."""
    if number is None or not 0 < number < 2**63:
        return None
    return Bundle.objects.select_related("service").filter(pk=number, user=user).first()


def person_at(channels: Collection[str], address: str) -> User | None:
    """The one person who proved that the address is theirs; None for a stranger or a shared one."""
    methods = ContactMethod.objects.filter(
        channel__in=channels, address=address, verified_at__isnull=False
    )
    people = User.objects.filter(pk__in=methods.values("user_id"))
    found = list(people.exclude(status=UserStatus.DISABLED)[:2])
    return found[0] if len(found) == 1 else None


def incident_for(
    user: User, number: int | None, now: datetime, verb: str = Verb.ACKNOWLEDGE
) -> Incident | None:
    """The numbered incident, else the newest that `user` was paged about and the verb can move.

    None when there is none, or none that is this person's.
    """
    if number is None:
        return candidates(user, now, verb).first()
    if not 0 < number < 2**63:
        return None
    incident = Incident.objects.select_related("service").filter(pk=number).first()
    return incident if incident and _may(user, incident, verb) else None


def candidates(user: User, now: datetime, verb: str = Verb.ACKNOWLEDGE) -> QuerySet[Incident]:
    """What a bare answer of `user` can mean, newest first: more than one is worth a question."""
    pages = Page.objects.filter(user=user, run=F("incident__run"), created_at__gte=now - RECENT)
    rows = Incident.objects.filter(status__in=_MEANT[Verb(verb)], pk__in=pages.values("incident"))
    if verb != Verb.ACKNOWLEDGE:
        rows = rows.filter(pk__in=queries.visible_to(user).values("pk"))
    return rows.select_related("service").order_by("-id")


def act(
    user: User,
    verb: str,
    subject: Incident | Bundle,
    *,
    via: str,
    now: datetime,
    request: HttpRequest | None = None,
    span: timedelta | None = None,
) -> str:
    """Does it as `user` and says what is so now, or why nothing was changed; raises no refusal.

    The checks are those of the pages, when it is done; whoever was paged may acknowledge and
    escalate, as by the link in the mail. A repetition changes nothing and gets the same kind of
    answer. `span`: how long to snooze.
    """
    if isinstance(subject, Bundle):
        return _act_on_all(user, Verb(verb), subject, via, now, request)
    incident = subject
    verb = _meant(user, Verb(verb), incident)
    name = f"#{incident.pk}"
    if user.status == UserStatus.DISABLED or not _may(user, incident, verb):
        return f"{name}: there is no such incident that you may {WORDS[verb]}. Nothing was changed."
    ip = client_ip(request) if request else None
    by = user.as_actor(via, ip, getattr(request, "id", ""))
    try:
        said = _do(user, verb, incident, by, now, via, span or DEFAULT_SNOOZE)
    except NotFound as error:
        gone = f"{name} was deleted. Nothing was changed."
        return f"{name}: {error.message}" if verb in _ANSWERS else gone
    except IllegalTransition as error:
        if verb in _ANSWERS:
            return f"{name}: {error.message}. Nothing was changed."
        return f"{name} is {_status(incident)} and cannot be {_DONE[verb]}. Nothing was changed."
    except ProductError as error:
        return f"{name}: {error.message}"
    return f"{name} {said}: {one_line(incident.title, TITLE_LENGTH)}"


def _meant(user: User, verb: Verb, incident: Incident) -> Verb:
    """Who was asked to help and says "ack" when somebody has it already, means to come."""
    if verb is not Verb.ACKNOWLEDGE or _status(incident) != Status.ACKNOWLEDGED.lower():
        return verb
    waits = incident.responders.filter(user=user, state=ResponderState.REQUESTED).exists()
    return Verb.ACCEPT if waits else verb


def _do(
    user: User,
    verb: Verb,
    incident: Incident,
    by: Actor,
    now: datetime,
    via: str,
    span: timedelta,
) -> str:
    """What is so now. Raises what the commands raise."""
    done: dict[str, Any] = {"by": by, "now": now, "via": via}
    if verb in _ANSWERS:
        row = commands.answer(incident, user, accept=_ANSWERS[verb], **done)
        told = f"{one_line(row.asked_by_label, TITLE_LENGTH)} is told"
        return f"counts on you, {told}" if _ANSWERS[verb] else f"goes on without you, {told}"
    if verb is Verb.ASSIGN_ME:
        commands.assign(incident, user=user, **done)
        return "is yours now; assigning does not acknowledge"
    if verb is Verb.SNOOZE:
        commands.snooze(incident, now + span, **done)
        return f"is snoozed for {timetext.duration(span)}"
    if verb is Verb.ESCALATE:
        commands.escalate_now(incident, **done)
        return "goes to the next step now"
    command = commands.acknowledge if verb is Verb.ACKNOWLEDGE else commands.resolve
    command(incident, **done)
    return _outcome(user, verb, incident, now)


def _act_on_all(
    user: User, verb: Verb, bundle: Bundle, via: str, now: datetime, request: HttpRequest | None
) -> str:
    """A bundle is taken as a whole; what is over is said of each incident."""
    name = f"{bundle.count} incidents on {one_line(bundle.service.name, TITLE_LENGTH)}"
    if user.status == UserStatus.DISABLED or bundle.user_id != user.pk:
        return "There is no such bundle that you may answer. Nothing was changed."
    if verb is not Verb.ACKNOWLEDGE:
        return f"{name} cannot be {_DONE.get(verb, 'answered')} by one answer. Nothing was changed."
    by = user.as_actor(via, client_ip(request) if request else None, getattr(request, "id", ""))
    try:
        commands.acknowledge_bundle(bundle, user, by=by, now=now, via=via)
    except ProductError as error:
        return error.message
    return f"{name}: acknowledged"


def _may(user: User, incident: Incident, verb: str) -> bool:
    """Looking it up is the permission, as on the pages."""
    if not roles.may_acknowledge(user.role, own=True):
        return False
    if queries.visible_to(user).filter(pk=incident.pk).exists():
        return True
    return verb in _OF_THE_PAGED and incident.pages.filter(user=user).exists()


def _outcome(user: User, verb: Verb, incident: Incident, now: datetime) -> str:
    """ "is acknowledged", or by whom it was before."""
    done = _DONE[verb]
    event = incident.events.filter(type=_EVENTS[verb]).order_by("-id").first()
    if event is None or (event.at == now and event.actor_id == user.public_id):
        return f"is {done}"
    who = "you" if event.actor_id == user.public_id else one_line(event.actor_label, TITLE_LENGTH)
    return f"was already {done} by {who}" if who else f"was already {done}"


def _status(incident: Incident) -> str:
    status = Incident.objects.filter(pk=incident.pk).values_list("status", flat=True).first()
    return str(status or "gone").lower()
