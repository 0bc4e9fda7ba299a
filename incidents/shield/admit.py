"""What may leave at once and what is gathered: decided under the lock of one row per person."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.models import User
from core import config
from incidents.domain import shield
from incidents.domain.bundle import RANKS, highest
from incidents.domain.shield import Limits
from incidents.models import Bundle, BundleKind, BundleMember, BundleState, Incident, PageBudget

# Locks the rows and notes that every message leaves at once, which is nearly always so: where it
# is not, `_correct` writes what really left. In order of the keys, like everywhere: no deadlock.
_TOUCH = """
INSERT INTO incidents_pagebudget (kind, user_id, service_id, recent) VALUES {rows}
ON CONFLICT (user_id, service_id, kind) DO UPDATE
SET recent = substr(excluded.recent || incidents_pagebudget.recent, 1, {length})
RETURNING id, user_id, service_id, recent, bundle_id
"""
_LENGTH = 2 * shield.REMEMBERED * shield.DIGITS

Cause = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ask:
    """One person is to hear of one incident; `page_key` says what made it, as on deliveries."""

    incident: Incident
    user: User
    page_key: str
    urgency: str
    channels: tuple[str, ...] = ()
    all_channels: bool = False
    may_wait: bool = False

    @property
    def cause(self) -> Cause:
        return self.user.pk, self.incident.service_id


@dataclass(slots=True)
class _Account:
    """The row of one person and cause, and what this transaction makes of it."""

    pk: int
    recent: list[datetime]
    bundle: int | None


def limits() -> Limits:
    """Those of the installation."""
    minutes = max(1, int(config.get("pages_window_minutes")))
    return Limits(int(config.get("pages_per_cause")), timedelta(minutes=minutes))


def gathered(kind: BundleKind, asks: Sequence[Ask], now: datetime) -> list[Ask]:
    """Puts into bundles what must not leave at once, and returns it; the rest is the caller's.

    Joins the caller's transaction: from its commit on the bundle is owed. One statement while
    there is no storm, none without a shield.
    """
    most = limits()
    if not most.pages or not asks:
        return []
    by_cause: dict[Cause, list[Ask]] = defaultdict(list)
    for ask in sorted(asks, key=lambda ask: (RANKS.get(ask.urgency, 1), ask.incident.pk)):
        by_cause[ask.cause].append(ask)
    late: list[Ask] = []
    for cause, account in _touch(kind, by_cause, now).items():
        late += _admit(kind, account, by_cause[cause], most, now)
    return late


def _touch(
    kind: BundleKind, by_cause: dict[Cause, list[Ask]], now: datetime
) -> dict[Cause, _Account]:
    causes = sorted(by_cause)
    values: list[Any] = []
    for cause in causes:
        values += [kind.value, *cause, shield.written([now] * _noted(by_cause[cause]))]
    rows = ", ".join(["(%s, %s, %s, %s)"] * len(causes))
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH.format(rows=rows, length=_LENGTH), values)
        found = cursor.fetchall()
    return {
        (user, service): _Account(
            pk, shield.read(recent)[_noted(by_cause[user, service]) :], bundle
        )
        for pk, user, service, recent, bundle in found
    }


def _noted(asks: Sequence[Ask]) -> int:
    return min(len(asks), shield.REMEMBERED)


def _admit(
    kind: BundleKind, account: _Account, asks: Sequence[Ask], most: Limits, now: datetime
) -> list[Ask]:
    """Those of one person and cause that are gathered, the most urgent and oldest first."""
    late: list[Ask] = []
    for ask in asks:
        free = account.bundle is None and not late
        if free and shield.at_once(account.recent, now, most, urgent=ask.urgency == "HIGH"):
            account.recent.insert(0, now)
        else:
            late.append(ask)
    if late:
        bundle = _join(kind, account, late, most, now)
        _correct(account, bundle, most, now)
    return late


def _correct(account: _Account, bundle: Bundle, most: Limits, now: datetime) -> None:
    recent = shield.written(shield.within(account.recent, now, most)[: shield.REMEMBERED])
    PageBudget.objects.filter(pk=account.pk).update(recent=recent, bundle=bundle)


def _join(
    kind: BundleKind, account: _Account, asks: Sequence[Ask], most: Limits, now: datetime
) -> Bundle:
    """The bundle that gathers, with these in it. The lock of the account guards it too."""
    bundle = _gathering(account) or _open(kind, asks, now)
    bundle.urgency = highest([bundle.urgency, *(ask.urgency for ask in asks)])
    bundle.channels = _channels(bundle, asks)
    bundle.all_channels = bundle.all_channels or any(ask.all_channels for ask in asks)
    bundle.may_wait = bundle.may_wait and all(ask.may_wait for ask in asks)
    bundle.count += len(asks)
    bundle.last_at = now
    urgent = bundle.urgency == "HIGH"
    bundle.leaves_at = shield.leaves_at(bundle.opened_at, account.recent, now, most, urgent=urgent)
    bundle.save()
    BundleMember.objects.bulk_create(
        (
            BundleMember(
                bundle=bundle, incident=ask.incident, run=ask.incident.run, page_key=ask.page_key
            )
            for ask in asks
        ),
        ignore_conflicts=True,
    )
    return bundle


def _gathering(account: _Account) -> Bundle | None:
    rows = Bundle.objects.select_for_update().filter(state=BundleState.GATHERING)
    return rows.filter(pk=account.bundle).first() if account.bundle else None


def _open(kind: BundleKind, asks: Sequence[Ask], now: datetime) -> Bundle:
    first = asks[0]
    return Bundle(
        kind=kind,
        user=first.user,
        service_id=first.incident.service_id,
        urgency=first.urgency,
        channels=list(first.channels),
        may_wait=True,
        opened_at=now,
    )


def _channels(bundle: Bundle, asks: Sequence[Ask]) -> list[str]:
    """Those of the steps together; none as soon as one goes by the person's own rules."""
    lists = [set(ask.channels) for ask in asks]
    if bundle.pk is not None:
        lists.append(set(bundle.channels))
    return sorted(set().union(*lists)) if all(lists) else []
