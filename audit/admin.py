"""The audit log in Django admin, to read."""

from django.contrib import admin

from audit.models import AuditEvent
from core.admin import ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "action", "target_type", "target_label", "actor_label", "via", "ip"]
    list_filter = ["action", "via"]
    search_fields = ["target_label", "target_id", "actor_label", "request_id"]
    date_hierarchy = "at"
