"""Each kind of process gets the connection that it needs."""

import time
from collections.abc import Callable, Iterator
from unittest.mock import Mock

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from core.database import hot_cursor
from core.heartbeat import beat, last
from opsknight import settings
from opsknight.runtime import database
from opsknight.runtime.database import Role, take

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    options = connection.settings_dict["OPTIONS"]
    before = dict(options)
    database._configured.cache_clear()
    yield
    connection.close()
    options.clear()
    options.update(before)


def ask(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0])


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("role", "synchronous", "wait"),
    [(Role.WEB, "2", "5000"), (Role.ENGINE, "1", "20000"), (Role.WATCH, "1", "1000")],
)
def test_web_commits_with_fsync_and_waits_briefly(role: Role, synchronous: str, wait: str) -> None:
    take(role)
    assert ask("PRAGMA synchronous") == synchronous
    assert ask("PRAGMA busy_timeout") == wait
    assert ask("PRAGMA journal_mode") == "wal"


@pytest.mark.sqlite_only
def test_the_last_role_taken_is_in_force() -> None:
    for role in (Role.WATCH, Role.WEB, Role.ENGINE):
        take(role)
    assert ask("PRAGMA synchronous") == "1"


@pytest.mark.postgres_only
@pytest.mark.parametrize(
    ("role", "statement", "lock"),
    [(Role.WEB, "15s", "5s"), (Role.ENGINE, "0", "0"), (Role.WATCH, "3s", "2s")],
)
def test_web_does_not_wait_for_ever(role: Role, statement: str, lock: str) -> None:
    take(role)
    assert ask("SHOW statement_timeout") == statement
    assert ask("SHOW lock_timeout") == lock
    assert ask("SHOW idle_in_transaction_session_timeout") == "30s"


@pytest.mark.parametrize("name", ["ticker", "sender"])
def test_who_is_run_alone_takes_its_role(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opsknight.management.commands.ticker.run_ticker", lambda: None)
    monkeypatch.setattr("opsknight.management.commands.sender.Sender", Mock)
    monkeypatch.setattr("opsknight.management.commands.sender.signal.signal", Mock())
    monkeypatch.setattr("opsknight.management.commands.sender.os._exit", Mock())
    call_command(name)
    if connection.vendor == "postgresql":
        assert ask("SHOW idle_in_transaction_session_timeout") == "30s"
    else:
        assert ask("PRAGMA busy_timeout") == "20000"


def test_a_first_sign_of_life_holds_no_lock() -> None:
    """Frozen before the end of a transaction, a sender kept all others waiting."""
    with CaptureQueriesContext(connection) as asked:
        beat("sender", now=clock.now(), pid=1)
        beat("sender", now=clock.now(), pid=2)
    kinds = [query["sql"].split()[0] for query in asked.captured_queries]
    assert kinds == ["UPDATE", "INSERT", "UPDATE"]


def test_two_first_signs_of_life_within_transactions(at_once: Callable[..., list]) -> None:
    """The second finds the row of the first when it writes its own, and loses nothing else."""

    def note(kept: str) -> None:
        with transaction.atomic():
            beat(kept, now=clock.now())
            beat("watch", now=clock.now(), kept=kept)
            time.sleep(0.3)  # the other one gets there meanwhile

    kept = iter(["one", "two"])
    assert at_once(2, lambda: note(next(kept))) == [None, None]
    assert set(last()) == {"one", "two", "watch"}


@pytest.mark.postgres_only
def test_limits_in_the_address_win() -> None:
    connection.settings_dict["OPTIONS"]["options"] = "-c statement_timeout=7000"
    database._configured.cache_clear()
    take(Role.WEB)
    assert ask("SHOW statement_timeout") == "7s"
    assert ask("SHOW lock_timeout") == "0"


def use_hot_statement(times: int) -> None:
    for number in range(times):
        with hot_cursor() as cursor:
            cursor.execute("SELECT %(number)s::int + 41", {"number": number})


@pytest.mark.postgres_only
@pytest.mark.parametrize("role", list(Role))
def test_what_runs_with_every_event_is_planned_once_per_connection(role: Role) -> None:
    take(role)
    use_hot_statement(20)
    kept = "FROM pg_prepared_statements WHERE statement LIKE '%+ 41'"
    assert ask(f"SELECT count(*) {kept}") == "1"
    assert int(ask(f"SELECT generic_plans {kept}")) > 0


@pytest.mark.postgres_only
@pytest.mark.parametrize(("end", "kept"), [("", 1), ("?prepare_threshold=0", 0)])
def test_a_pooler_that_cannot_have_it_gets_no_prepared_statement(
    monkeypatch: pytest.MonkeyPatch, end: str, kept: int
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgres://somebody:secret@127.0.0.1/one{end}")
    connection.settings_dict["OPTIONS"].update(settings._database()["OPTIONS"])
    database._configured.cache_clear()
    take(Role.WEB)
    use_hot_statement(20)
    assert ask("SELECT count(*) FROM pg_prepared_statements") == str(kept)


@pytest.fixture
def widened() -> Iterator[Callable[[], None]]:
    """A table whose hot statement is prepared; called, it gets a column of another type."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE hot_widened (number int)")
    for _ in range(20):
        read_hot()

    def widen() -> None:
        with psycopg.connect(**connection.get_connection_params()) as other:
            other.execute("ALTER TABLE hot_widened ALTER COLUMN number TYPE bigint")

    yield widen
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE hot_widened")


def read_hot() -> None:
    with hot_cursor() as cursor:
        cursor.execute("SELECT number FROM hot_widened WHERE number > %(low)s", {"low": 1})


@pytest.mark.postgres_only
def test_a_migration_on_the_live_system_is_not_noticed(widened: Callable[[], None]) -> None:
    widened()
    for _ in range(3):
        read_hot()


@pytest.mark.postgres_only
def test_a_migration_within_a_transaction_is_worth_another_try(
    widened: Callable[[], None],
) -> None:
    widened()
    with pytest.raises(OperationalError, match="cached plan"), transaction.atomic():
        read_hot()
    with transaction.atomic():
        read_hot()
