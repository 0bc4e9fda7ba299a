"""Whether people can be paged, read for any number of them by a handful of queries.

It only reads. It stands here because what a channel is worth is known by its accounts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Max, Q
from django.db.models.functions import Coalesce, Greatest

from accounts.models import User
from notifications import accounts, queries
from notifications.domain import reach, readiness
from notifications.domain.choice import Rule
from notifications.domain.reach import Known, Way
from notifications.domain.readiness import LastDrill, Light, Score, WayFacts
from notifications.models import (
    Channel,
    ContactMethod,
    DeliveryEvent,
    DeliveryOutcome,
    Drill,
    NotificationRule,
    Urgency,
)

NAMES: dict[str, str] = {one.value: str(one.label) for one in Channel}
MOST_NAMED = 5
COLUMNS = ("user_id", "id", "channel", "enabled", "position", "proof", "failed", "address")
REACH_COLUMNS = ("user_id", "channel", "enabled", "proof", "address")
# One instant and one flag instead of three instants: reading those is what takes the time.
PROOF = Greatest(Coalesce("verified_at", "proven_at"), Coalesce("proven_at", "verified_at"))
FAILED = ExpressionWrapper(Q(failed_at__isnull=False), BooleanField())


def of_people(ids: Iterable[int], now: datetime) -> dict[int, Score]:
    """The score of each; who is disabled or unknown gets none."""
    people = User.objects.pageable().filter(pk__in=set(ids))
    return of_users(people.values_list("pk", "email"), now)


def of_user(user: User, now: datetime) -> Score:
    """Of one person, also of one who may not be paged any more."""
    return of_users([(user.pk, user.email)], now)[user.pk]


def of_users(people: Iterable[tuple[int, str]], now: datetime) -> dict[int, Score]:
    """The same for (id, mail address) of people who are known; five queries."""
    mail = dict(people)
    ways = _ways(mail)
    rules = _rules(mail)
    drills = _drills(mail)
    served = accounts.services(now)
    return {
        pk: readiness.score(_with_mail(ways[pk], email), rules[pk], served, now, drills.get(pk))
        for pk, email in mail.items()
    }


def reach_of(ids: Iterable[int], now: datetime) -> dict[int, Known]:
    """The short form, for guards of many people; two queries for any number."""
    people = dict(User.objects.filter(pk__in=set(ids)).values_list("pk", "email"))
    served = accounts.services(now)
    ways: dict[int, list[Way]] = defaultdict(list)
    rows = _of(ContactMethod, people).annotate(proof=PROOF)
    for user, channel, enabled, proof, address in rows.values_list(*REACH_COLUMNS):
        leaves = accounts.leaves(channel, address, served)
        ways[user].append(Way(channel, enabled, proof is not None, leaves))
    for pk, email in people.items():
        if _mail_is_implied(ways[pk], email):
            leaves = accounts.leaves(Channel.EMAIL, email, served)
            ways[pk].append(Way(Channel.EMAIL, enabled=True, proven=False, served=leaves))
    return {pk: reach.reach_of(ways[pk]) for pk in people}


def doubts(ids: Iterable[int], now: datetime) -> list[str]:
    """Sentences that name whom of some people a page cannot reach, or may not wake."""
    scores = of_people(ids, now)
    names = dict(User.objects.filter(pk__in=scores).order_by("name").values_list("pk", "name"))
    said = ((Light.RED, "A page cannot reach"), (Light.AMBER, "A page may not wake"))
    found = []
    for light, words in said:
        listed = [name for pk, name in names.items() if scores[pk].light is light]
        rest = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
        if listed:
            found.append(f"{words} {', '.join(listed[:MOST_NAMED])}{rest}: see Reachability.")
    return found


def note_failures(events: Sequence[DeliveryEvent], now: datetime) -> None:
    """Subscriber of deliveries: which ways are worth a look, so that nobody searches them all."""
    failed = {
        event.delivery.contact_method_id
        for event in events
        if event.outcome in (DeliveryOutcome.FAILED, DeliveryOutcome.NOT_SENT)
        and event.delivery.contact_method_id
    }
    for pk in sorted(failed):
        ContactMethod.objects.filter(pk=pk).update(failed_at=now)


def _ways(ids: Collection[int]) -> dict[int, list[WayFacts]]:
    known = _of(ContactMethod, ids).annotate(proof=PROOF, failed=FAILED)
    rows = list(known.values_list(*COLUMNS))
    # Of one person each way is asked about, of many only those that failed at some time.
    suspects = [pk for _, pk, *_, failed, _ in rows if failed or len(ids) == 1]
    failing = queries.failing_of(suspects) if suspects else set()
    found: dict[int, list[WayFacts]] = defaultdict(list)
    for user, pk, channel, enabled, position, proof, _, address in rows:
        facts = WayFacts(
            pk,
            channel,
            enabled,
            position,
            proof,
            failing=pk in failing,
            own_road="://" in address,
            name=NAMES.get(channel, channel),
        )
        found[user].append(facts)
    return found


def _with_mail(ways: list[WayFacts], email: str) -> list[WayFacts]:
    if not _mail_is_implied(ways, email):
        return ways
    return [WayFacts(0, Channel.EMAIL, name=NAMES[Channel.EMAIL]), *ways]


def _mail_is_implied(ways: Sequence[Way | WayFacts], email: str) -> bool:
    """The account's address is a way until the person says otherwise (`ensure_default_method`)."""
    return bool(email) and all(way.channel != Channel.EMAIL for way in ways)


def _rules(ids: Collection[int]) -> dict[int, list[Rule]]:
    found: dict[int, list[Rule]] = defaultdict(list)
    for row in _of(NotificationRule, ids).filter(urgency=Urgency.HIGH):
        found[row.user_id].append(queries.rule_value(row))
    return found


def _drills(ids: Collection[int]) -> dict[int, LastDrill]:
    """The newest test page of each."""
    newest = _of(Drill, ids).order_by().values("user").annotate(last=Max("pk")).values("last")
    rows = Drill.objects.filter(pk__in=newest).order_by()
    return {
        user: LastDrill(started_at, frozenset(ways), over is None, answered is not None)
        for user, started_at, ways, over, answered in rows.values_list(
            "user_id", "started_at", "ways", "concluded_at", "answered_at"
        )
    }


def _of(model: Any, ids: Collection[int]) -> Any:
    return model.objects.filter(user_id__in=ids)
