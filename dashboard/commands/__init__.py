"""Writers of the dashboard."""

from dashboard.commands.settings import EDITABLE, save_settings, send_test_mail

__all__ = ["EDITABLE", "save_settings", "send_test_mail"]
