"""Readers of contact methods, deliveries, notices and the outbox."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from django.db.models import (
    BooleanField,
    Exists,
    F,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from accounts.models import User
from core.models import GIVEN_UP
from notifications.domain import drills
from notifications.domain.chain import PATIENCE
from notifications.domain.choice import Method, Rule, first_message_after
from notifications.domain.drill_times import Monthly, Rhythm
from notifications.domain.words import Fate
from notifications.models import (
    OPEN_STATES,
    Channel,
    ContactMethod,
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    DeliveryState,
    Drill,
    DrillPlan,
    InAppNotification,
    LowDigest,
    NotificationRule,
    OutboxMail,
    Provider,
    QuietHours,
    Urgency,
    VerificationCode,
)

TEST_SUBJECT = "test"
PROVIDER_TEST = "provider-test"  # pinned to one account: subject_id is its key
NEWEST = 20_000  # messages that are looked through, where no index helps
# Spelt out, because SQLite uses the partial index delivery_due for no less.
DUE = "state IN ('QUEUED', 'SENDING')"


def methods_of(user: User) -> list[ContactMethod]:
    """The person's contact methods in order, as they are stored."""
    return list(ContactMethod.objects.filter(user=user))


def methods_by_user(user_ids: Iterable[int]) -> dict[int, list[ContactMethod]]:
    """Contact methods of many people by one statement, each list in order of position."""
    found: dict[int, list[ContactMethod]] = defaultdict(list)
    for method in ContactMethod.objects.filter(user_id__in=list(user_ids)):
        found[method.user_id].append(method)
    return found


def rules_by_user(user_ids: Iterable[int]) -> dict[int, list[NotificationRule]]:
    """Personal rules of many people by one statement."""
    found: dict[int, list[NotificationRule]] = defaultdict(list)
    for rule in NotificationRule.objects.filter(user_id__in=list(user_ids)):
        found[rule.user_id].append(rule)
    return found


def rules_of(user: User) -> dict[Urgency, list[NotificationRule]]:
    """The person's rules by urgency, every urgency present."""
    found: dict[Urgency, list[NotificationRule]] = {urgency: [] for urgency in Urgency}
    for rule in NotificationRule.objects.filter(user=user).select_related("contact_method"):
        found[Urgency(rule.urgency)].append(rule)
    return found


def rule_value(row: NotificationRule) -> Rule:
    """The row as the choice needs it."""
    return Rule(
        row.urgency,
        row.contact_method_id,
        row.delay_minutes,
        row.position,
        row.repeat_minutes,
        row.repeat_times,
    )


