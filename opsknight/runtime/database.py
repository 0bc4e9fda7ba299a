"""How each kind of process talks to the database. Called before its first connection."""

import copy
import functools
from enum import Enum
from typing import Any

from django.db import connections


class Role(Enum):
    """Web waits briefly and commits with fsync, the engine waits long, the supervisor hardly."""

    WEB = "web"
    ENGINE = "engine"
    WATCH = "watch"


_SQLITE_WAIT = {Role.WEB: 5, Role.ENGINE: 20, Role.WATCH: 1}
_SQLITE_SYNC = {Role.WEB: "FULL", Role.ENGINE: "NORMAL", Role.WATCH: "NORMAL"}
# Milliseconds. A page or an event waits briefly and is refused loudly; the engine may wait. The
# locks of a machine that vanished in the middle of a transaction are given back.
_POSTGRESQL_LIMITS = {
    Role.WEB: {"statement_timeout": 15_000, "lock_timeout": 5_000},
    Role.ENGINE: {},
    Role.WATCH: {"statement_timeout": 3_000, "lock_timeout": 2_000},
}
_POSTGRESQL_ALWAYS = {"idle_in_transaction_session_timeout": 30_000}


def take(role: Role) -> None:
    """Sets the options of new connections of this process; open ones are closed."""
    connections.close_all()
    database = connections.settings["default"]
    change = _sqlite if database["ENGINE"].endswith("sqlite3") else _postgresql
    fresh = change(role, _configured())
    options = database["OPTIONS"]  # one dictionary for the connections of all threads
    options.clear()
    options.update(fresh)


@functools.cache
def _configured() -> dict[str, Any]:
    """The options of the settings, as they were before the first change."""
    return copy.deepcopy(connections.settings["default"].setdefault("OPTIONS", {}))


def _sqlite(role: Role, base: dict[str, Any]) -> dict[str, Any]:
    seconds = _SQLITE_WAIT[role]
    # The last PRAGMA wins over those of the settings.
    command = base.get("init_command", "").rstrip("; ") + (
        f"; PRAGMA busy_timeout={seconds * 1000}; PRAGMA synchronous={_SQLITE_SYNC[role]};"
    )
    return {**base, "timeout": seconds, "init_command": command}


def _postgresql(role: Role, base: dict[str, Any]) -> dict[str, Any]:
    """An address with `?options=` (a pooler may refuse ours) decides about the limits itself."""
    watching = role is Role.WATCH
    limits = _POSTGRESQL_ALWAYS | _POSTGRESQL_LIMITS[role]
    return {
        "connect_timeout": 3 if watching else 5,
        "tcp_user_timeout": 4_000 if watching else 15_000,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        **base,
    }
