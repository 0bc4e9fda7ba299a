"""The delivery log as rows of a file for spreadsheets."""

from collections.abc import Iterable, Iterator
from typing import Any

from notifications.domain import reasons
from notifications.models import Delivery

HEAD = (
    "written",
    "person",
    "channel",
    "about",
    "incident",
    "state",
    "reason",
    "why this way",
    "tries",
    "finished",
    "arrived",
    "seen",
    "perhaps twice",
)


def csv_rows(rows: Iterable[Delivery]) -> Iterator[list[Any]]:
    """Instants are UTC as ISO 8601 has them; addresses stay in the product."""
    for row in rows:
        instants = [row.created_at, row.finished_at, row.delivered_at, row.seen_at]
        written, *later = [at.isoformat(timespec="seconds") if at else "" for at in instants]
        yield [
            written,
            str(row.user or ""),
            row.get_channel_display(),
            row.title,
            row.subject_id if row.subject_kind.startswith("incident") else "",
            row.get_state_display(),
            row.reason,
            reasons.sentence(row.why),
            row.attempts,
            *later,
            "yes" if row.possible_duplicate else "",
        ]
