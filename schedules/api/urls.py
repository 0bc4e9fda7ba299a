"""Routes of the JSON API of schedules."""

from django.urls import path

from schedules.api import (
    absence,
    board,
    fairness,
    feeds,
    handoffs,
    holidays,
    previews,
    record,
    views,
)

urlpatterns = [
    path("api/on-call", board.EverybodyOnCall.as_view()),
    path("api/board-links", board.BoardLinks.as_view()),
    path("api/board-links/<str:public_id>", board.OneBoardLink.as_view()),
    path("api/time-off", absence.TimeOffs.as_view()),
    path("api/time-off/conflicts", absence.OwnConflicts.as_view()),
    path("api/time-off/calendars", absence.Calendars.as_view()),
    path("api/time-off/calendars/<str:public_id>", absence.OneCalendar.as_view()),
    path("api/time-off/calendars/<str:public_id>/refresh", absence.CalendarRefresh.as_view()),
    path("api/time-off/<str:public_id>", absence.OneTimeOff.as_view()),
    path("api/schedules/<str:public_id>/conflicts", absence.ScheduleConflicts.as_view()),
    path("api/schedules/<str:public_id>/notes", handoffs.HandoffNotes.as_view()),
    path("api/schedules/<str:public_id>/notes/<str:note_id>", handoffs.OneHandoffNote.as_view()),
    path("api/calendar-feeds", feeds.CalendarFeeds.as_view()),
    path("api/calendar-feeds/<str:public_id>", feeds.OneCalendarFeed.as_view()),
    path("api/schedules", views.Schedules.as_view()),
    path("api/schedules/<str:public_id>", views.OneSchedule.as_view()),
    path("api/schedules/<str:public_id>/layers", views.Layers.as_view()),
    path("api/schedules/<str:public_id>/layers/<str:layer_id>", views.OneLayer.as_view()),
    path("api/schedules/<str:public_id>/overrides", views.Overrides.as_view()),
    path("api/schedules/<str:public_id>/overrides/<str:override_id>", views.OneOverride.as_view()),
    path("api/schedules/<str:public_id>/preview", previews.PreviewOfLayer.as_view()),
    path("api/schedules/<str:public_id>/seams", previews.SeamsOfSchedule.as_view()),
    path("api/fairness", fairness.AllFairness.as_view()),
    path("api/holiday-calendars", holidays.HolidayCalendars.as_view()),
    path("api/holiday-calendars/<str:public_id>", holidays.OneHolidayCalendar.as_view()),
    path("api/schedules/<str:public_id>/fairness", fairness.ScheduleFairness.as_view()),
    path("api/schedules/<str:public_id>/holidays", holidays.ScheduleHolidays.as_view()),
    path("api/schedules/<str:public_id>/ledger", record.Ledger.as_view()),
    path("api/schedules/<str:public_id>/on-call", views.OnCall.as_view()),
]
