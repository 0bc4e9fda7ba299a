"""/api/users/:id/monthly-test-page: one's own; admins may look."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api_time import iso
from core.api_view import checked
from notifications import queries
from notifications.api.reach import ReachView
from notifications.commands import drill_plans
from notifications.domain.drill_times import Monthly, Rhythm
from notifications.models import DrillPlan


class MonthlyIn(serializers.Serializer):
    """`number`: the day of DAY (1 to 31), the week of WEEKDAY (1 to 4, -1 the last).

    `weekday`: 0 is Monday; `at`: by the person's own clocks.
    """

    rhythm = serializers.ChoiceField([rhythm.value for rhythm in Rhythm])
    number = serializers.IntegerField(min_value=-1, max_value=31)
    weekday = serializers.IntegerField(min_value=0, max_value=6, default=0)
    at = serializers.TimeField(format="%H:%M")


class MonthlyPlan(MonthlyIn):
    nextAt = serializers.DateTimeField()


class MonthlyOut(serializers.Serializer):
    """null: none is sent."""

    monthly = MonthlyPlan(allow_null=True)


class MonthlyTestPage(ReachView):
    @extend_schema(operation_id="getMonthlyTestPage", responses=MonthlyOut)
    def get(self, request: Request, user_id: str) -> Response:
        """When the next one comes."""
        user = self.person(request, user_id, admins=True)
        return Response(_json(queries.drill_plan_of(user)))

    @extend_schema(operation_id="setMonthlyTestPage", request=MonthlyIn, responses=MonthlyOut)
    def put(self, request: Request, user_id: str) -> Response:
        """Replaces it; 422 for a day that no month has."""
        user = self.person(request, user_id)
        body = checked(MonthlyIn, request)
        plan = Monthly(Rhythm(body["rhythm"]), body["number"], body["weekday"], body["at"])
        return Response(_json(drill_plans.plan_drills(user, plan, **self.acting(request))))

    @extend_schema(operation_id="clearMonthlyTestPage", responses={204: None})
    def delete(self, request: Request, user_id: str) -> Response:
        """None is sent any more."""
        drill_plans.clear_drills(self.person(request, user_id), **self.acting(request))
        return Response(status=204)


def _json(row: DrillPlan | None) -> dict[str, Any]:
    plan = row and {
        "rhythm": row.rhythm,
        "number": row.number,
        "weekday": row.weekday,
        "at": f"{row.at:%H:%M}",
        "nextAt": iso(row.next_at),
    }
    return {"monthly": plan}
