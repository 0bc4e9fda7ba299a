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
from django.utils.translation import gettext as _

from accounts.domain import roles
from accounts.models import User, UserStatus
from core import language
from core.actor import Actor
from core.domain.phrase import mark
from core.errors import IllegalTransition, NotFound, ProductError
from core.middleware import client_ip
from incidents import commands, queries
from incidents.domain.responders import WAITING
from incidents.models import (
    Bundle,
    EventType,
    Incident,
    IncidentResponder,
    Page,
    ResponderState,
    Status,
)
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


DEFAULT_SNOOZE = timedelta(minutes=60)
_EVENTS = {Verb.ACKNOWLEDGE: EventType.ACKNOWLEDGED, Verb.RESOLVE: EventType.RESOLVED}
ANSWERS = {Verb.ACCEPT: True, Verb.DECLINE: False}
# Whole sentences for each verb: languages inflect them.
_HELP = mark("{number}: there is no such incident that you may help with. Nothing was changed.")
NO_SUCH = {
    Verb.ACKNOWLEDGE: mark(
        "{number}: there is no such incident that you may acknowledge. Nothing was changed."
    ),
    Verb.RESOLVE: mark(
        "{number}: there is no such incident that you may resolve. Nothing was changed."
    ),
    Verb.ASSIGN_ME: mark(
        "{number}: there is no such incident that you may take. Nothing was changed."
    ),
    Verb.SNOOZE: mark(
        "{number}: there is no such incident that you may snooze. Nothing was changed."
    ),
    Verb.ESCALATE: mark(
        "{number}: there is no such incident that you may escalate. Nothing was changed."
    ),
    Verb.ACCEPT: _HELP,
    Verb.DECLINE: _HELP,
}
_CANNOT = {
    Verb.ACKNOWLEDGE: mark("{number} is {status} and cannot be acknowledged. Nothing was changed."),
    Verb.RESOLVE: mark("{number} is {status} and cannot be resolved. Nothing was changed."),
    Verb.ASSIGN_ME: mark("{number} is {status} and cannot be yours. Nothing was changed."),
    Verb.SNOOZE: mark("{number} is {status} and cannot be snoozed. Nothing was changed."),
    Verb.ESCALATE: mark("{number} is {status} and cannot be escalated. Nothing was changed."),
}
_NOT_ALL = {
    Verb.RESOLVE: mark("{name} cannot be resolved by one answer. Nothing was changed."),
    Verb.ASSIGN_ME: mark("{name} cannot be yours by one answer. Nothing was changed."),
    Verb.SNOOZE: mark("{name} cannot be snoozed by one answer. Nothing was changed."),
    Verb.ESCALATE: mark("{name} cannot be escalated by one answer. Nothing was changed."),
    Verb.ACCEPT: mark("{name} cannot be answered by one answer. Nothing was changed."),
    Verb.DECLINE: mark("{name} cannot be answered by one answer. Nothing was changed."),
}
_IS = {Verb.ACKNOWLEDGE: mark("is acknowledged"), Verb.RESOLVE: mark("is resolved")}
_WAS = {
    Verb.ACKNOWLEDGE: mark("was already acknowledged"),
    Verb.RESOLVE: mark("was already resolved"),
}
_WAS_BY = {
    Verb.ACKNOWLEDGE: mark("was already acknowledged by {who}"),
    Verb.RESOLVE: mark("was already resolved by {who}"),
}
_STATUS = {
    Status.OPEN.value: mark("open"),
    Status.ACKNOWLEDGED.value: mark("acknowledged"),
    Status.SNOOZED.value: mark("snoozed"),
    Status.SUPPRESSED.value: mark("suppressed"),
    Status.RESOLVED.value: mark("resolved"),
    "": mark("gone"),
}
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
    return incident if incident and _may(user, incident) else None


def candidates(user: User, now: datetime, verb: str = Verb.ACKNOWLEDGE) -> QuerySet[Incident]:
    """What a bare answer of `user` can mean, newest first: more than one is worth a question.

    Whoever was paged sees the incident (`queries.visible_to`), and may do what the pages let do.
    """
    pages = Page.objects.filter(user=user, run=F("incident__run"), created_at__gte=now - RECENT)
    rows = Incident.objects.filter(status__in=_MEANT[Verb(verb)], pk__in=pages.values("incident"))
    return rows.select_related("service").order_by("-id")


