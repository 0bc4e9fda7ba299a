"""Fixed-window rate limits in rows: one atomic upsert per call, shared by all processes."""

from dataclasses import dataclass

from django.db import connection

from core.database import hot_cursor

# This statement must not cost an fsync: a lost count after a power cut harms nobody. PostgreSQL
# keeps the table unlogged (migration), SQLite is told so around the statement.
_UPSERT = """
INSERT INTO core_ratebucket (key, "window", count) VALUES (%(key)s, %(window)s, 1)
ON CONFLICT (key, "window") DO UPDATE SET count = core_ratebucket.count + 1 RETURNING count
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of one use: `remaining` uses in this window, `reset` seconds until the next."""

    allowed: bool
    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """X-RateLimit-* as documented; Retry-After when refused. Empty when no limit is set."""
        if not self.limit:
            return {}
        values = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }
        if not self.allowed:
            values["Retry-After"] = str(self.reset)
        return values


def hit(key: str, limit: int, *, now: float, seconds: int = 60) -> Verdict:
    """Counts one use of `key` in the current window of `seconds`; `limit` 0 means no limit."""
    if limit <= 0:
        return Verdict(True, 0, 0, 0)
    window = int(now) // seconds * seconds
    count = _count(key, window)
    reset = max(1, window + seconds - int(now))
    return Verdict(count <= limit, limit, max(0, limit - count), reset)


def peek(key: str, *, now: float, seconds: int = 60) -> int:
    """Uses in the current window, without counting one."""
    window = int(now) // seconds * seconds
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT count FROM core_ratebucket WHERE key = %s AND "window" = %s', [key, window]
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _count(key: str, window: int) -> int:
    with hot_cursor() as cursor:
        relax = connection.vendor == "sqlite" and not connection.in_atomic_block
        if relax:
            cursor.execute("PRAGMA synchronous=NORMAL")
        try:
            cursor.execute(_UPSERT, {"key": key, "window": window})
            return int(cursor.fetchone()[0])
        finally:
            if relax:
                cursor.execute("PRAGMA synchronous=FULL")


def prune(now: float, keep_seconds: int = 7200) -> int:
    """Deletes windows that ended long ago; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute('DELETE FROM core_ratebucket WHERE "window" < %s', [int(now) - keep_seconds])
        return int(cursor.rowcount)
