"""A page becomes deliveries: promises in rows, written in the transaction of whoever pages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from accounts.models import User, UserStatus
from core.language import ENGLISH
from core.language import resolve as language_of
from notifications import accounts, queries
from notifications.channels import in_app
from notifications.commands.holds import Hold, Holds, holds
from notifications.commands.methods import ensure_default_methods
from notifications.domain import reasons
from notifications.domain.choice import NO_DELAY, Choice, Method, Wish, choose
from notifications.domain.gathering import may_be_gathered
from notifications.domain.message import Message
from notifications.domain.quiet import may_be_held
from notifications.models import (
    Channel,
    ContactMethod,
    Delivery,
    DeliveryEvent,
    DeliveryOutcome,
    DeliveryState,
    InAppNotification,
    NotificationRule,
    Urgency,
)

UNREACHABLE = "no reachable channel"
DISABLED = "the person is disabled"
NEWS_RANK = 9
RANKS = {Urgency.HIGH: 0, Urgency.MEDIUM: 1, Urgency.LOW: 2}
CHUNK = 250  # requests whose rows are read back by one statement


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One person to be told. `page_key` says what made the page: the same key never pages twice.

    `channels`: those of the escalation step; `all_channels`: everything at once (fallback
    contact); `quiet`: news on the quietest channel; `may_wait`: not urgent, and nobody's duty, so
    that the person's quiet hours and digest count. `about`: the urgency of what news tell of, when
    it is another than their own. `rank` orders the queue (0 first), None derives it from the
    urgency.
    """

    subject_kind: str
    subject_id: int
    page_key: str
    user: User
    message: Message
    urgency: str
    channels: Sequence[str] = ()
    all_channels: bool = False
    rank: int | None = None
    quiet: bool = False
    may_wait: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class DirectRequest:
    """One address without a person, such as the webhook of a service."""

    subject_kind: str
    subject_id: int
    page_key: str
    target_key: str
    channel: str
    address: str
    message: Message
    secret: str = ""
    rank: int = 1


def enqueue(requests: Sequence[PageRequest], *, now: datetime) -> list[Delivery]:
    """Writes the deliveries and the lines under the bell; returns the rows of these pages.

    A person whom nothing reaches gets a FAILED row and a failed event instead: loud, not lost.
    Repeating a request changes nothing. Joins the caller's transaction.
    """
    stored: list[Delivery] = []
    for start in range(0, len(requests), CHUNK):
        stored += _enqueue(requests[start : start + CHUNK], now)
    return stored


def enqueue_direct(requests: Sequence[DirectRequest], *, now: datetime) -> list[Delivery]:
    """The same for addresses without a person: one delivery each, at once."""
    rows = [
        Delivery(
            **_subject(request),
            target_key=request.target_key,
            channel=request.channel,
            address=request.address,
            secret=request.secret,
            provider=accounts.bulkhead(request.channel, request.address, now),
            message=request.message.to_json(),
            rank=request.rank,
            next_attempt_at=now,
            planned_at=now,
            created_at=now,
        )
        for request in requests
    ]
    return _store(rows)


def _enqueue(requests: Sequence[PageRequest], now: datetime) -> list[Delivery]:
    people = {request.user.pk: request.user for request in requests}
    methods = ensure_default_methods(people.values())
    rules = queries.rules_by_user(people)
    held = _holds(requests, now)
    news = [request.user.pk for request in requests if request.quiet]
    mute = accounts.mute_ways([row for pk in news for row in methods[pk]], now) if news else set()
    rows: list[Delivery] = []
    notices: list[InAppNotification] = []
    for request in requests:
        pk = request.user.pk
        hold = _hold(request, held.get(pk, Holds()))
        ways = _audible(methods[pk], mute) if request.quiet else methods[pk]
        rows += _rows(request, ways, rules[pk], now, hold)
        notices += _notices(request, now)
    stored = _store(rows)
    InAppNotification.objects.bulk_create(notices, ignore_conflicts=True)
    _tell_unreachable(stored, now)
    return stored


def _audible(methods: Sequence[ContactMethod], mute: set[int]) -> Sequence[ContactMethod]:
    """The ways of news: a channel that is not set up here is no reason to lose them.

    Unless only a telephone call would be left: news call nobody.
    """
    left = [row for row in methods if row.pk not in mute]
    softly = any(row.enabled and row.channel != Channel.VOICE for row in left)
    return left if softly else methods


def _rows(
    request: PageRequest,
    methods: Sequence[ContactMethod],
    rules: Sequence[NotificationRule],
    now: datetime,
    hold: Hold | None = None,
) -> list[Delivery]:
    if request.user.status == UserStatus.DISABLED:
        return [_unreachable(request, DISABLED, now)]
    by_mail = bool(hold and hold.mail_at and _has_mail(methods))
    leaves = hold and ((by_mail and hold.mail_at) or hold.until)
    wait = leaves - now if leaves else NO_DELAY
    choices = choose(
        [Method(row.pk, row.channel, row.enabled, row.position) for row in methods],
        [queries.rule_value(row) for row in rules],
        Wish(request.urgency, request.channels, request.all_channels, request.quiet or by_mail),
    )
    if not choices:
        return [_unreachable(request, UNREACHABLE, now)]
    by_id = {method.pk: method for method in methods}
    message = _message(request)
    rows = []
    for choice in choices:
        why = _why(choice, hold, by_mail=by_mail)
        later = replace(choice, delay=choice.delay + wait)
        row = _row(request, by_id[choice.method_id], later, message, why, now)
        row.gathered = bool(hold and hold.gathered)
        rows.append(row)
    return rows


