"""The deliveries of one page to one person: what success and failure of one mean for the others."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import QuerySet

from notifications.commands.deliveries import withdraw
from notifications.domain.chain import Link, released_by_failure
from notifications.models import OPEN_STATES, Delivery, DeliveryAttempt, DeliveryState

PageOf = tuple[str, int, str, int | None]


def _page_of(row: Delivery) -> PageOf:
    return row.subject_kind, row.subject_id, row.page_key, row.user_id


def same_page(rows: Collection[Delivery]) -> QuerySet[Delivery]:
    """All deliveries of the pages of these rows to the same people."""
    pages = {_page_of(row) for row in rows}
    kinds, subjects, keys, people = zip(*pages, strict=True)
    return Delivery.objects.filter(
        subject_kind__in=set(kinds),
        subject_id__in=set(subjects),
        page_key__in=set(keys),
        user_id__in=set(people),
    )


def end_chains(sent: Sequence[Delivery], now: datetime) -> None:
    """The person is reached: the rest of the chain is not needed."""
    for row in sent:
        if row.ordered:
            rest = same_page([row]).filter(state__in=OPEN_STATES, ordered=True)
            withdraw(rest.exclude(pk=row.pk), _reached_by(row), now)


def resume(row: Delivery) -> None:
    """The person was not reached after all: what `end_chains` withdrew waits again.

    Earlier links too: one whose provider had no room was overtaken without having been tried.
    """
    if not row.ordered:
        return
    rest = same_page([row]).filter(state=DeliveryState.CANCELLED, ordered=True)
    rest = rest.filter(reason=_reached_by(row)).exclude(pk=row.pk)
    rest.update(state=DeliveryState.WAITING, reason="", finished_at=None)


def _reached_by(row: Delivery) -> str:
    return f"reached by {row.get_channel_display()}"


def release_next(failed: Sequence[Delivery], now: datetime) -> None:
    """Failover: the next channel goes out at once, whether or not the failed one is repeated."""
    people = [row for row in failed if row.user_id is not None]
    if not people:
        return
    pages: dict[PageOf, list[Delivery]] = defaultdict(list)
    for row in same_page(people).defer("message", "secret"):
        pages[_page_of(row)].append(row)
    released = []
    for row in people:
        links = [
            Link(
                other.pk,
                other.position,
                other.state,
                other.attempts,
                other.next_attempt_at,
                other.contact_method_id,
                other.throttled_since,
            )
            for other in pages[_page_of(row)]
            if other.pk not in released
        ]
        chosen = released_by_failure(row.pk, links, now)
        if chosen is not None:
            released.append(chosen)
    if released:
        untried = [DeliveryState.WAITING, DeliveryState.QUEUED]  # one taken meanwhile is on its way
        queue(Delivery.objects.filter(id__in=sorted(released), state__in=untried), now)


def queue(rows: QuerySet[Delivery], now: datetime) -> int:
    return rows.update(state=DeliveryState.QUEUED, next_attempt_at=now, planned_at=now)


def tried_accounts(row: Delivery) -> set[str]:
    """Keys of the accounts through which a delivery has been tried."""
    tries = DeliveryAttempt.objects.filter(delivery=row).exclude(account="")
    return set(tries.values_list("account", flat=True))
