"""The few places that speak to the database driver itself."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection

# The database itself is away or busy: nothing is wrong with the rows, so all of it is tried again.
AWAY = (OperationalError, InterfaceError)
HEALTHY_SECONDS = 1.0
_used = threading.local()  # connections belong to threads


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


@contextmanager
def hot_cursor() -> Iterator[Any]:
    """A cursor for statements that run with every event; parameters as a mapping.

    On PostgreSQL the driver's own cursor: bound and, after some uses, prepared on the server, so
    that a statement is parsed and planned once per connection (the settings say after how
    many). Django's exceptions are raised on both databases.
    """
    if is_postgresql():
        connection.ensure_connection()
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            yield cursor
    else:
        with connection.cursor() as cursor:
            yield cursor


def stored_time(value: datetime) -> Any:
    """An instant as a parameter of raw SQL."""
    return connection.ops.adapt_datetimefield_value(value)


def trust_recent_connection() -> None:
    """Skips Django's health check (a round trip) on a connection used within the last second.

    One that died meanwhile costs the sender a 503 and a retry; an idle one is checked as ever.
    """
    used_at = time.monotonic()
    if used_at - _used.__dict__.get("at", 0.0) < HEALTHY_SECONDS:
        connection.health_check_done = True  # type: ignore[attr-defined]
    _used.at = used_at


def relax_commit() -> None:
    """This transaction need not wait for the disk: losing it in a crash only repeats its work.

    For PostgreSQL, inside a transaction. Never on the path that accepts an event.
    """
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
