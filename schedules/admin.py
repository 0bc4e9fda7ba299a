"""Schedules in Django admin, to read."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from schedules.models import Layer, LayerVersion, Override, Schedule


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    list_display = ["name", "time_zone", "created_at", "archived_at"]
    search_fields = ["name", "public_id"]


@admin.register(Layer)
class LayerAdmin(ReadOnlyAdmin):
    list_display = ["name", "schedule", "position", "removed_at"]
    list_select_related = ["schedule"]


@admin.register(LayerVersion)
class LayerVersionAdmin(ReadOnlyAdmin):
    list_display = ["layer", "unit", "every", "anchor", "priority", "valid_from", "valid_to"]
    list_select_related = ["layer"]


@admin.register(Override)
class OverrideAdmin(ReadOnlyAdmin):
    list_display = ["schedule", "kind", "user", "replaces", "start", "end", "cancelled_at"]
    list_select_related = ["schedule", "user", "replaces"]
