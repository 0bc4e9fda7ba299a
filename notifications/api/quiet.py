"""/api/users/:id/quiet-hours: one's own; admins may look."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api_view import checked
from notifications import commands, queries
from notifications.api import reach_shapes as shapes
from notifications.api.reach import ReachView


class QuietHours(ReachView):
    @extend_schema(operation_id="getQuietHours", responses=shapes.QuietHoursOut)
    def get(self, request: Request, user_id: str) -> Response:
        """When what is not urgent waits; null: never."""
        user = self.person(request, user_id, admins=True)
        return Response(shapes.quiet_json(queries.quiet_hours_of(user)))

    @extend_schema(
        operation_id="setQuietHours",
        request=shapes.QuietHoursShape,
        responses=shapes.QuietHoursOut,
    )
    def put(self, request: Request, user_id: str) -> Response:
        """Replaces them; high urgency and duty always come through."""
        user = self.person(request, user_id)
        body = checked(shapes.QuietHoursShape, request)
        row = commands.set_quiet_hours(
            user,
            start=body["start"],
            end=body["end"],
            days=body["days"],
            time_zone=body["timeZone"],
            mail_meanwhile=body["mailMeanwhile"],
            **self.acting(request),
        )
        return Response(shapes.quiet_json(row))

    @extend_schema(operation_id="clearQuietHours", responses={204: None})
    def delete(self, request: Request, user_id: str) -> Response:
        """From now on nothing waits."""
        commands.clear_quiet_hours(self.person(request, user_id), **self.acting(request))
        return Response(status=204)
