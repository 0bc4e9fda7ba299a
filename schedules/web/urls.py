"""Routes of the schedule pages."""

from django.urls import path

from schedules.web.views import (
    absence,
    board,
    calendar,
    catalogue,
    fairness,
    feeds,
    handoffs,
    holidays,
    layers,
    overrides,
    record,
)

app_name = "schedules"

urlpatterns = [
    path("on-call/", board.board, name="board"),
    path("on-call/links/", board.links, name="board_links"),
    path("on-call/links/<str:public_id>/revoke/", board.revoke_link, name="revoke_board_link"),
    path("board/<str:token>/", board.public, name="public_board"),
    path("profile/time-off/", absence.own, name="time_off"),
    path("profile/time-off/calendars/", absence.add_calendar, name="add_absence_calendar"),
    path(
        "profile/time-off/calendars/<str:calendar_id>/refresh/",
        absence.refresh_calendar,
        name="refresh_absence_calendar",
    ),
    path(
        "profile/time-off/calendars/<str:calendar_id>/remove/",
        absence.remove_calendar,
        name="remove_absence_calendar",
    ),
    path("people/<str:public_id>/time-off/", absence.of_person, name="time_off_of"),
    path("time-off/<str:off_id>/cancel/", absence.cancel, name="cancel_time_off"),
    path("time-off/<str:off_id>/restore/", absence.restore, name="restore_time_off"),
    path("on-call/me/", handoffs.my_duty, name="my_duty"),
    path("schedules/<str:public_id>/notes/", handoffs.notes, name="notes"),
    path("schedules/<str:public_id>/notes/lead/", handoffs.lead, name="handoff_lead"),
    path(
        "schedules/<str:public_id>/notes/<str:note_id>/remove/",
        handoffs.remove_note,
        name="remove_note",
    ),
    path("calendar/<str:token>.ics", calendar.serve, name="calendar"),
    path("calendar-feeds/", feeds.index, name="feeds"),
    path("calendar-feeds/<str:public_id>/revoke/", feeds.revoke, name="revoke_feed"),
    path("schedules/fairness/", fairness.of_many, name="all_fairness"),
    path("schedules/fairness/figures.csv", fairness.download, name="fairness_csv"),
    path("schedules/holidays/", holidays.index, name="holidays"),
    path("schedules/holidays/new/", holidays.create, name="create_holidays"),
    path("schedules/holidays/<str:public_id>/", holidays.edit, name="edit_holidays"),
    path("schedules/holidays/<str:public_id>/delete/", holidays.delete, name="delete_holidays"),
    path("schedules/", catalogue.index, name="list"),
    path("schedules/new/", catalogue.create, name="create"),
    path("schedules/on-call/", catalogue.on_call, name="on_call"),
    path("schedules/<str:public_id>/", catalogue.detail, name="detail"),
    path("schedules/<str:public_id>/conflicts/", absence.conflicts, name="conflicts"),
    path("schedules/<str:public_id>/record/", record.show, name="record"),
    path("schedules/<str:public_id>/record.csv", record.download, name="record_csv"),
    path("schedules/<str:public_id>/fairness/", fairness.of_schedule, name="fairness"),
    path(
        "schedules/<str:public_id>/fairness/holidays/",
        fairness.choose_holidays,
        name="choose_holidays",
    ),
    path("schedules/<str:public_id>/edit/", catalogue.edit, name="edit"),
    path("schedules/<str:public_id>/archive/", catalogue.archive, name="archive"),
    path("schedules/<str:public_id>/layers/", layers.add, name="add_layer"),
    path("schedules/<str:public_id>/layers/<str:layer_id>/", layers.edit, name="edit_layer"),
    path(
        "schedules/<str:public_id>/layers/<str:layer_id>/remove/",
        layers.remove,
        name="remove_layer",
    ),
    path("schedules/<str:public_id>/overrides/", overrides.add, name="add_override"),
    path("schedules/<str:public_id>/overrides/new/", overrides.add, name="override"),
    path("schedules/<str:public_id>/overrides/check/", overrides.check, name="check_override"),
    path(
        "schedules/<str:public_id>/overrides/<str:override_id>/cancel/",
        overrides.cancel,
        name="cancel_override",
    ),
    path(
        "schedules/<str:public_id>/overrides/<str:override_id>/restore/<str:token>/",
        overrides.restore,
        name="restore_override",
    ),
]
