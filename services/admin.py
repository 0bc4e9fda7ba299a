"""The catalogue in Django admin, to read."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from services.models import Integration, IntegrationKey, Service, ServiceWebhook


@admin.register(Service)
class ServiceAdmin(ReadOnlyAdmin):
    list_display = ["name", "team", "policy", "archived_at", "created_at"]
    list_filter = ["archived_at"]
    search_fields = ["name", "public_id"]
    list_select_related = ["team", "policy"]


@admin.register(Integration)
class IntegrationAdmin(ReadOnlyAdmin):
    list_display = ["name", "type", "service", "enabled", "created_at"]
    list_filter = ["type", "enabled"]
    search_fields = ["name", "public_id"]
    list_select_related = ["service"]


@admin.register(IntegrationKey)
class IntegrationKeyAdmin(ReadOnlyAdmin):
    list_display = ["last4", "integration", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["integration"]


@admin.register(ServiceWebhook)
class ServiceWebhookAdmin(ReadOnlyAdmin):
    list_display = ["name", "type", "service", "enabled", "created_at"]
    search_fields = ["name", "public_id"]
    list_select_related = ["service"]