def requests(user: User, now: datetime) -> QuerySet[Incident]:
    """Incidents that somebody asked `user` to help with and that wait for the answer."""
    asked = IncidentResponder.objects.filter(
        user=user, state__in=WAITING, asked_at__gte=now - RECENT
    )
    rows = Incident.objects.filter(pk__in=asked.values("incident"))
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
    with language.speaking_to(user.language):
        if isinstance(subject, Bundle):
            return _act_on_all(user, Verb(verb), subject, via, now, request)
        meant = _meant(user, Verb(verb), subject)
        return _act(user, meant, subject, via, now, request, span or DEFAULT_SNOOZE)


def no_such(number: int | str, verb: str) -> str:
    """That there is nothing of that number for this person."""
    return _(NO_SUCH[Verb(verb)]).format(number=number)


def _act(
    user: User,
    verb: Verb,
    incident: Incident,
    via: str,
    now: datetime,
    request: HttpRequest | None,
    span: timedelta,
) -> str:
    name = f"#{incident.pk}"
    if user.status == UserStatus.DISABLED or not _may(user, incident):
        return no_such(name, verb)
    ip = client_ip(request) if request else None
    by = user.as_actor(via, ip, getattr(request, "id", ""))
    try:
        said = _do(user, verb, incident, by, now, via, span)
    except NotFound as error:
        gone = _("{number} was deleted. Nothing was changed.").format(number=name)
        return f"{name}: {error.message}" if verb in ANSWERS else gone
    except IllegalTransition as error:
        if verb in ANSWERS:
            return _("{said}. Nothing was changed.").format(said=f"{name}: {error.message}")
        status = _(_STATUS.get(_status(incident), ""))
        return _(_CANNOT[verb]).format(number=name, status=status)
    except ProductError as error:
        return f"{name}: {error.message}"
    return f"{name} {said}: {one_line(incident.title, TITLE_LENGTH)}"


def _meant(user: User, verb: Verb, incident: Incident) -> Verb:
    """Who was asked to help and says "ack" when somebody has it already, means to come."""
    if verb is not Verb.ACKNOWLEDGE or _status(incident) != Status.ACKNOWLEDGED.value:
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
    if verb in ANSWERS:
        row = commands.answer(incident, user, accept=ANSWERS[verb], **done)
        told = _("counts on you, {who} is told")
        if not ANSWERS[verb]:
            told = _("goes on without you, {who} is told")
        return told.format(who=one_line(row.asked_by_label, TITLE_LENGTH))
    if verb is Verb.ASSIGN_ME:
        commands.assign(incident, user=user, **done)
        return _("is yours now; assigning does not acknowledge")
    if verb is Verb.SNOOZE:
        commands.snooze(incident, now + span, **done)
        return _("is snoozed for {span}").format(span=language.duration(span))
    if verb is Verb.ESCALATE:
        commands.escalate_now(incident, **done)
        return _("goes to the next step now")
    command = commands.acknowledge if verb is Verb.ACKNOWLEDGE else commands.resolve
    command(incident, **done)
    return _outcome(user, verb, incident, now)


def _act_on_all(
    user: User, verb: Verb, bundle: Bundle, via: str, now: datetime, request: HttpRequest | None
) -> str:
    """A bundle is taken as a whole; what is over is said of each incident."""
    service = one_line(bundle.service.name, TITLE_LENGTH)
    name = _("{count} incidents on {service}").format(count=bundle.count, service=service)
    if user.status == UserStatus.DISABLED or bundle.user_id != user.pk:
        return _("There is no such bundle that you may answer. Nothing was changed.")
    if verb is not Verb.ACKNOWLEDGE:
        return _(_NOT_ALL[verb]).format(name=name)
    by = user.as_actor(via, client_ip(request) if request else None, getattr(request, "id", ""))
    try:
        taken = commands.acknowledge_bundle(bundle, user, by=by, now=now, via=via)
    except ProductError as error:
        return error.message
    said = _("{name}: acknowledged") if taken else _("{name}: none of them is open any more")
    return said.format(name=name)


def _may(user: User, incident: Incident) -> bool:
    """Looking it up is the permission, as on the pages."""
    if not roles.may_acknowledge(user.role, own=True):
        return False
    return queries.visible_to(user).filter(pk=incident.pk).exists()


def _outcome(user: User, verb: Verb, incident: Incident, now: datetime) -> str:
    """ "is acknowledged", or by whom it was before."""
    event = incident.events.filter(type=_EVENTS[verb]).order_by("-id").first()
    if event is None or (event.at == now and event.actor_id == user.public_id):
        return _(_IS[verb])
    own = event.actor_id == user.public_id
    who = _("you") if own else one_line(event.actor_label, TITLE_LENGTH)
    return _(_WAS_BY[verb]).format(who=who) if who else _(_WAS[verb])


def _status(incident: Incident) -> str:
    status = Incident.objects.filter(pk=incident.pk).values_list("status", flat=True).first()
    return str(status or "")
