"""/api/users/:id/contact-methods and …/notification-rules: the same commands as the pages.

`me` names the owner of the key. Admins see how others are reached, with masked addresses, and may
add a way; everything else only the person does.
"""

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain import roles
from accounts.models import User
from core import clock
from core.api_view import ApiView, actor_of_api, checked, filters_of
from core.errors import Forbidden, ValidationFailed
from notifications import accounts, commands, queries
from notifications.api import reach_shapes as shapes
from notifications.models import ContactMethod, Urgency

SCOPES = {
    "GET": "notifications:read",
    "POST": "notifications:write",
    "PUT": "notifications:write",
    "PATCH": "notifications:write",
    "DELETE": "notifications:write",
}


class ReachView(ApiView):
    scopes = SCOPES

    def person(self, request: Request, user_id: str, *, admins: bool = False) -> User:
        """The person the address names: oneself, or anybody where `admins` may. Else 403."""
        me: Any = request.user
        if user_id in ("me", me.public_id):
            return me  # type: ignore[no-any-return]
        if not (admins and roles.may(me.role, roles.Ability.MANAGE_PEOPLE)):
            raise Forbidden("Only the person may do this")
        return get_object_or_404(User, public_id=user_id)

    def own_method(self, request: Request, user_id: str, public_id: str) -> ContactMethod:
        rows = ContactMethod.objects.filter(user=self.person(request, user_id))
        return get_object_or_404(rows, public_id=public_id)

    def acting(self, request: Request) -> dict[str, Any]:
        return {"by": actor_of_api(request), "now": clock.now()}


def _shown(request: Request, method: ContactMethod) -> dict[str, Any]:
    return _all_shown(request, [method])[0]


def _all_shown(request: Request, methods: list[ContactMethod]) -> list[dict[str, Any]]:
    failing = queries.failing(methods)
    now = clock.now()
    mute, broken = accounts.mute_ways(methods, now), accounts.failing_channels(now)
    return [
        shapes.method_json(
            row,
            own=row.user_id == request.user.pk,
            failing=row.pk in failing,
            set_up=row.pk not in mute,
            broken=row.channel in broken,
        )
        for row in methods
    ]


class ContactMethods(ReachView):
    @extend_schema(operation_id="listContactMethods", responses=shapes.ContactMethodOut(many=True))
    def get(self, request: Request, user_id: str) -> Response:
        """Ways in their order; at most a handful."""
        filters_of(request, [])
        user = self.person(request, user_id, admins=True)
        return Response(_all_shown(request, commands.ensure_default_method(user)))

    @extend_schema(
        operation_id="addContactMethod",
        request=shapes.ContactMethodIn,
        responses={201: shapes.ContactMethodOut},
    )
    def post(self, request: Request, user_id: str) -> Response:
        """Adds a way, used from now on; admins may do so for others."""
        user = self.person(request, user_id, admins=True)
        body = checked(shapes.ContactMethodIn, request)
        method = commands.add_method(user, **body, **self.acting(request))
        return Response(_shown(request, method), status=201)


class OneContactMethod(ReachView):
    @extend_schema(
        operation_id="changeContactMethod",
        request=shapes.ContactMethodChange,
        responses=shapes.ContactMethodOut,
    )
    def patch(self, request: Request, user_id: str, public_id: str) -> Response:
        """Changes what is given; all or nothing."""
        method = self.own_method(request, user_id, public_id)
        body, how = checked(shapes.ContactMethodChange, request), self.acting(request)
        with transaction.atomic():
            texts = {name: body[name] for name in ("address", "label") if name in body}
            if texts:
                commands.change_method(method, **texts, **how)
            if "enabled" in body:
                commands.set_enabled(method, body["enabled"], **how)
        method.refresh_from_db()
        return Response(_shown(request, method))

    @extend_schema(operation_id="removeContactMethod", responses={204: None})
    def delete(self, request: Request, user_id: str, public_id: str) -> Response:
        """Removes the way; 409 for the only one."""
        method = self.own_method(request, user_id, public_id)
        commands.remove_method(method, **self.acting(request))
        return Response(status=204)


class ContactMethodVerification(ReachView):
    @extend_schema(
        operation_id="sendVerificationCode", request=None, responses={202: shapes.QueuedOut}
    )
    def post(self, request: Request, user_id: str, public_id: str) -> Response:
        """Sends six digits there; 409 when too many were asked for."""
        method = self.own_method(request, user_id, public_id)
        sent = commands.send_code(method, **self.acting(request))
        return Response({"deliveryId": sent.pk}, status=202)

    @extend_schema(
        operation_id="verifyContactMethod",
        request=shapes.CodeIn,
        responses=shapes.ContactMethodOut,
    )
    def put(self, request: Request, user_id: str, public_id: str) -> Response:
        """Takes the code that arrived; 422 for a wrong one."""
        method = self.own_method(request, user_id, public_id)
        body = checked(shapes.CodeIn, request)
        return Response(
            _shown(request, commands.confirm(method, body["code"], **self.acting(request)))
        )


class ContactMethodMove(ReachView):
    @extend_schema(
        operation_id="moveContactMethod",
        request=shapes.PlaceIn,
        responses=shapes.ContactMethodOut,
    )
    def post(self, request: Request, user_id: str, public_id: str) -> Response:
        """One place up or down in the order; at the end nothing happens."""
        method = self.own_method(request, user_id, public_id)
        up = checked(shapes.PlaceIn, request)["direction"] == "up"
        commands.move_method(method, up=up, **self.acting(request))
        return Response(_shown(request, method))


class ContactMethodTest(ReachView):
    @extend_schema(
        operation_id="testContactMethod", request=None, responses={202: shapes.QueuedOut}
    )
    def post(self, request: Request, user_id: str, public_id: str) -> Response:
        """Sends a test there; 409 when too many were asked for."""
        method = self.own_method(request, user_id, public_id)
        sent = commands.send_test(method, **self.acting(request))
        return Response({"deliveryId": sent.pk}, status=202)


class NotificationRules(ReachView):
    @extend_schema(operation_id="getNotificationRules", responses=shapes.RulesOut)
    def get(self, request: Request, user_id: str) -> Response:
        """Rules by urgency, where an empty list means the defaults; the digest of low urgency."""
        user = self.person(request, user_id, admins=True)
        return Response(_rules(user))

    @extend_schema(
        operation_id="replaceNotificationRules",
        request=shapes.RulesChange,
        responses=shapes.RulesOut,
    )
    def put(self, request: Request, user_id: str) -> Response:
        """Replaces what is named; all or nothing."""
        user = self.person(request, user_id)
        body = checked(shapes.RulesChange, request)
        methods = {row.public_id: row for row in commands.ensure_default_method(user)}
        with transaction.atomic():
            for urgency in Urgency.values:
                if urgency in body:
                    specs = [_spec(rule, methods) for rule in body[urgency]]
                    commands.set_rules(user, urgency, specs, **self.acting(request))
            if "lowDigest" in body:
                commands.set_low_digest(user, **body["lowDigest"], **self.acting(request))
        return Response(_rules(user))


def _rules(user: User) -> dict[str, Any]:
    return shapes.rules_json(queries.rules_of(user), queries.low_digest_of(user))


def _spec(rule: dict[str, Any], methods: dict[str, ContactMethod]) -> commands.RuleSpec:
    method = methods.get(rule["contactMethodId"])
    if method is None:
        message = "There is no such contact method"
        raise ValidationFailed(message, field="contactMethodId", reason="does_not_exist")
    return commands.RuleSpec(
        method, rule["delayMinutes"], rule["repeatMinutes"], rule["repeatTimes"]
    )