def _why(choice: Choice, hold: Hold | None, *, by_mail: bool) -> list[reasons.Reason]:
    if by_mail and hold and hold.gathered and hold.mail_at:
        return [reasons.mail_meanwhile(), reasons.gathered(hold.mail_at)]
    if by_mail:
        return [reasons.mail_meanwhile()]
    minutes = int(choice.delay.total_seconds() // 60)
    found = reasons.chosen(
        choice.because, minutes=minutes, number=choice.number, position=choice.position
    )
    if hold is None:
        return [found]
    kept = reasons.gathered if hold.gathered else reasons.held
    return [found, kept(hold.until)]


def _holds(requests: Sequence[PageRequest], now: datetime) -> dict[int, Holds]:
    """Asked only when something may wait: what is urgent costs no query more."""
    people = {request.user.pk: request.user for request in requests if _may_be_held(request)}
    low = {request.user.pk for request in requests if _may_be_gathered(request)}
    return holds(people.values(), low, now) if people else {}


def _hold(request: PageRequest, found: Holds) -> Hold | None:
    if _may_be_gathered(request):
        return found.low
    return found.quiet if _may_be_held(request) else None


def _may_be_held(request: PageRequest) -> bool:
    wishes = {"may_wait": request.may_wait, "all_channels": request.all_channels}
    return may_be_held(request.urgency, **wishes)


def _may_be_gathered(request: PageRequest) -> bool:
    wishes = {"may_wait": request.may_wait, "all_channels": request.all_channels}
    return may_be_gathered(request.urgency, request.about, **wishes)


def _has_mail(methods: Sequence[ContactMethod]) -> bool:
    return any(row.channel == Channel.EMAIL and row.enabled for row in methods)


def _row(
    request: PageRequest,
    method: ContactMethod,
    choice: Choice,
    message: dict[str, Any],
    why: list[reasons.Reason],
    now: datetime,
) -> Delivery:
    waits = choice.ordered and choice.position > 0
    return Delivery(
        **_subject(request),
        target_key=_target(method, choice),
        user=request.user,
        contact_method=method,
        channel=method.channel,
        address=method.address,
        secret=method.secret,
        provider=accounts.bulkhead(method.channel, method.address, now),
        message=message,
        why=why,
        rank=_rank(request),
        ordered=choice.ordered,
        position=choice.position,
        state=DeliveryState.WAITING if waits else DeliveryState.QUEUED,
        next_attempt_at=now + choice.delay,
        planned_at=now,
        created_at=now,
    )


def _message(request: PageRequest) -> dict[str, Any]:
    """With the words of channels in the language of the person."""
    found = request.message.to_json()
    language = found.get("language") or language_of(request.user.language)
    return found | ({"language": language} if language != ENGLISH else {})


def _target(method: ContactMethod, choice: Choice) -> str:
    """Whom, and the how manieth time: repetitions are promises of their own."""
    return method.public_id if choice.number == 1 else f"{method.public_id}#{choice.number}"


def _unreachable(request: PageRequest, reason: str, now: datetime) -> Delivery:
    return Delivery(
        **_subject(request),
        target_key=f"nobody:{request.user.pk}",
        user=request.user,
        channel=Channel.IN_APP,
        message=_message(request),
        rank=_rank(request),
        state=DeliveryState.FAILED,
        reason=reason,
        next_attempt_at=now,
        created_at=now,
        finished_at=now,
    )


def _subject(request: PageRequest | DirectRequest) -> dict[str, Any]:
    return {
        "subject_kind": request.subject_kind,
        "subject_id": request.subject_id,
        "page_key": request.page_key,
    }


def _rank(request: PageRequest) -> int:
    if request.rank is not None:
        return request.rank
    return NEWS_RANK if request.quiet else RANKS.get(Urgency(request.urgency), 1)


def _notices(request: PageRequest, now: datetime) -> list[InAppNotification]:
    if request.user.status == UserStatus.DISABLED:
        return []
    line = in_app.render(request.message)
    return [
        InAppNotification(
            user=request.user,
            title=line.title,
            body=line.body,
            url=line.url,
            urgent=line.urgent and not request.quiet,
            key=f"{request.subject_kind}:{request.subject_id}:{request.page_key}",
            created_at=now,
        )
    ]


def _store(rows: Sequence[Delivery]) -> list[Delivery]:
    """Writes rows that are new, and reads all of them back with their keys.

    Raises LookupError when one of them is not there: whoever pages must know.
    """
    wanted = {_identity(row) for row in rows}
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    found = Delivery.objects.filter(
        subject_kind__in={row.subject_kind for row in rows},
        subject_id__in={row.subject_id for row in rows},
        page_key__in={row.page_key for row in rows},
    )
    found = found.defer("message", "secret", "why")
    stored = [row for row in found.order_by("id") if _identity(row) in wanted]
    if len(stored) != len(wanted):
        lost = wanted - {_identity(row) for row in stored}
        raise LookupError(f"{len(lost)} deliveries were not stored, such as {min(lost)}")
    return stored


def _identity(row: Delivery) -> tuple[str, int, str, str]:
    return row.subject_kind, row.subject_id, row.page_key, row.target_key


def _tell_unreachable(stored: Sequence[Delivery], now: datetime) -> None:
    failed = [row for row in stored if row.state == DeliveryState.FAILED and not row.address]
    if not failed:
        return
    told = DeliveryEvent.objects.filter(delivery__in=failed).values_list("delivery_id", flat=True)
    known = set(told)
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(delivery=row, outcome=DeliveryOutcome.FAILED, at=now, detail=row.reason)
        for row in failed
        if row.pk not in known
    )
