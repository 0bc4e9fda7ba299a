"""How often a person may ask what a change would mean: it is work, and forms ask at each key."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from core import rate

PER_MINUTE = 60


def may_look(request: HttpRequest, now: datetime) -> bool:
    """Counts one look of the signed-in person."""
    user: Any = request.user
    return rate.hit(f"preview:{user.pk}", PER_MINUTE, now=now.timestamp()).allowed
