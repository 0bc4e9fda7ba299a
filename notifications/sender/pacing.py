"""Keeps to the limits of accounts: which one a message leaves through now, or until when it waits.

A channel without a limit costs nothing here. One that has some costs one short transaction per
batch, in which the senders take their share of the minute one after the other.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Greatest

from core.database import relax_commit
from notifications import accounts, held
from notifications.accounts import Candidate
from notifications.channels.base import Account
from notifications.commands.chains import release_next
from notifications.domain import pace
from notifications.models import Delivery, DeliveryState, Provider, ProviderPace

AT_ONCE = 500  # due messages behind a full account that are put off together


@dataclass(frozen=True, slots=True)
class Wait:
    """A message that cannot leave now. `until` is known where the vendor asked, else its turn."""

    key: str
    per_minute: int
    until: datetime | None = None


@dataclass(slots=True)
class Verdict:
    """Per delivery: the account it leaves through, or why it waits. Others are not concerned."""

    chosen: dict[int, Account] = field(default_factory=dict)
    waits: dict[int, Wait] = field(default_factory=dict)
    uses: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def admit(leads: Sequence[Delivery], now: datetime) -> Verdict:
    """Takes a place for each message that may leave, the most urgent first."""
    ways = {row.pk: found for row in leads if (found := accounts.paced(row, now))}
    verdict = Verdict()
    if not ways:
        return verdict
    with transaction.atomic():
        relax_commit()  # a lost count after a crash only sends a little more
        limited = {one.account.key for able in ways.values() for one in able if one.per_minute}
        paces = _locked(limited)
        before = {key: pace.within(one.recent, now) for key, one in paces.items()}
        verdict.uses = dict(before)
        for row in sorted(leads, key=lambda one: one.rank):
            if row.pk in ways:
                _place(row, ways[row.pk], verdict, now)
        for key, one in paces.items():
            if verdict.uses[key] != before[key]:
                ProviderPace.objects.filter(pk=one.pk).update(recent=verdict.uses[key])
    return verdict


def hold(
    rows: Sequence[Delivery], waits: Mapping[int, Wait], verdict: Verdict, now: datetime
) -> None:
    """Puts claimed deliveries off, and with them what is due behind the same full accounts.

    No attempt is counted and nothing fails. `waits` names each of `rows`.
    """
    if not rows:
        return
    tokens = {row.pk: row.lease_token for row in rows}
    with transaction.atomic():
        relax_commit()
        keys = {wait.key for wait in waits.values()}
        plan = _Plan(held.throttled(keys, beyond=now), verdict.uses, now)
        locked = Delivery.objects.filter(pk__in=tokens).order_by("id").select_for_update()
        ours = locked.filter(state=DeliveryState.SENDING)
        for pk, rank, token in ours.values_list("id", "rank", "lease_token"):
            if token == tokens[pk]:
                plan.add(pk, rank, waits[pk], claimed=True)
        for ahead in _foremost(rows, waits):
            for pk, rank in _behind(ahead, now):
                plan.add(pk, rank, waits[ahead.pk], claimed=False)
        plan.write()


def hurry(now: datetime) -> None:
    """Another way, planned for later, goes out for who waits too long for an urgent page."""
    rows = held.held_too_long(now)
    if rows:
        with transaction.atomic():
            release_next(rows, now)


def _locked(keys: set[str]) -> dict[str, ProviderPace]:
    """The rows of accounts, locked in order; made where there are none yet."""
    found = _select(keys)
    if missing := keys - set(found):
        new = Provider.objects.filter(public_id__in=missing)
        ProviderPace.objects.bulk_create(
            [ProviderPace(provider=one) for one in new], ignore_conflicts=True
        )
        found = _select(keys)
    return found


def _select(keys: set[str]) -> dict[str, ProviderPace]:
    rows = ProviderPace.objects.filter(provider__public_id__in=keys).order_by("provider_id")
    named = rows.annotate(key=F("provider__public_id")).select_for_update(of=("self",))
    return {row.key: row for row in named}


def _place(row: Delivery, able: Sequence[Candidate], verdict: Verdict, now: datetime) -> None:
    """The first well account with room. With none well a broken one is tried, as ever.

    But where a vendor asked for a pause its end is waited for: an account that fails meanwhile
    would use up the tries of the message.
    """
    well = [one for one in able if one.is_well(now)]
    resting = [one for one in able if one.health.rests(now)]
    if not well and resting:
        shut = [one.health.open_until for one in able if one.complete and one.health.is_open(now)]
        ends = [until for until in (*shut, *(one.health.rest_until for one in resting)) if until]
        first = resting[0]
        verdict.waits[row.pk] = Wait(first.account.key, first.per_minute, min(ends))
        return
    for one in well or able[:1]:
        key = one.account.key
        if not one.per_minute or key not in verdict.uses:  # it was removed a moment ago
            verdict.chosen[row.pk] = one.account
            return
        granted = pace.grant(verdict.uses[key], one.per_minute, row.rank, now)
        if granted is not None:
            verdict.uses[key] = granted
            verdict.chosen[row.pk] = one.account
            return
    first = (well or able)[0]
    verdict.waits[row.pk] = Wait(first.account.key, first.per_minute)


@dataclass(slots=True)
class _Plan:
    """Until when each waits: behind what is as urgent as it is, or more, and waits already."""

    waiting: dict[str, dict[int, int]]
    uses: Mapping[str, list[tuple[int, int]]]
    now: datetime
    until: dict[tuple[datetime, Wait, bool], list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, pk: int, rank: int, wait: Wait, *, claimed: bool) -> None:
        ranks = self.waiting.setdefault(wait.key, {})
        until = wait.until
        if until is None:
            place = sum(many for other, many in ranks.items() if other <= rank)
            used = self.uses.get(wait.key, [])
            until = pace.free_at(used, wait.per_minute, rank, place, self.now)
        ranks[rank] = ranks.get(rank, 0) + 1
        self.until[until, wait, claimed].append(pk)

    def write(self) -> None:
        """A claimed one gives its attempt back: it was never tried."""
        for (until, wait, claimed), ids in self.until.items():
            many = sum(self.waiting[wait.key].values())
            reason = pace.over_limit(wait.per_minute, many)
            if wait.until is not None:
                reason = pace.asked_to_wait(wait.until)
            Delivery.objects.filter(pk__in=ids).update(
                state=DeliveryState.QUEUED,
                provider=wait.key,
                attempts=Greatest(F("attempts") - int(claimed), Value(0)),
                reason=reason,
                next_attempt_at=until,
                planned_at=self.now,
                throttled_since=Coalesce("throttled_since", Value(self.now)),
                lease_until=None,
                lease_token="",
            )


def _foremost(rows: Sequence[Delivery], waits: Mapping[int, Wait]) -> list[Delivery]:
    """Per channel and bulkhead the most urgent one that waits: no less urgent one can leave."""
    found: dict[tuple[str, str], Delivery] = {}
    for row in sorted(rows, key=lambda one: one.rank, reverse=True):
        found[row.channel, row.provider] = row
    return list(found.values())


def _behind(ahead: Delivery, now: datetime) -> list[tuple[int, int]]:
    """(id, rank) of what is due behind it, else each round would claim a few of a whole storm."""
    rows = Delivery.objects.filter(
        held.OPEN,
        ~Q(subject_kind=accounts.PROVIDER_TEST),
        state=DeliveryState.QUEUED,
        provider=ahead.provider,
        channel=ahead.channel,
        rank__gte=ahead.rank,
        next_attempt_at__lte=now,
    )
    skip = connection.features.has_select_for_update_skip_locked
    rows = rows.select_for_update(skip_locked=skip).order_by("rank", "next_attempt_at", "id")
    return list(rows.values_list("id", "rank")[:AT_ONCE])
