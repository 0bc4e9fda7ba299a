"""Notifications in Django admin, to read."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from notifications.models import (
    ContactMethod,
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    InAppNotification,
    NotificationRule,
    OutboxMail,
    Provider,
    ProviderHealth,
)


@admin.register(ContactMethod)
class ContactMethodAdmin(ReadOnlyAdmin):
    list_display = ["user", "channel", "address", "enabled", "position"]
    list_filter = ["channel", "enabled"]
    list_select_related = ["user"]
    search_fields = ["address", "user__name"]


@admin.register(NotificationRule)
class NotificationRuleAdmin(ReadOnlyAdmin):
    list_display = ["user", "urgency", "contact_method", "delay_minutes"]
    list_filter = ["urgency"]
    list_select_related = ["user", "contact_method"]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["id", "subject_kind", "subject_id", "user", "channel", "state", "reason"]
    list_filter = ["state", "channel", "subject_kind"]
    list_select_related = ["user"]
    search_fields = ["address", "reason", "user__name"]


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(ReadOnlyAdmin):
    list_display = ["delivery", "number", "started_at", "finished_at", "ok", "detail"]
    list_filter = ["ok", "permanent"]
    list_select_related = ["delivery"]


@admin.register(DeliveryEvent)
class DeliveryEventAdmin(ReadOnlyAdmin):
    list_display = ["delivery", "outcome", "at", "detail", "published_at", "tries", "left"]
    list_filter = ["outcome"]
    list_select_related = ["delivery"]


@admin.register(InAppNotification)
class InAppNotificationAdmin(ReadOnlyAdmin):
    list_display = ["user", "title", "urgent", "created_at", "read_at"]
    list_select_related = ["user"]


@admin.register(OutboxMail)
class OutboxMailAdmin(ReadOnlyAdmin):
    list_display = ["to", "subject", "reason", "created_at"]


@admin.register(Provider)
class ProviderAdmin(ReadOnlyAdmin):
    list_display = ["position", "kind", "label", "enabled", "updated_at"]
    list_filter = ["kind", "enabled"]


@admin.register(ProviderHealth)
class ProviderHealthAdmin(ReadOnlyAdmin):
    list_display = ["provider", "failures", "open_until", "last_ok_at", "last_error"]
    list_select_related = ["provider"]
