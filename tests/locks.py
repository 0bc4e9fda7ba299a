"""What PostgreSQL says about locks, for tests of races."""

from django.db import connection

# Not pg_stat_activity, which a transaction sees as it was when it first looked.
_WAITS = """
SELECT EXISTS (SELECT FROM pg_locks
  WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))
"""


def somebody_waits() -> bool:
    """Whether another connection waits for what the transaction of this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITS)
        return bool(cursor.fetchone()[0])
