"""Who calls the JSON API, and whether the key may: DRF classes named in the settings."""

import logging
import re
from typing import Any

from django.db import DatabaseError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import commands, queries
from accounts.models import ApiKey, User
from core import clock

_HEADER = re.compile(r"^(?:Bearer|Api-Key)\s+(\S+)$", re.IGNORECASE)
log = logging.getLogger("opsknight.api")


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer ok_…``, ``Authorization: Api-Key ok_…`` or ``X-API-Key: ok_…``."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        secret = _secret(request)
        if not secret:
            return None
        now = clock.now()
        key = queries.api_key_for(secret, now)
        if key is None:
            raise AuthenticationFailed
        try:
            commands.note_use(key, now)
        except DatabaseError:  # a busy database costs a date, not the request
            log.warning("the use of API key %s was not noted", key.prefix)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """The key must carry the scope that the view names for the method; no name, no entry."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            return False
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else request.method
        scope = getattr(view, "scopes", {}).get(method)
        self.message = f"This API key lacks the scope {scope}"
        return scope is not None and scope in request.auth.scopes


def _secret(request: Request) -> str:
    match = _HEADER.match(request.headers.get("Authorization", "").strip())
    return match.group(1) if match else request.headers.get("X-API-Key", "").strip()
