"""The few places that speak to the database driver itself."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

import psycopg
from django.db import InterfaceError, OperationalError, connection

# The database itself is away or busy: nothing is wrong with the rows, so all of it is tried again.
AWAY = (OperationalError, InterfaceError)
HEALTHY_SECONDS = 1.0
_used = threading.local()  # connections belong to threads


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


class _HotCursor(psycopg.Cursor[Any]):
    """Outlives a migration on the live system.

    A column that changes its type makes PostgreSQL refuse the plans prepared before, until they
    are dropped; the driver keeps them for as long as the connection sees no rollback.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        try:
            return super().execute(query, params, **options)
        except psycopg.errors.FeatureNotSupported as error:
            if self.connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                # The rollback drops the plans; whoever gets this asks the sender to come again.
                raise psycopg.OperationalError(str(error)) from error
            super().execute("DEALLOCATE ALL", prepare=False)
            return super().execute(query, params, **options)


@contextmanager
def hot_cursor() -> Iterator[Any]:
    """A cursor for statements that run with every event; parameters as a mapping.

    On PostgreSQL the driver's own cursor: bound and, after some uses, prepared on the server, so
    that a statement is parsed and planned once per connection (the settings say after how
    many). Django's exceptions are raised on both databases.
    """
    if is_postgresql():
        connection.ensure_connection()
        with connection.wrap_database_errors, _HotCursor(connection.connection) as cursor:
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
