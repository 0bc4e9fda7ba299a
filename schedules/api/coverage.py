"""/api/coverage: what would leave a page without a human in the days ahead."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api_time import iso
from core.api_view import ApiView, NamedRef, filters_of, listed, listing
from core.errors import ValidationFailed
from schedules.models import CoverageFinding, FindingKind, SubjectKind
from schedules.queries import guard

CHOICES = {"kind": FindingKind.values, "subjectKind": SubjectKind.values}


class SubjectOut(NamedRef):
    kind = serializers.ChoiceField(SubjectKind.choices)


class FindingOut(serializers.Serializer):
    """`start` null: since longer ago than was looked; `end` null: no end in sight.

    Of what comes back, start and end are those of the next time.
    """

    id = serializers.CharField()
    kind = serializers.ChoiceField(FindingKind.choices)
    subject = SubjectOut()
    words = serializers.CharField()
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    people = NamedRef(many=True)
    firstSeenAt = serializers.DateTimeField()
    seenAt = serializers.DateTimeField()


def finding_json(row: CoverageFinding) -> dict[str, Any]:
    return {
        "id": f"fnd_{row.pk}",
        "kind": row.kind,
        "subject": {
            "kind": row.subject_kind,
            "id": row.subject_public_id,
            "name": row.subject_name,
        },
        "words": row.words,
        "start": iso(row.start),
        "end": iso(row.end),
        "people": [{"id": one["id"], "name": one["name"]} for one in row.people],
        "firstSeenAt": iso(row.first_seen_at),
        "seenAt": iso(row.seen_at),
    }


def _described() -> serializers.Serializer:
    described = listed("findings", FindingOut)
    described.fields["upToDate"] = serializers.BooleanField(
        help_text="False: a change was not looked into yet, or the guard is late"
    )
    return described


class Coverage(ApiView):
    scopes = {"GET": "schedules:read"}

    @extend_schema(
        operation_id="listCoverageFindings",
        parameters=[
            OpenApiParameter("kind", enum=FindingKind.values),
            OpenApiParameter("subjectKind", enum=SubjectKind.values),
            OpenApiParameter("subjectId", description="Id of a schedule or policy"),
        ],
        responses=_described(),
    )
    def get(self, request: Request) -> Response:
        """What is wrong in the next 30 days, the soonest first.

        None means that everything is covered only where `upToDate` says so.
        """
        wanted = filters_of(request, ["kind", "subjectKind", "subjectId"])
        for name, choices in CHOICES.items():
            if name in wanted and wanted[name] not in choices:
                raise ValidationFailed(f"{name} is one of {', '.join(choices)}", field=name)
        now = clock.now()
        rows = guard.seen_by(request.user, now)
        if "kind" in wanted:
            rows = rows.filter(kind=wanted["kind"])
        if "subjectKind" in wanted:
            rows = rows.filter(subject_kind=wanted["subjectKind"])
        if "subjectId" in wanted:
            rows = rows.filter(subject_public_id=wanted["subjectId"])
        answer = listing(request, rows, "findings", finding_json)
        watch = guard.watch_of_all(now)
        answer.data["upToDate"] = not (watch.behind or watch.late_since)
        return answer
