"""Writers of the dashboard."""

from dashboard.commands.settings import EDITABLE, save_settings, send_test_mail
from dashboard.commands.watch import look

__all__ = ["EDITABLE", "look", "save_settings", "send_test_mail"]
