"""Conditions that Django's own look-ups cannot express well on both databases."""

from typing import Any

from django.db.models import Lookup


class AmongRows(Lookup):
    """`AmongRows(F("service_id"), Subquery(…))`: the value is one of those the subquery gives.

    Meant for one side of an OR on a large table. PostgreSQL cannot use an index for OR with
    IN (SELECT …); with an array that is read first it can. SQLite can, but does not know how many
    rows it will meet that way: for somebody who may see most of them that is many times slower
    than walking one index, so the plus sign takes the choice away.
    """

    lookup_name = "among_rows"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, values = self.process_lhs(compiler, connection)
        rows, more = compiler.compile(self.rhs)
        if connection.vendor == "postgresql":
            return f"{left} = ANY(ARRAY{rows})", (*values, *more)
        return f"+{left} IN {rows}", (*values, *more)
