"""Routes of the JSON API that look across the apps."""

from django.urls import path

from dashboard.api import reachability

urlpatterns = [
    path("api/reachability", reachability.Reachability.as_view()),
    path("api/users/<str:user_id>/reachability", reachability.ReachabilityOfUser.as_view()),
    path(
        "api/schedules/<str:public_id>/reachability",
        reachability.ReachabilityOfSchedule.as_view(),
    ),
    path(
        "api/escalation-policies/<str:public_id>/reachability",
        reachability.ReachabilityOfPolicy.as_view(),
    ),
]
