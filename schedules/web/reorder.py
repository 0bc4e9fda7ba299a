"""A layer form filled with a suggested order: `?order=2,0,1&anchor=2026-03-23T09:00`."""

import copy

from django.http import QueryDict

from schedules.models import LayerVersion
from schedules.web.fields import FORMAT, read_wall


def asked(version: LayerVersion, query: QueryDict) -> LayerVersion | None:
    """The rules in that order from that hand-off on, not saved; None for anything else."""
    anchor = read_wall(query.get("anchor", ""))
    order = [int(part) for part in query.get("order", "").split(",") if part.isdecimal()]
    if anchor is None or sorted(order) != list(range(len(version.slots))):
        return None
    found = copy.copy(version)
    found.slots = [version.slots[at] for at in order]
    found.anchor = anchor.strftime(FORMAT)
    return found
