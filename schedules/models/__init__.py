"""The nouns of on-call duty, by room: rules, changes to them, absence, ledger, feeds, guard."""

from schedules.models.absence import AbsenceCalendar, TimeOff
from schedules.models.changes import (
    CoverKind,
    CoverRequest,
    CoverState,
    OverrideSeries,
    ShiftBinding,
)
from schedules.models.feeds import BoardLink, CalendarFeed, FeedEvent, FeedKind, NameForm
from schedules.models.guard import CoverageFinding, CoverageWatch, FindingKind, SubjectKind
from schedules.models.handoffs import HandoffNote, NoticeKind, ShiftNotice
from schedules.models.hours import SupportHours
from schedules.models.ledger import HolidayCalendar, LedgerMark, LedgerSpan
from schedules.models.rules import (
    Layer,
    LayerVersion,
    Override,
    OverrideKind,
    RotationPhase,
    RotationUnit,
    Schedule,
)

__all__ = [
    "AbsenceCalendar",
    "BoardLink",
    "CalendarFeed",
    "CoverKind",
    "CoverRequest",
    "CoverState",
    "CoverageFinding",
    "CoverageWatch",
    "FeedEvent",
    "FeedKind",
    "FindingKind",
    "HandoffNote",
    "HolidayCalendar",
    "Layer",
    "LayerVersion",
    "LedgerMark",
    "LedgerSpan",
    "NameForm",
    "NoticeKind",
    "Override",
    "OverrideKind",
    "OverrideSeries",
    "RotationPhase",
    "RotationUnit",
    "Schedule",
    "ShiftBinding",
    "ShiftNotice",
    "SubjectKind",
    "SupportHours",
    "TimeOff",
]
