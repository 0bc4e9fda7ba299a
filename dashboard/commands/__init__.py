"""Writers of the dashboard."""

from dashboard.commands.alarm import claim as claim_alarm
from dashboard.commands.alarm import note_told
from dashboard.commands.settings import EDITABLE, KEPT, MOST_DAYS, save_settings, send_test_mail
from dashboard.commands.watch import look

__all__ = [
    "EDITABLE",
    "KEPT",
    "MOST_DAYS",
    "claim_alarm",
    "look",
    "note_told",
    "save_settings",
    "send_test_mail",
]
