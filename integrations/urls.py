"""Machine routes."""

from django.urls import path

from integrations.ingest import views
from integrations.replies import pushover, telegram

urlpatterns = [
    path("api/events", views.events),
    path("api/events/", views.events),
    path("api/integrations/<slug:vendor>", views.vendor),
    path("api/integrations/<slug:vendor>/", views.vendor),
    path("api/integrations/<slug:vendor>/<str:key>", views.vendor),
    path("api/inbound/telegram/<str:account>", telegram.updates),
    path("api/inbound/pushover/<str:account>", pushover.callback),
]
