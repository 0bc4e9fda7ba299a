"""All routes. Machine routes first: core.fast_lane resolves them without the middleware chain."""

from django.urls import include, path

urlpatterns: list = [
    path("", include("integrations.urls")),
]
