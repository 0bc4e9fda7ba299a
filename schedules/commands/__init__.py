"""The only writers of schedules, one function per verb."""

from schedules.commands.absence import (
    add_time_off,
    cancel_time_off,
    restore_time_off,
    tell_conflicts,
)
from schedules.commands.board import create_board_link, note_board_use, revoke_board_link
from schedules.commands.calendars import (
    add_calendar,
    ask_for_calendar,
    read_calendar,
    read_calendars,
    remove_calendar,
)
from schedules.commands.coverage_news import tell_coverage
from schedules.commands.covers import (
    accept_cover,
    ask_cover,
    decline_cover,
    expire_covers,
    withdraw_cover,
)
from schedules.commands.editing import (
    archive_schedule,
    check_not_past,
    create_schedule,
    may_correct,
    update_schedule,
)
from schedules.commands.feeds import create_feed, note_feed_use, revoke_feed, tell_feed
from schedules.commands.guard import guard_schedules
from schedules.commands.handoffs import add_note, remove_note, set_handoff_lead, tell_shifts
from schedules.commands.holidays import choose_holidays, delete_holidays, save_holidays
from schedules.commands.hours import delete_support_hours, save_support_hours
from schedules.commands.layers import MAX_LAYERS, REMOVED, add_layer, edit_layer, remove_layer
from schedules.commands.ledger import (
    LONGEST_REASON,
    begin_record,
    corrected,
    record,
    record_due,
)
from schedules.commands.overrides import (
    LONGEST_OVERRIDE,
    add_override,
    cancel_override,
    check_override,
    warnings_of,
)
from schedules.commands.ownership import give_schedule
from schedules.commands.previews import (
    Outcome,
    preview_layer,
    preview_removal,
    preview_rota,
    preview_zone,
)
from schedules.commands.restore import restore_override
from schedules.commands.revision import CREATES_GAP, STALE, OpensGap
from schedules.commands.rotas import create_rota
from schedules.commands.rules import MAX_SLOTS, LayerSpec, usual_phase
from schedules.commands.series import (
    SeriesSpec,
    add_series,
    end_series,
    resume_series,
    skip_date,
)

__all__ = [
    "CREATES_GAP",
    "LONGEST_OVERRIDE",
    "LONGEST_REASON",
    "MAX_LAYERS",
    "MAX_SLOTS",
    "REMOVED",
    "STALE",
    "LayerSpec",
    "OpensGap",
    "Outcome",
    "SeriesSpec",
    "accept_cover",
    "add_calendar",
    "add_layer",
    "add_note",
    "add_override",
    "add_series",
    "add_time_off",
    "archive_schedule",
    "ask_cover",
    "ask_for_calendar",
    "begin_record",
    "cancel_override",
    "cancel_time_off",
    "check_not_past",
    "check_override",
    "choose_holidays",
    "corrected",
    "create_board_link",
    "create_feed",
    "create_rota",
    "create_schedule",
    "decline_cover",
    "delete_holidays",
    "delete_support_hours",
    "edit_layer",
    "end_series",
    "expire_covers",
    "give_schedule",
    "guard_schedules",
    "may_correct",
    "note_board_use",
    "note_feed_use",
    "preview_layer",
    "preview_removal",
    "preview_rota",
    "preview_zone",
    "read_calendar",
    "read_calendars",
    "record",
    "record_due",
    "remove_calendar",
    "remove_layer",
    "remove_note",
    "restore_override",
    "restore_time_off",
    "resume_series",
    "revoke_board_link",
    "revoke_feed",
    "save_holidays",
    "save_support_hours",
    "set_handoff_lead",
    "skip_date",
    "tell_conflicts",
    "tell_coverage",
    "tell_feed",
    "tell_shifts",
    "update_schedule",
    "usual_phase",
    "warnings_of",
    "withdraw_cover",
]
