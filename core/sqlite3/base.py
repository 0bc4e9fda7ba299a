"""SQLite as a database engine of Django, without its habit of losing rows in silence.

`bulk_create(ignore_conflicts=True)` shall pass over rows that exist. Django writes INSERT OR IGNORE
for it, which on SQLite also swallows rows that break a CHECK or a NOT NULL: a page could vanish
without an error. ON CONFLICT DO NOTHING passes over duplicates only, as on PostgreSQL.
https://www.sqlite.org/lang_conflict.html https://www.sqlite.org/lang_upsert.html
"""

from typing import Any

from django.db.backends.sqlite3 import base, operations
from django.db.models.constants import OnConflict


class DatabaseOperations(operations.DatabaseOperations):
    """Only inserts differ."""

    def insert_statement(self, on_conflict: Any = None) -> str:
        return "INSERT INTO"

    def on_conflict_suffix_sql(
        self, fields: Any, on_conflict: Any, update_fields: Any, unique_fields: Any
    ) -> str:
        if on_conflict == OnConflict.IGNORE:
            return "ON CONFLICT DO NOTHING"
        return super().on_conflict_suffix_sql(fields, on_conflict, update_fields, unique_fields)


class DatabaseWrapper(base.DatabaseWrapper):
    """Named by `settings.DATABASES`."""

    ops_class = DatabaseOperations
