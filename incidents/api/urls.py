"""Routes of the Incidents API."""

from django.urls import path

from incidents.api import views

urlpatterns = [
    path("api/incidents", views.Incidents.as_view()),
    path("api/incidents/<str:public_id>", views.OneIncident.as_view()),
    path("api/incidents/<str:public_id>/escalate", views.Escalate.as_view()),
    path("api/incidents/<str:public_id>/notes", views.Notes.as_view()),
    path("api/incidents/<str:public_id>/timeline", views.Timeline.as_view()),
]
