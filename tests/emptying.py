"""Takes away what a test with committed rows left: of a hundred tables only those that hold any.

Django would empty all of them, and then write the rights and types of all models anew. These
never change during tests, so they stay.
"""

from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def install() -> None:
    """Lets every test that commits end like this."""
    TransactionTestCase._fixture_teardown = lambda self: empty()


def empty() -> None:
    """As `flush` leaves it, but for `KEPT`; numbers of rows go on."""
    tables = sorted({*connection.introspection.table_names()} - KEPT)
    with connection.cursor() as cursor:
        full = _full(cursor, tables)
        if not full:
            return
        postgres = connection.vendor == "postgresql"
        # Rows that point at each other go in any order.
        off, on = (
            ("SET session_replication_role = replica", "SET session_replication_role = origin")
            if postgres
            else ("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON")
        )
        cursor.execute(off)
        try:
            with transaction.atomic():
                for name in full:
                    cursor.execute(f'DELETE FROM "{name}"')
        finally:
            cursor.execute(on)


def _full(cursor, tables: list[str]) -> list[str]:
    """Those that hold a row."""
    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables
    )
    cursor.execute(asked)
    return [name for (name,) in cursor.fetchall()]
