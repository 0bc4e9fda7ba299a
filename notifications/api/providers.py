"""/api/providers: the same commands as the pages; admins only, secrets go in and never out."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.domain import roles
from core import clock
from core.api_view import ApiView, actor_of_api, checked, filters_of
from core.errors import Forbidden, ProductError, ValidationFailed
from notifications import commands, queries
from notifications.api import provider_shapes as shapes
from notifications.commands import providers as accounts
from notifications.models import Delivery, Provider
from notifications.providers import overview
from notifications.providers.base import kinds

SCOPES = {
    "GET": "providers:read",
    "POST": "providers:write",
    "PATCH": "providers:write",
    "DELETE": "providers:write",
}


class AdminView(ApiView):
    """For admins: the scope of the key is not enough."""

    scopes = SCOPES

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        user: Any = request.user
        if not roles.may(user.role, roles.Ability.MANAGE_SETTINGS):
            raise Forbidden("Only admins see and change provider accounts")


def _account(public_id: str) -> Provider:
    return get_object_or_404(Provider, public_id=public_id)


def _shown(account: Provider) -> dict[str, Any]:
    return shapes.provider_json(overview.card_of(account, clock.now()))


def _refusals(account: Provider) -> list[str]:
    """What its vendor says against the credentials."""
    try:
        commands.connect_provider(account)
    except ProductError as error:
        return [error.message]
    return []


def _warnings(account: Provider) -> list[str]:
    """What goes with the account, asked while it is still there."""
    found = overview.cards(clock.now())
    card = next(card for card in found if card.account.pk == account.pk)
    return overview.loss_of(card, found).sentences()


class ProviderKinds(AdminView):
    @extend_schema(operation_id="listProviderKinds", responses=shapes.KindsOut)
    def get(self, request: Request) -> Response:
        """The sorts of providers, with the settings that each asks for."""
        filters_of(request, [])
        return Response({"kinds": [shapes.kind_json(kind) for kind in kinds().values()]})


class Providers(AdminView):
    @extend_schema(operation_id="listProviders", responses=shapes.ProvidersOut)
    def get(self, request: Request) -> Response:
        """All accounts in the order in which they are tried."""
        filters_of(request, [])
        found = overview.cards(clock.now())
        return Response({"providers": [shapes.provider_json(card) for card in found]})

    @extend_schema(
        operation_id="createProvider",
        request=shapes.ProviderIn,
        responses={201: shapes.ProviderChangedOut},
    )
    def post(self, request: Request) -> Response:
        """A new account, the last in its channels; warns when its vendor refuses it."""
        body = checked(shapes.ProviderIn, request)
        account = accounts.create(
            body["kind"],
            body.get("settings", {}),
            label=body["label"],
            enabled=body["enabled"],
            per_minute=body.get("perMinute"),
            by=actor_of_api(request),
            now=clock.now(),
        )
        return Response(_shown(account) | {"warnings": _refusals(account)}, status=201)


class OneProvider(AdminView):
    @extend_schema(operation_id="getProvider", responses=shapes.ProviderOut)
    def get(self, request: Request, public_id: str) -> Response:
        """One account."""
        return Response(_shown(_account(public_id)))

    @extend_schema(
        operation_id="updateProvider",
        request=shapes.ProviderChange,
        responses=shapes.ProviderChangedOut,
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Changes what the body names; warns of a vendor's refusal and of people cut off."""
        account, body = _account(public_id), checked(shapes.ProviderChange, request)
        warnings = _warnings(account) if body.get("enabled") is False else []
        account = accounts.change(
            account,
            fields=body.get("settings"),
            clear=body.get("clear", ()),
            label=body.get("label"),
            enabled=body.get("enabled"),
            per_minute=body.get("perMinute"),
            by=actor_of_api(request),
            now=clock.now(),
        )
        return Response(_shown(account) | {"warnings": [*_refusals(account), *warnings]})

    @extend_schema(operation_id="removeProvider", responses=shapes.ProviderRemovedOut)
    def delete(self, request: Request, public_id: str) -> Response:
        """Removes the account with its credentials; says whom that cuts off."""
        account = _account(public_id)
        warnings = _warnings(account)
        accounts.remove(account, by=actor_of_api(request), now=clock.now())
        return Response({"deleted": True, "id": public_id, "warnings": warnings})


class ProviderMove(AdminView):
    @extend_schema(operation_id="moveProvider", request=shapes.MoveIn, responses=shapes.ProviderOut)
    def post(self, request: Request, public_id: str) -> Response:
        """One place up or down among the accounts of a channel; at the end nothing happens."""
        account, body = _account(public_id), checked(shapes.MoveIn, request)
        up = body["direction"] == "up"
        by = actor_of_api(request)
        accounts.move(account, body["channel"], up=up, by=by, now=clock.now())
        return Response(_shown(account))


class ProviderTest(AdminView):
    @extend_schema(
        operation_id="testProvider", request=shapes.TestIn, responses={202: shapes.TestOut}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Queues a real message through this account alone; ask for its fate by its id."""
        account, body = _account(public_id), checked(shapes.TestIn, request)
        user, channel = request.user, body["channel"]
        method = None
        if not body["address"]:
            mine = (one for one in queries.methods_of(user) if one.channel == channel)
            method = next(mine, None)
            if method is None:
                message = "You have no way of this channel: give an address"
                raise ValidationFailed(message, field="address")
        delivery = commands.send_provider_test(
            account,
            channel,
            user=user,
            method=method,
            address=body["address"],
            by=actor_of_api(request),
            now=clock.now(),
        )
        return Response(shapes.test_json(delivery), status=202)


class ProviderTestFate(AdminView):
    @extend_schema(operation_id="getProviderTest", responses=shapes.TestOut)
    def get(self, request: Request, public_id: str, test_id: str) -> Response:
        """What became of a test."""
        number = int(test_id) if test_id.isdecimal() and len(test_id) < 19 else 0
        rows = Delivery.objects.filter(
            subject_kind=queries.PROVIDER_TEST, subject_id=_account(public_id).pk
        )
        return Response(shapes.test_json(get_object_or_404(rows, pk=number)))
