"""Routes of the JSON API of services."""

from django.urls import path

from services.api import views

urlpatterns = [
    path("api/services", views.Services.as_view()),
    path("api/services/<str:public_id>", views.OneService.as_view()),
    path("api/services/<str:public_id>/integrations", views.Integrations.as_view()),
]
