"""The base of Django admin here: a window, not a door. Changes go through commands."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from core.crypto import EncryptedTextField
from core.models import Heartbeat, RateBucket, Setting

SECRET_NAMES = {"password", "key_hash", "token_hash", "lease_token"}


class ReadOnlyAdmin(ModelAdmin):
    """Shows rows to admins; adds, changes and deletes nothing, and leaves out secrets."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.opts.get_fields() if is_secret(field)]


def is_secret(field: Any) -> bool:
    """Ciphertext, hashes of secrets and passwords are not even for admins."""
    return isinstance(field, EncryptedTextField) or (
        isinstance(field, models.Field) and field.name in SECRET_NAMES
    )


@admin.register(Setting)
class SettingAdmin(ReadOnlyAdmin):
    list_display = ["name", "value", "updated_at"]


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ["name", "at", "detail"]


@admin.register(RateBucket)
class RateBucketAdmin(ReadOnlyAdmin):
    list_display = ["key", "window", "count"]
