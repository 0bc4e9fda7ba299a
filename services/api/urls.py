"""Routes of the JSON API of services."""

from django.urls import path

from services.api import levels, views, webhooks

urlpatterns = [
    path("api/services", views.Services.as_view()),
    path("api/services/<str:public_id>", views.OneService.as_view()),
    path("api/services/<str:public_id>/integrations", views.Integrations.as_view()),
    path("api/services/<str:public_id>/sla", levels.Level.as_view()),
    path("api/services/<str:public_id>/webhooks", webhooks.Webhooks.as_view()),
    path("api/services/<str:public_id>/webhooks/<str:webhook_id>", webhooks.OneWebhook.as_view()),
    path(
        "api/services/<str:public_id>/webhooks/<str:webhook_id>/test",
        webhooks.WebhookTest.as_view(),
    ),
]
