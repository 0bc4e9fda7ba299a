"""Routes of the JSON API of escalation policies."""

from django.urls import path

from escalation.api import views

urlpatterns = [
    path("api/escalation-policies", views.Policies.as_view()),
    path("api/escalation-policies/<str:public_id>", views.OnePolicy.as_view()),
]
