"""Guards for tests, named by dotted path in the settings."""

from collections.abc import Sequence
from datetime import datetime

Asked = Sequence[tuple[int, int, str, int | None]]


def refuse_odd(deliveries: Asked, now: datetime) -> dict[int, str]:
    return {row[0]: "odd subjects are over" for row in deliveries if row[1] % 2}


def break_down(deliveries: Asked, now: datetime) -> dict[int, str]:
    raise RuntimeError("the guard is broken")


def mumble(deliveries: object, now: object) -> None:
    """Forgets to answer."""
