"""The minute's look at what must never be: noted in a row for readiness, and said in the log."""

import logging
from dataclasses import asdict
from datetime import datetime

from core import heartbeat
from dashboard import queries
from incidents import commands as incidents
from incidents import queries as incident_queries

log = logging.getLogger("opsknight.watch")

NAMED = 10  # so many incidents are named in a line


def look(now: datetime) -> int:
    """Checks the invariants of paging; returns how many things are in trouble."""
    found = queries.trouble(now)
    heartbeat.beat(queries.CHECK, now=now, **asdict(found))
    if found.orphans:
        lost = incident_queries.orphans(now, queries.ORPHAN_GRACE).order_by("pk")
        names = list(lost.values_list("pk", flat=True)[:NAMED])
        log.error("invariant broken: %d incidents without a next step: %s", found.orphans, names)
    if found.untold:
        log.error("%d escalations fail and nobody could be told", found.untold)
    incidents.forget_faults(now)
    return found.orphans + found.failing + found.overdue