def minutes_of_silence(user: User) -> int:
    """How long the person's own rules hold back every message of high urgency; best 0."""
    methods = [Method(row.pk, row.channel, row.enabled, row.position) for row in methods_of(user)]
    own = NotificationRule.objects.filter(user=user, urgency=Urgency.HIGH)
    rules = [rule_value(row) for row in own]
    return int(first_message_after(methods, rules, Urgency.HIGH).total_seconds() // 60)


def with_tries(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Deliveries with everything their list shows: person and attempts."""
    tries = Prefetch("tries", DeliveryAttempt.objects.order_by("id"))
    return rows.select_related("user").prefetch_related(tries)


def deliveries_of(
    subject_kind: str, subject_ids: Iterable[int], page_key_prefix: str = ""
) -> QuerySet[Delivery]:
    """All deliveries about some subjects with their attempts, oldest first."""
    rows = Delivery.objects.filter(subject_kind=subject_kind, subject_id__in=list(subject_ids))
    if page_key_prefix:
        rows = rows.filter(page_key__startswith=page_key_prefix)
    return with_tries(rows).order_by("id")


def reached(subject_kind: str, subject_ids: Iterable[int]) -> set[int]:
    """Ids of the people for whom a provider accepted a message about one of the subjects."""
    rows = Delivery.objects.filter(
        subject_kind=subject_kind, subject_id__in=list(subject_ids), state=DeliveryState.SENT
    )
    return set(rows.exclude(user=None).values_list("user_id", flat=True))


def pages_sent(
    subject_kinds: Iterable[str], user_ids: Iterable[int], start: datetime, end: datetime
) -> list[tuple[int, datetime, datetime]]:
    """(person, when it was written, when the first channel took it), once for each page.

    Pages written in [start, end) about subjects of these kinds, by whatever number of channels.
    """
    rows = Delivery.objects.filter(
        subject_kind__in=list(subject_kinds),
        user_id__in=list(user_ids),
        state=DeliveryState.SENT,
        created_at__gte=start,
        created_at__lt=end,
    ).order_by()
    pages = rows.values_list("user_id", "subject_kind", "subject_id", "page_key")
    found = pages.annotate(written=Min("created_at"), taken=Min("finished_at"))
    return [(user, written, taken or written) for user, *_, written, taken in found]


OF_INCIDENTS = "incident"  # how the kinds of subjects begin that are about an incident
# What became of a message, in one word.
FATES: dict[str, Q] = {
    Fate.UNDER_WAY: Q(state__in=OPEN_STATES),
    Fate.ACCEPTED: Q(state=DeliveryState.SENT),
    Fate.ARRIVED: Q(delivered_at__isnull=False),
    Fate.SEEN: Q(seen_at__isnull=False),
    Fate.FAILED: Q(state=DeliveryState.FAILED),
    Fate.NOT_SENT: Q(state=DeliveryState.CANCELLED),
    Fate.TWICE: Q(possible_duplicate=True),
}


def history(filters: Mapping[str, str], *, with_addresses: bool = False) -> QuerySet[Delivery]:
    """The delivery log, newest first.

    Filters: `channel`, `state`, `outcome` (words.Fate), `person` (public id), `incident` (number),
    `since` and `until` (dates, both included), `q` (name, reason, address). What cannot be read
    does not filter.
    """
    rows = with_tries(Delivery.objects.all()).order_by("-id")
    if filters.get("channel") in Channel.values:
        rows = rows.filter(channel=filters["channel"])
    if filters.get("state") in DeliveryState.values:
        rows = rows.filter(state=filters["state"])
    if filters.get("outcome") in FATES:
        rows = rows.filter(FATES[filters["outcome"]])
    number = filters.get("incident", "").lstrip("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        rows = rows.filter(subject_kind__startswith=OF_INCIDENTS, subject_id=int(number))
    if filters.get("person"):
        rows = rows.filter(user__public_id=filters["person"])
    for name, look_up in (("since", "created_at__date__gte"), ("until", "created_at__date__lte")):
        day = parse_day(filters.get(name, ""))
        rows = rows.filter(**{look_up: day}) if day else rows
    text = filters.get("q", "").strip()
    if text:
        places = ["user__name__icontains", "reason__icontains"]
        places += ["address__icontains"] if with_addresses else []
        rows = rows.filter(_any_of(places, text))
    return rows.defer("secret")


def unseen(user_id: int) -> QuerySet[Delivery]:
    """What was sent to a person and not seen. Not what rings until it is answered."""
    rows = Delivery.objects.filter(user=user_id, state=DeliveryState.SENT, seen_at=None)
    return rows.exclude(channel__in=[Channel.PUSHOVER, Channel.VOICE])


def parse_day(text: str) -> date | None:
    """A day as forms and the API write it, None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def last_test(method: ContactMethod) -> Delivery | None:
    """The newest test that was sent by this contact method."""
    rows = Delivery.objects.filter(subject_kind=TEST_SUBJECT, subject_id=method.pk)
    return rows.defer("message", "secret").order_by("-id").first()


def proofs_of(user: User) -> QuerySet[Delivery]:
    """Pages and test pages that arrived and that the person answered where they arrived.

    That a provider took one proves nothing, nor does a look at the incident (`receipts.opened`).
    """
    mine = Delivery.objects.filter(user=user, state=DeliveryState.SENT)
    pages = mine.filter(subject_kind__in=["incident", drills.KIND])
    return pages.filter(delivered_at__isnull=False, seen_at__isnull=False)


def ways_out() -> QuerySet[Provider]:
    """Accounts by which messages can leave; the one of web push makes itself and needs a device."""
    devices = ContactMethod.objects.filter(channel=Channel.PUSH)
    return Provider.objects.filter(~Q(kind="webpush") | Exists(devices), enabled=True)


def last_provider_test(account: Provider, channel: str) -> Delivery | None:
    """The newest test that was sent by this channel through this account."""
    rows = Delivery.objects.filter(subject_kind=PROVIDER_TEST, subject_id=account.pk)
    return rows.filter(channel=channel).defer("message", "secret").order_by("-id").first()


def last_tests(methods: Iterable[ContactMethod]) -> list[Delivery | None]:
    """The newest test of each, by one statement."""
    ids = [method.pk for method in methods]
    rows = Delivery.objects.filter(subject_kind=TEST_SUBJECT, subject_id__in=ids)
    newest = {row.subject_id: row for row in rows.defer("message", "secret").order_by("id")}
    return [newest.get(pk) for pk in ids]


def failing(methods: Iterable[ContactMethod]) -> set[int]:
    """Ids of the methods whose last delivery, if it had an end, failed."""
    return failing_of([method.pk for method in methods])


def failing_of(ids: Iterable[int]) -> set[int]:
    """The same by their ids."""
    ended = Delivery.objects.filter(
        contact_method=OuterRef("pk"), state__in=[DeliveryState.SENT, DeliveryState.FAILED]
    )
    last = Subquery(ended.order_by("-id").values("state")[:1])
    rows = ContactMethod.objects.filter(pk__in=list(ids))
    found = rows.annotate(last=last).filter(last=DeliveryState.FAILED)
    return set(found.values_list("pk", flat=True))


def quiet_hours_of(user: User) -> QuietHours | None:
    return QuietHours.objects.filter(user=user).first()


def low_digest_of(user: User) -> LowDigest | None:
    return LowDigest.objects.filter(user=user).first()


def last_code(method: ContactMethod) -> VerificationCode | None:
    """The code that was sent there last; it may be over."""
    return VerificationCode.objects.filter(contact_method=method).first()


def notices_of(user: User) -> QuerySet[InAppNotification]:
    """The lines under the bell, newest first."""
    return InAppNotification.objects.filter(user=user).order_by("-id")


def drills_of(user: User) -> QuerySet[Drill]:
    """Test pages of a person, newest first."""
    return Drill.objects.filter(user=user).order_by("-id")


def arrived_ways(drill: Drill) -> set[int]:
    """Ids of the ways asked by a test page that have shown since that they work."""
    rows = ContactMethod.objects.filter(pk__in=drill.ways, proven_at__gte=drill.started_at)
    return set(rows.values_list("pk", flat=True))


def oldest_drill_to_conclude(now: datetime) -> int | None:
    rows = Drill.objects.filter(concluded_at=None, ends_at__lte=now)
    return rows.order_by("ends_at").values_list("pk", flat=True).first()


def drill_plan_of(user: User) -> DrillPlan | None:
    return DrillPlan.objects.filter(user=user).first()


def monthly_of(row: DrillPlan) -> Monthly:
    """The row as the calendar needs it."""
    return Monthly(Rhythm(row.rhythm), row.number, row.weekday, row.at)


def drill_plans_due(now: datetime) -> QuerySet[DrillPlan]:
    """Those whose time has come, and those whose person lives by other clocks by now."""
    elsewhere = ~Q(time_zone=F("user__time_zone"))
    return DrillPlan.objects.filter(Q(next_at__lte=now) | elsewhere)


def oldest_drill_plan_due(now: datetime) -> int | None:
    rows = drill_plans_due(now).order_by("next_at")
    return rows.values_list("pk", flat=True).first()


def unread_count(user: User) -> int:
    return InAppNotification.objects.filter(user=user, read_at=None).count()


def outbox() -> QuerySet[OutboxMail]:
    """Mail that did not leave, newest first."""
    return OutboxMail.objects.order_by("-id")


def overdue(now: datetime, grace: timedelta) -> QuerySet[Delivery]:
    """Deliveries that should have been looked at `grace` ago: not empty means the sender lags."""
    due = RawSQL(DUE, (), output_field=BooleanField())  # noqa: S611 a constant
    return Delivery.objects.filter(due, next_attempt_at__lt=now - grace)


def unreachable(since: datetime) -> QuerySet[Delivery]:
    """Pages to people without a way to reach them; of the newest messages, to stay cheap."""
    newest = Delivery.objects.order_by("-pk").values("pk")[:1]
    lately = Delivery.objects.filter(pk__gt=Coalesce(Subquery(newest), 0) - NEWEST)
    nowhere = lately.filter(channel=Channel.IN_APP, state=DeliveryState.FAILED)
    return nowhere.filter(subject_kind="incident", created_at__gte=since)


def given_up_events(since: datetime) -> QuerySet[DeliveryEvent]:
    """Fates of deliveries that a subscriber never took, however often it was asked."""
    never = RawSQL(GIVEN_UP, (), output_field=BooleanField())  # noqa: S611 a constant
    return DeliveryEvent.objects.filter(never, at__gte=since)


def stranded(now: datetime, limit: int = 200) -> list[Delivery]:
    """Waiting links of chains whose earlier links are all past hope, or late beyond PATIENCE.

    A chain normally moves on with the failure itself; this finds what a crash in between left,
    and the links behind a provider too busy to be tried at all.
    """
    first_try = Q(state=DeliveryState.QUEUED, attempts=0, next_attempt_at__gt=now - PATIENCE)
    first_try &= Q(throttled_since=None) | Q(throttled_since__gt=now - PATIENCE)
    hope = Q(state__in=[DeliveryState.WAITING, DeliveryState.SENT])
    hope |= first_try | Q(state=DeliveryState.SENDING, attempts__lte=1)
    earlier = Delivery.objects.filter(
        hope,
        subject_kind=OuterRef("subject_kind"),
        subject_id=OuterRef("subject_id"),
        page_key=OuterRef("page_key"),
        user_id=OuterRef("user_id"),
        position__lt=OuterRef("position"),
    )
    rows = Delivery.objects.filter(~Exists(earlier), state=DeliveryState.WAITING)
    return list(rows.only("id").order_by("id")[:limit])


def _any_of(places: Iterable[str], text: str) -> Q:
    """A condition that is true when one of the look-ups finds the text."""
    condition = Q()
    for place in places:
        condition |= Q(**{place: text})
    return condition
