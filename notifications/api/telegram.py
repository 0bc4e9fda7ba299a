"""/api/telegram-link: the address that connects one's own chat, as the page makes it."""
# ruff: noqa: N815  the API speaks camelCase

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api_time import iso
from core.api_view import ApiView
from core.errors import Conflict
from notifications.commands import chats


class TelegramLinkOut(serializers.Serializer):
    """Open `url` on the phone and press Start before `expiresAt`; it works once."""

    url = serializers.CharField()
    expiresAt = serializers.DateTimeField()


class TelegramLink(ApiView):
    scopes = {"POST": "users:write"}

    @extend_schema(operation_id="linkTelegram", request=None, responses=TelegramLinkOut)
    def post(self, request: Request) -> Response:
        """A link that makes a chat with the bot a verified way to reach the owner of the key."""
        now = clock.now()
        url = chats.link_of(request.user, now)
        if not url:
            raise Conflict("No Telegram bot is set up")
        return Response({"url": url, "expiresAt": iso(now + chats.LINK_LIFETIME)})
