"""Who did it: a person, an integration or the system. Values, so that history outlives rows."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """`type` is user | integration | system; `via` is web | api | email | integration | engine."""

    type: str
    id: str = ""
    label: str = ""
    via: str = ""
    ip: str | None = None
    request_id: str = ""
    user_pk: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The shape of `actor` in the timeline of the Incidents API."""
        shape = {"type": self.type, "id": self.id, "name": self.label}
        return {key: value for key, value in shape.items() if value}


SYSTEM = Actor(type="system", label="OpsKnight", via="engine")
