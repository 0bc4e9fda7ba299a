"""Routes of the incident pages: a verb is a resource that takes a POST."""

from django.urls import path

from incidents.web.views import (
    acknowledgement,
    assignment,
    bulk,
    bundle,
    create,
    detail,
    escalation,
    index,
    notes,
    quick,
    quick_respond,
    resolution,
    responders,
    service,
    snooze,
    suppression,
    watching,
)

app_name = "incidents"

urlpatterns = [
    path("a/<str:token>/", quick.acknowledge, name="quick_acknowledge"),
    path("a/b/<str:token>/", bundle.quick, name="quick_bundle"),
    path("incidents/bundles/", bundle.index, name="bundles"),
    path("incidents/bundle/<int:number>/", bundle.detail, name="bundle"),
    path(
        "incidents/bundle/<int:number>/acknowledgement/",
        bundle.acknowledge,
        name="bundle_acknowledgement",
    ),
    path("r/<str:token>/", quick_respond.respond, name="quick_respond"),
    path("incidents/", index.index, name="list"),
    path("incidents/rows/", index.live_rows, name="rows"),
    path("incidents/new/", create.create, name="create"),
    path("incidents/bulk/", bulk.change, name="bulk"),
    path("incidents/of-service/<str:public_id>/", service.recent, name="of_service"),
    path("incidents/arrivals/<str:public_id>/", service.arrivals, name="arrivals"),
    path("incidents/test-event/<str:public_id>/", service.test_event, name="test_event"),
    path("incidents/watching/", watching.mine, name="watching"),
    path(
        "incidents/service-watchers/<str:public_id>/", watching.of_service, name="service_watchers"
    ),
    path(
        "incidents/service-watchers/<str:public_id>/stop/",
        watching.stop_service,
        name="stop_watching_service",
    ),
    path("incidents/<int:number>/", detail.detail, name="detail"),
    path("incidents/<int:number>/take/", quick.take, name="take"),
    path("incidents/<int:number>/live/", detail.live, name="live"),
    path("incidents/<int:number>/timeline/", detail.whole_timeline, name="timeline"),
    path("incidents/<int:number>/why/", detail.reasons, name="why"),
    path("incidents/<int:number>/alerts/", detail.alerts, name="alerts"),
    path("incidents/<int:number>/edit/", create.edit, name="edit"),
    path(
        "incidents/<int:number>/acknowledgement/",
        acknowledgement.acknowledge,
        name="acknowledgement",
    ),
    path(
        "incidents/<int:number>/unacknowledgement/",
        acknowledgement.unacknowledge,
        name="unacknowledgement",
    ),
    path("incidents/<int:number>/resolution/", resolution.resolve, name="resolution"),
    path("incidents/<int:number>/reopening/", resolution.reopen, name="reopening"),
    path("incidents/<int:number>/return/", resolution.give_back, name="return"),
    path("incidents/<int:number>/snooze/", snooze.snooze, name="snooze"),
    path("incidents/<int:number>/wake-up/", snooze.wake, name="wake_up"),
    path("incidents/<int:number>/suppression/", suppression.suppress, name="suppression"),
    path("incidents/<int:number>/unsuppression/", suppression.unsuppress, name="unsuppression"),
    path("incidents/<int:number>/assignment/", assignment.assign, name="assignment"),
    path("incidents/<int:number>/escalation/", escalation.escalate, name="escalation"),
    path("incidents/<int:number>/restart/", escalation.restart, name="restart"),
    path("incidents/<int:number>/responders/", responders.ask, name="responders"),
    path("incidents/<int:number>/responders/answer/", responders.answer, name="respond"),
    path(
        "incidents/<int:number>/responders/<str:public_id>/withdrawal/",
        responders.withdraw,
        name="withdrawal",
    ),
    path("incidents/<int:number>/notes/", notes.add, name="notes"),
    path("incidents/<int:number>/watchers/", watching.of_incident, name="watchers"),
    path("incidents/<int:number>/watchers/stop/", watching.stop_incident, name="stop_watching"),
]
