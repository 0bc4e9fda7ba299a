"""/api/schedules/:id/notes: what the next person on call should know."""
# ruff: noqa: N815  the API speaks camelCase

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api_time import iso
from core.api_view import ApiView, NamedRef, actor_of_api, checked, filters_of, listed, listing
from schedules import commands, queries
from schedules.commands.handoffs import LONGEST_NOTE
from schedules.models import HandoffNote, Schedule

SCOPES = {"GET": "schedules:read", "POST": "schedules:write", "DELETE": "schedules:write"}


class HandoffNoteIn(serializers.Serializer):
    """Body of POST: plain text."""

    text = serializers.CharField(max_length=LONGEST_NOTE)


class HandoffNoteOut(serializers.Serializer):
    """A note; `author.id` is null once the person is gone."""

    id = serializers.CharField()
    text = serializers.CharField()
    author = NamedRef()
    createdAt = serializers.DateTimeField()


def note_json(note: HandoffNote) -> dict[str, Any]:
    author = note.author and note.author.public_id
    return {
        "id": note.public_id,
        "text": note.text,
        "author": {"id": author, "name": note.author_name},
        "createdAt": iso(note.created_at),
    }


class HandoffNotes(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="listHandoffNotes", responses=listed("notes", HandoffNoteOut))
    def get(self, request: Request, public_id: str) -> Response:
        """The notes of a schedule, the newest first."""
        filters_of(request, [])
        rows = queries.notes_of(_schedule(request, public_id)).select_related("author")
        return listing(request, rows, "notes", note_json)

    @extend_schema(
        operation_id="addHandoffNote", request=HandoffNoteIn, responses={201: HandoffNoteOut}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """A note for whoever comes on call next."""
        schedule = _schedule(request, public_id)
        note = commands.add_note(
            schedule,
            author=request.user,
            text=checked(HandoffNoteIn, request)["text"],
            by=actor_of_api(request),
            now=clock.now(),
        )
        return Response(note_json(note), status=201)


class OneHandoffNote(ApiView):
    scopes = SCOPES

    @extend_schema(operation_id="removeHandoffNote", responses={204: None})
    def delete(self, request: Request, public_id: str, note_id: str) -> Response:
        """Your own note, or anybody's for an admin."""
        rows = queries.notes_of(_schedule(request, public_id))
        note = get_object_or_404(rows.select_related("schedule"), public_id=note_id)
        by = actor_of_api(request)
        commands.remove_note(note, user=request.user, by=by, now=clock.now())
        return Response(status=204)


def _schedule(request: Request, public_id: str) -> Schedule:
    return get_object_or_404(queries.visible_to(request.user, clock.now()), public_id=public_id)
