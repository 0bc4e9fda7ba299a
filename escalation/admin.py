"""Escalation policies in Django admin, to read."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from escalation.models import EscalationPolicy, PolicyVersion, Step, StepTarget


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(ReadOnlyAdmin):
    list_display = ["name", "current", "created_at", "archived_at"]
    list_select_related = ["current__policy"]
    search_fields = ["name", "public_id"]


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display = ["policy", "number", "repeat_count", "created_at", "created_by"]
    list_select_related = ["policy"]


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin):
    list_display = ["version", "position", "escalate_after_minutes", "channels"]
    list_select_related = ["version__policy"]


@admin.register(StepTarget)
class StepTargetAdmin(ReadOnlyAdmin):
    list_display = ["step", "position", "kind", "user", "team", "schedule"]
    list_select_related = ["step", "user", "team", "schedule"]
