"""People and teams in Django admin, to read; what libraries would let admins write is taken out."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Schedule, Success

from accounts import queries
from accounts.models import ApiKey, Invitation, Membership, Team, User
from core.admin import ReadOnlyAdmin

for model in (EmailAddress, Authenticator, Group, Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ["name", "email", "role", "status", "second_factor", "time_zone", "last_login"]
    list_filter = ["role", "status"]
    search_fields = ["name", "email", "public_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return queries.with_second_factor(super().get_queryset(request))

    @admin.display(boolean=True)
    def second_factor(self, person: Any) -> bool:
        return bool(person.second_factor)


@admin.register(Team)
class TeamAdmin(ReadOnlyAdmin):
    list_display = ["name", "lead", "created_at"]
    search_fields = ["name", "public_id"]
    list_select_related = ["lead"]


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ["team", "user", "role", "receives_pages"]
    list_filter = ["role"]
    list_select_related = ["team", "user"]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ["name", "prefix", "user", "created_at", "last_used_at", "revoked_at"]
    search_fields = ["name", "prefix", "public_id"]
    list_select_related = ["user"]


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ["user", "created_at", "expires_at", "used_at"]
    list_select_related = ["user"]
