"""Machine routes."""

from django.urls import path

from integrations.ingest import views

urlpatterns = [
    path("api/events", views.events),
    path("api/events/", views.events),
    path("api/integrations/<slug:vendor>", views.vendor),
    path("api/integrations/<slug:vendor>/", views.vendor),
    path("api/integrations/<slug:vendor>/<str:key>", views.vendor),
]
