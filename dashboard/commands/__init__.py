"""Writers of the dashboard."""

from dashboard.commands.settings import EDITABLE, KEPT, MOST_DAYS, save_settings, send_test_mail
from dashboard.commands.watch import look

__all__ = ["EDITABLE", "KEPT", "MOST_DAYS", "look", "save_settings", "send_test_mail"]
