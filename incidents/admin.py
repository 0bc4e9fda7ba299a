"""Incidents in Django admin, to read."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from incidents.models import Alert, Incident, IncidentEvent, Note, Page


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    list_display = ["id", "title", "status", "urgency", "service", "escalate_at", "created_at"]
    list_filter = ["status", "urgency", "escalation_state"]
    search_fields = ["title", "public_id", "dedup_key"]
    list_select_related = ["service"]


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["id", "action", "summary", "severity", "integration", "created_at"]
    list_filter = ["action", "severity"]
    search_fields = ["summary", "dedup_key"]
    list_select_related = ["integration"]


@admin.register(IncidentEvent)
class IncidentEventAdmin(ReadOnlyAdmin):
    list_display = ["id", "incident", "type", "at", "actor_label", "via", "published_at"]
    list_filter = ["type"]
    list_select_related = ["incident"]


@admin.register(Note)
class NoteAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "incident", "author_label", "created_at"]
    list_select_related = ["incident"]


@admin.register(Page)
class PageAdmin(ReadOnlyAdmin):
    list_display = ["id", "incident", "user", "kind", "run", "cycle", "step", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["incident", "user"]
