"""Reads the body of a machine route within its limit."""

from typing import Any

from django.http import HttpRequest

from core import strict_json
from integrations.ingest.answers import Refusal


class TooLarge(Exception):
    """The body is over the limit; nothing of it was kept."""


def read(request: HttpRequest, limit: int) -> bytes:
    """The raw body. Raises TooLarge over `limit` bytes, Refusal 415 for a compressed one."""
    if request.META.get("opsknight.oversize"):
        raise TooLarge
    if request.headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}:
        raise Refusal(415, "Compressed bodies are not accepted")
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        declared = 0
    if declared > limit:
        raise TooLarge
    body = request.read(limit + 1)
    if len(body) > limit:
        raise TooLarge
    return body


def read_json(request: HttpRequest, limit: int) -> Any:
    """Raises TooLarge, or Refusal 400 "Invalid JSON"."""
    try:
        return strict_json.loads(read(request, limit))
    except strict_json.BadJSON as error:
        raise Refusal(400, "Invalid JSON", meta={"issues": [{"message": str(error)}]}) from error
