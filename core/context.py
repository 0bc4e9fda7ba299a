"""Template variables of every page: nonce, theme, version."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core import config
from core.web import THEMES, chosen_theme


def shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    theme = getattr(user, "theme", "")
    return {
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "theme": theme if theme in THEMES else chosen_theme(request),
        "version": settings.VERSION,
        "organisation": config.get("organisation"),
        "demo": settings.DEMO,
    }
