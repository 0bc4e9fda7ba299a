"""Databases that `make test` migrated once (scripts/test.py), for installations of tests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

PREPARED = os.environ.get("OPSKNIGHT_TESTS_PREPARED", "")
SERVER = os.environ.get("DATABASE_URL", "")


@contextmanager
def own_postgres(name: str) -> Iterator[str]:
    """The URL of a database of this name on the server of the suite, migrated if `PREPARED`.

    It is gone afterwards.
    """
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{PREPARED or "template1"}"')
        yield urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def copy_sqlite(home: Path) -> None:
    """Puts the migrated file into the data directory, if there is one."""
    if PREPARED and not SERVER:
        shutil.copy(PREPARED, home / "opsknight.sqlite3")
