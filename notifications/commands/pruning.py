"""Takes away what is older than the installation keeps: deliveries, their tries, notices, outbox.

The ticker calls it between two looks at what is due, so one call reads a bounded number of rows
from the old end of each table and never searches one. Nothing that belongs to an open incident
goes, nothing that is still to be sent or told of, and not the last proof that an address works.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db.models import Exists, Model, OuterRef
from django.utils.module_loading import import_string

from core import config
from notifications.models import (
    OPEN_STATES,
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    DeliveryState,
    InAppNotification,
    OutboxMail,
)

BATCH = 200  # rows of each table that one call looks at

Subject = tuple[str, int]
Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """`dated`: the column that says how old a row is, `limit`: the setting that says how long it
    stays, `needed`: which of some old rows must stay all the same."""

    model: type[Model]
    dated: str
    limit: str
    needed: Callable[[Rows], set[int]]
    columns: tuple[str, ...] = ()


# Where the next look at a table begins. Lost with the process: then it begins at the old end again.
_reached: dict[type[Model], int] = defaultdict(int)


def prune(now: datetime) -> int:
    """Looks at one batch of each table; returns how many rows of full batches it saw, so that the
    caller comes again soon while there is more."""
    return sum(_prune(table, now) for table in TABLES)


def _prune(table: Table, now: datetime) -> int:
    days = config.get(table.limit)
    if not days:
        return 0
    rows = table.model._default_manager.filter(pk__gt=_reached[table.model]).order_by("pk")
    batch = list(rows.values("pk", table.dated, *table.columns)[:BATCH])
    before = now - timedelta(days=days)
    old = list(takewhile(lambda row: row[table.dated] < before, batch))
    stays = table.needed(old) if old else set()
    gone = [row["pk"] for row in old if row["pk"] not in stays]
    table.model._default_manager.filter(pk__in=gone).delete()
    more = len(old) == BATCH
    _reached[table.model] = old[-1]["pk"] if more else 0
    return len(old) if more else 0


def _nothing(rows: Rows) -> set[int]:
    return set()


def _needed_deliveries(rows: Rows) -> set[int]:
    ids = [row["pk"] for row in rows]
    newer = Delivery.objects.filter(
        contact_method=OuterRef("contact_method"),
        subject_kind=OuterRef("subject_kind"),
        state=DeliveryState.SENT,
        pk__gt=OuterRef("pk"),
    )
    sent = Delivery.objects.filter(pk__in=ids, state=DeliveryState.SENT)
    proofs = sent.exclude(contact_method=None).filter(~Exists(newer))
    untold = DeliveryEvent.objects.filter(delivery__in=ids, published_at=None)
    return {
        *_of_what_goes_on(rows, ""),
        *proofs.values_list("pk", flat=True),
        *untold.values_list("delivery_id", flat=True),
    }


def _needed_tries(rows: Rows) -> set[int]:
    return _of_what_goes_on(rows, "delivery__")


def _needed_events(rows: Rows) -> set[int]:
    untold = {row["pk"] for row in rows if row["published_at"] is None}
    return untold | _of_what_goes_on(rows, "delivery__")


def _of_what_goes_on(rows: Rows, path: str) -> set[int]:
    """Those whose delivery, reached by `path`, is not over, or its subject is not."""
    subjects = {row["pk"]: _subject(row, path) for row in rows}
    in_use = _in_use(set(subjects.values()))
    return {
        row["pk"]
        for row in rows
        if row[f"{path}state"] in OPEN_STATES or subjects[row["pk"]] in in_use
    }


def _subject(row: dict[str, Any], path: str) -> Subject:
    return row[f"{path}subject_kind"], row[f"{path}subject_id"]


def _needed_notices(rows: Rows) -> set[int]:
    """A page's notice has its subject in front of its key, see `enqueue`."""
    subjects = {row["pk"]: _subject_of_key(row["key"]) for row in rows}
    in_use = _in_use({subject for subject in subjects.values() if subject})
    return {pk for pk, subject in subjects.items() if subject in in_use}


def _subject_of_key(key: str) -> Subject | None:
    kind, _, rest = key.partition(":")
    number = rest.partition(":")[0]
    return (kind, int(number)) if number.isdecimal() else None


def _in_use(subjects: Collection[Subject]) -> set[Subject]:
    """Those that are not over, asked of whoever knows their kind, through wiring."""
    by_kind: dict[str, set[int]] = defaultdict(set)
    for kind, subject_id in subjects:
        by_kind[kind].add(subject_id)
    return {
        (kind, subject_id)
        for kind, ids in by_kind.items()
        if kind in settings.SUBJECTS_IN_USE
        for subject_id in import_string(settings.SUBJECTS_IN_USE[kind])(ids)
    }


_ABOUT = ("state", "subject_kind", "subject_id")
_ABOUT_DELIVERY = tuple(f"delivery__{column}" for column in _ABOUT)

TABLES = (
    Table(DeliveryAttempt, "finished_at", "keep_attempts_days", _needed_tries, _ABOUT_DELIVERY),
    Table(
        DeliveryEvent,
        "at",
        "keep_attempts_days",
        _needed_events,
        ("published_at", *_ABOUT_DELIVERY),
    ),
    Table(Delivery, "created_at", "keep_deliveries_days", _needed_deliveries, _ABOUT),
    Table(InAppNotification, "created_at", "keep_notices_days", _needed_notices, ("key",)),
    Table(OutboxMail, "created_at", "keep_outbox_days", _nothing),
)
