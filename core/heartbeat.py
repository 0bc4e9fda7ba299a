"""Proof of life in rows: who is alive is judged by the age of a row, not by a process table."""

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from core.models import Heartbeat


def beat(name: str, *, now: datetime, **detail: Any) -> None:
    """`name` was alive at `now`. One UPDATE; raises django.db.Error when it cannot be written.

    Each statement is its own transaction: a process that is frozen between two of them holds
    nothing that others of its name would wait for. Within the caller's transaction, it is part
    of that.
    """
    row = Heartbeat.objects.filter(name=name)
    if row.update(at=now, detail=detail):
        return
    try:
        with _apart():
            Heartbeat.objects.create(name=name, at=now, detail=detail)
    except IntegrityError:  # somebody else was the first
        row.update(at=now, detail=detail)


def _apart() -> AbstractContextManager[Any]:
    """What fails here leaves a transaction around it whole."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def last() -> dict[str, datetime]:
    """When each name last beat."""
    return dict(Heartbeat.objects.values_list("name", "at"))


def find(name: str) -> Heartbeat | None:
    """The last beat of one name with its details."""
    return Heartbeat.objects.filter(name=name).first()


def is_fresh(at: datetime | None, *, now: datetime, seconds: float) -> bool:
    """Younger than `seconds`; a beat from the future (the clock went back) proves nothing."""
    return at is not None and -seconds <= (now - at).total_seconds() <= seconds
