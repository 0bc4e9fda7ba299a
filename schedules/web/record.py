"""What the page of the record shows: rows, what corrects them, and what still goes on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schedules.domain.model import Source
from schedules.models import LedgerMark, LedgerSpan

HEAD = (
    "Row",
    "Schedule",
    "Person",
    "From (UTC)",
    "To (UTC)",
    "Minutes",
    "Reason",
    "State",
    "Corrects row",
    "Filled in after downtime",
    "Note",
    "Recorded at (UTC)",
    "Recorded by",
)
STANDS, CORRECTED, WITHDRAWN = "stands", "corrected", "nobody served"


@dataclass(frozen=True, slots=True)
class Going:
    """Somebody on call whose span is not over."""

    name: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    row: LedgerSpan
    length: str
    reason: str
    corrections: list[LedgerSpan]

    @property
    def corrected(self) -> bool:
        return bool(self.corrections)


def lines(rows: Iterable[LedgerSpan]) -> list[Line]:
    """Rows come with their corrections (`queries.record_of`)."""
    return [
        Line(row, hours(row.end - row.start), _reason(row), list(row.corrections.all()))
        for row in rows
    ]


def going_on(mark: LedgerMark | None) -> list[Going]:
    spans = mark.open_spans if mark else []
    return [
        Going(item["who"], datetime.fromisoformat(item["since"]), item["name"]) for item in spans
    ]


def hours(span: timedelta) -> str:
    """ "167 h 30 min": hours are not days, they are what is paid."""
    minutes = round(span / timedelta(minutes=1))
    return f"{minutes // 60} h {minutes % 60:02d} min"


def csv_rows(rows: Iterable[LedgerSpan]) -> Iterable[list[object]]:
    for row in rows:
        corrected = bool(list(row.corrections.all()))
        yield [
            row.pk,
            row.schedule.name,
            row.user_name,
            row.start.isoformat(),
            row.end.isoformat(),
            round((row.end - row.start) / timedelta(minutes=1), 2),
            _reason(row),
            CORRECTED if corrected else WITHDRAWN if row.withdrawn else STANDS,
            row.corrects_id,
            "yes" if row.backfilled else "",
            row.note,
            row.recorded_at.isoformat(),
            row.recorded_by,
        ]


def _reason(row: LedgerSpan) -> str:
    return row.reason if row.reason_type == Source.LAYER else f"override: {row.reason}"
