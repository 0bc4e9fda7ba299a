"""Routes of the Incidents API."""

from django.urls import path

from incidents.api import bundles, reasons, responders, views, watchers

urlpatterns = [
    path("api/bundles", bundles.Bundles.as_view()),
    path("api/bundles/<str:bundle_id>", bundles.OneBundle.as_view()),
    path("api/bundles/<str:bundle_id>/acknowledgement", bundles.BundleAcknowledgement.as_view()),
    path("api/storm-shield", bundles.Shield.as_view()),
    path("api/incidents", views.Incidents.as_view()),
    path("api/incidents/<str:public_id>", views.OneIncident.as_view()),
    path("api/incidents/<str:public_id>/escalate", views.Escalate.as_view()),
    path("api/incidents/<str:public_id>/notes", views.Notes.as_view()),
    path("api/incidents/<str:public_id>/responders", responders.Responders.as_view()),
    path(
        "api/incidents/<str:public_id>/responders/<str:responder>",
        responders.OneResponder.as_view(),
    ),
    path("api/incidents/<str:public_id>/timeline", views.Timeline.as_view()),
    path("api/incidents/<str:public_id>/watchers", watchers.IncidentWatchers.as_view()),
    path(
        "api/incidents/<str:public_id>/watchers/<str:user_id>",
        watchers.IncidentWatcherOne.as_view(),
    ),
    path("api/services/<str:public_id>/watchers", watchers.ServiceWatchers.as_view()),
    path(
        "api/services/<str:public_id>/watchers/<str:user_id>",
        watchers.ServiceWatcherOne.as_view(),
    ),
    path("api/incidents/<str:public_id>/why", reasons.Why.as_view()),
]
