"""/api/calendar-feeds: secret addresses that serve shifts as a calendar."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import queries as people
from core import clock, config
from core.api_time import iso
from core.api_view import ApiView, NamedRef, actor_of_api, checked, filters_of, listed, listing
from core.errors import ValidationFailed
from schedules import commands, queries
from schedules.commands.feeds import LONGEST_ALARM
from schedules.models import CalendarFeed, FeedKind

SCOPES = {"GET": "schedules:read", "POST": "schedules:write", "DELETE": "schedules:write"}


class CalendarFeedIn(serializers.Serializer):
    """Body of POST /api/calendar-feeds: exactly one of the three ids."""

    scheduleId = serializers.CharField(max_length=40, required=False, allow_null=True)
    userId = serializers.CharField(max_length=40, required=False, allow_null=True)
    teamId = serializers.CharField(max_length=40, required=False, allow_null=True)
    name = serializers.CharField(max_length=120, default="", allow_blank=True)
    busy = serializers.BooleanField(default=False)
    alarmMinutes = serializers.IntegerField(
        min_value=0, max_value=LONGEST_ALARM, default=None, allow_null=True
    )


class CalendarFeedOut(serializers.Serializer):
    """A feed; its address was shown when it was made."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(FeedKind.choices)
    name = serializers.CharField()
    of = NamedRef()
    busy = serializers.BooleanField()
    alarmMinutes = serializers.IntegerField(allow_null=True)
    createdAt = serializers.DateTimeField()
    lastUsedAt = serializers.DateTimeField(allow_null=True)


class NewCalendarFeedOut(CalendarFeedOut):
    """The answer to POST: `url` is shown this once."""

    url = serializers.CharField()


def feed_json(feed: CalendarFeed) -> dict[str, Any]:
    of: Any = feed.schedule or feed.user or feed.team
    return {
        "id": feed.public_id,
        "kind": feed.kind,
        "name": feed.name,
        "of": {"id": of.public_id, "name": str(of)},
        "busy": feed.busy,
        "alarmMinutes": feed.alarm_minutes,
        "createdAt": iso(feed.created_at),
        "lastUsedAt": iso(feed.last_used_at),
    }


class CalendarFeeds(ApiView):
    scopes = SCOPES

    @extend_schema(
        operation_id="listCalendarFeeds", responses=listed("calendarFeeds", CalendarFeedOut)
    )
    def get(self, request: Request) -> Response:
        """Your feeds that work."""
        filters_of(request, [])
        return listing(request, queries.feeds_of(request.user), "calendarFeeds", feed_json)

    @extend_schema(
        operation_id="createCalendarFeed",
        request=CalendarFeedIn,
        responses={201: NewCalendarFeedOut},
    )
    def post(self, request: Request) -> Response:
        """A feed of one schedule, person or team; it tells what you may see."""
        body = checked(CalendarFeedIn, request)
        viewer, now = request.user, clock.now()
        feed, token = commands.create_feed(
            viewer,
            by=actor_of_api(request),
            now=now,
            schedule=_one(queries.visible_to(viewer, now), body.get("scheduleId"), "scheduleId"),
            user=_one(people.visible_users(viewer), body.get("userId"), "userId"),
            team=_one(people.visible_teams(viewer), body.get("teamId"), "teamId"),
            name=body["name"],
            busy=body["busy"],
            alarm_minutes=body["alarmMinutes"],
        )
        url = config.absolute(reverse("schedules:calendar", args=[token]))
        return Response(feed_json(feed) | {"url": url}, status=201)


class OneCalendarFeed(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="getCalendarFeed", responses=CalendarFeedOut)
    def get(self, request: Request, public_id: str) -> Response:
        """One of your feeds."""
        feed = get_object_or_404(queries.feeds_of(request.user), public_id=public_id)
        return Response(feed_json(feed))

    @extend_schema(operation_id="revokeCalendarFeed", responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Its address answers 404 from now on."""
        feed = get_object_or_404(queries.feeds_of(request.user), public_id=public_id)
        commands.revoke_feed(feed, by=actor_of_api(request), now=clock.now())
        return Response(status=204)


def _one(rows: QuerySet[Any], public_id: str | None, field: str) -> Model | None:
    if not public_id:
        return None
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise ValidationFailed(f"There is no {public_id}", field=field, reason="does_not_exist")
    return found
