"""What `manage.py up` looks at before anything runs; each refusal says what to do about it."""

import gc
import secrets
import socket
import time
from collections.abc import Callable
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import IntegrityError
from django.urls import reverse

from core import crypto
from core.models import Setting
from opsknight import recurring, wiring
from opsknight.runtime import web

FINGERPRINT = "fingerprint"
REMIND_SECONDS = 30
Say = Callable[[str], None]


class Refused(RuntimeError):
    """The installation cannot start; the message says why and what helps."""


def bind() -> socket.socket:
    """The listening socket of HOST:PORT. Raises Refused when it cannot be had."""
    host, port = settings.HOST, settings.PORT
    try:
        sock = web.listen(host, port)
    except OSError as error:
        raise Refused(f"cannot listen on {host}:{port}: {_why(error)}") from error
    settings.PORT = sock.getsockname()[1]
    return sock


def _why(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "HOST is not an address of this machine"
    if error.errno == 98:
        return "another program uses this port; stop it, or choose another with PORT=…"
    return str(error.strerror)


def wait_for_database(say: Say) -> None:
    """Returns as soon as the database can be reached; says so while it cannot."""
    told = 0.0
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError as error:
            connection.close()
            if time.monotonic() - told > REMIND_SECONDS or not told:
                told = time.monotonic()
                reason = str(error).strip().splitlines()[0]
                say(f"The database does not answer, trying again every second: {reason}")
        time.sleep(1)


def unapplied_migrations() -> list[str]:
    """Names of the migrations that the database lacks."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def check_migrations() -> None:
    """Raises Refused unless the tables are those of this version."""
    missing = unapplied_migrations()
    if missing:
        raise Refused(
            f"{len(missing)} migrations are not applied (first {missing[0]}); "
            "run `manage.py migrate`, which `make run` does by itself"
        )


def check_fingerprint() -> None:
    """The first start notes which keys the data belongs to. Raises Refused for other keys."""
    mine = crypto.fingerprint()
    noted = Setting.objects.filter(name=FINGERPRINT).values_list("value", flat=True).first()
    if noted is None:
        noted = _note_fingerprint(mine)
    if noted != mine:
        raise Refused(
            "FIELD_KEYS or KEY_PEPPER is not the one this database was set up with: stored "
            "secrets would not open and no key of a monitoring tool would be known. Restore "
            f"{settings.DATA_DIR / 'secrets.json'} from your backup, or set the old values in "
            "the environment"
        )


def _note_fingerprint(mine: str) -> str:
    try:
        with transaction.atomic():
            Setting.objects.create(name=FINGERPRINT, value=mine)
    except IntegrityError:  # another first start was faster
        return str(Setting.objects.get(name=FINGERPRINT).value)
    return mine


def setup_token() -> str | None:
    """The token that `/setup` will ask for, when strangers could reach it; else None."""
    if get_user_model().objects.exists():
        return None
    if not settings.SETUP_TOKEN and not settings.LOOPBACK:
        settings.SETUP_TOKEN = secrets.token_urlsafe(16)
    return settings.SETUP_TOKEN or None


def freeze() -> None:
    """Loads what every process needs and marks it as shared: forks then cost little memory."""
    get_internal_wsgi_application()  # knows the static files that are there by now
    reverse("health")  # imports every view
    for path in (*wiring.modules(), *recurring.modules()):
        import_module(path)
    connections.close_all()
    gc.collect()
    gc.freeze()


def address(host: str, port: int) -> str:
    """Where to point a browser on this machine."""
    name = reachable(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def reachable(host: str) -> str:
    """An address that a socket bound to `host` answers on."""
    every = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    return every.get(host, host)
