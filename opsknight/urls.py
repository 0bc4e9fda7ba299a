"""All routes. Machine routes first: core.fast_lane resolves them without the middleware chain."""

from django.contrib import admin
from django.urls import include, path, re_path

from accounts.web.admin_sign_in import admin_sign_in
from core.api import unknown
from opsknight import health
from opsknight.metrics import Metrics
from opsknight.openapi import openapi_document

urlpatterns: list = [
    path("api/health", health.health, name="health"),
    path("", include("integrations.urls")),
    path("", include("accounts.api.urls")),
    path("", include("notifications.api.urls")),
    path("", include("services.api.urls")),
    path("", include("schedules.api.urls")),
    path("", include("escalation.api.urls")),
    path("", include("incidents.api.urls")),
    path("", include("dashboard.api.urls")),
    path("api/metrics", Metrics.as_view(), name="metrics"),
    path("api/openapi.json", openapi_document, name="openapi"),
    re_path(r"^api(?:/|$)", unknown),
    path("", include("accounts.web.urls")),
    path("", include("notifications.web.urls")),
    path("", include("services.web.urls")),
    path("", include("schedules.web.urls")),
    path("", include("escalation.web.urls")),
    path("", include("incidents.web.urls")),
    path("", include("integrations.web.urls")),
    path("", include("dashboard.urls")),
    path("admin/login/", admin_sign_in),
    path("admin/", admin.site.urls),
]

handler400 = "dashboard.web.views.errors.unreadable"
handler403 = "dashboard.web.views.errors.forbidden"
handler404 = "dashboard.web.views.errors.not_found"
handler500 = "dashboard.web.views.errors.broken"
