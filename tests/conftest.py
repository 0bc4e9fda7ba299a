"""How tests meet the product: its own data directory, nothing of this machine's configuration.

Settings are loaded here, once, in a clean environment: neither `.env` nor exported variables
reach the tests, so they can never touch a real database, mail server or provider.
"""

import gc
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django
import pytest
import time_machine
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

pytest_plugins = ["tests.cast", "tests.browsers", "tests.phones", "tests.notifications.push"]

ROOT = Path(__file__).resolve().parent.parent
SECOND_HALF = os.environ.get("OPSKNIGHT_TESTS_HALF") == "second"
PREPARED = os.environ.get("OPSKNIGHT_TESTS_PREPARED", "")
IN_CI = os.environ.get("CI") == "true"
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}
OUTSIDE = {"runtime", "drill"}  # tests there start the product's own processes
HOME = Path(tempfile.mkdtemp(prefix="opsknight-tests-"))


def _clean_environment() -> None:
    """Forget every operator variable but the database that `make test` chose."""
    database = os.environ.get("DATABASE_URL", "")
    for name in re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / "env.example").read_text(), re.M):
        os.environ.pop(name, None)
    os.environ["OPSKNIGHT_ENV_FILE"] = os.devnull
    os.environ["OPSKNIGHT_TESTING"] = "1"
    os.environ["OPSKNIGHT_DATA_DIR"] = str(HOME)
    (HOME / "static").mkdir()  # whitenoise warns when it is not there
    os.environ["DATABASE_URL"] = database


def _load_product() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "opsknight.settings"
    django.setup()
    # Parallel workers inherit the environment. Left in it, the name would make them load the
    # settings before this file gives each of them a data directory, and so a clock, of its own.
    del os.environ["DJANGO_SETTINGS_MODULE"]
    from tests import emptying

    emptying.install()


_clean_environment()
_load_product()
# What is loaded by now stays: the collector need not go through it again for thousands of tests.
gc.freeze()
gc.set_threshold(20_000, 20, 20)

hypothesis_settings.register_profile(
    "suite",
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.register_profile(  # `make properties`, which CI runs as well
    "careful", parent=hypothesis_settings.get_profile("suite"), max_examples=200
)
hypothesis_settings.register_profile(
    "thorough", parent=hypothesis_settings.get_profile("suite"), max_examples=2000
)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_unconfigure() -> None:
    """pytest now looks for garbage five times; once, and what is left is left alone."""
    gc.collect()
    gc.freeze()
    shutil.rmtree(HOME, ignore_errors=True)


def pytest_collection_finish() -> None:
    """Thousands of tests stay as well."""
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the other half of `make test` runs; let what takes longest begin first."""
    foreign = [item for item in items if _foreign(item)]
    if foreign:
        config.hook.pytest_deselected(items=foreign)
        items[:] = [item for item in items if item not in foreign]
    items.sort(key=_turn)


def _foreign(item: pytest.Item) -> bool:
    """Whether a test belongs to the other database, or meets none and was run there already."""
    other = "sqlite" if os.environ["DATABASE_URL"] else "postgres"
    return bool(item.get_closest_marker(f"{other}_only")) or (SECOND_HALF and _left_out(item))


def _left_out(item: pytest.Item) -> bool:
    """What a browser paints, and ordinary questions to tables, are the same on either database.

    `make test DB=postgres`, which CI runs as well, leaves nothing out.
    """
    marked = item.get_closest_marker("once") or item.get_closest_marker("browser")
    return bool(marked) or _meets_none(item)


def _meets_none(item: pytest.Item) -> bool:
    asks = not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
    starts_programs = not OUTSIDE.isdisjoint(item.path.parts)
    return not (asks or starts_programs or item.get_closest_marker("django_db"))


def _turn(item: pytest.Item) -> int:
    """A drill or a walk in a browser that began last would keep one processor idle.

    What needs a browser stays together: each start of one costs as much as some tests.
    """
    if item.get_closest_marker("browser"):
        return 0
    return 2 if OUTSIDE.isdisjoint(item.path.parts) else 1


@pytest.fixture(autouse=True)
def _browser_is_there(request: pytest.FixtureRequest) -> None:
    """Tests marked `browser` need Debian's Chromium; CI may not do without them."""
    from tests.browsers import WHOLE

    if not request.node.get_closest_marker("browser") or WHOLE.exists():
        return
    missing = f"{WHOLE} is missing: run `make deps`"
    if IN_CI:
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite lives in a file, because threads need it, and need not survive a power cut."""
    from django.db import connections

    database = connections["default"].settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(HOME / "test.sqlite3")
        database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
        if PREPARED:
            shutil.copy(PREPARED, database["TEST"]["NAME"])
    elif PREPARED:
        database["TEST"]["TEMPLATE"] = PREPARED


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """What `make test` migrated once is taken as it is; the end of the run removes it."""
    return bool(PREPARED)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """The data directory of this test process; the clock is put right again afterwards."""
    yield HOME
    (HOME / "clock_offset").unlink(missing_ok=True)


@pytest.fixture
def stopped_clock() -> Iterator[time_machine.Traveller]:
    """The time stands still: no limit, wait or code ends, however slow the computer is."""
    from core import clock

    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def at_once() -> Callable[..., list]:
    """Call a function from many threads at the same moment: `at_once(8, function, …)`.

    Gives the results, or the exceptions raised, in the order of the threads. Needs committed
    rows, so the test wants `django_db(transaction=True)`.
    """
    return _at_once


def _at_once(threads: int, function: Callable[..., object], *arguments: object) -> list:
    from django.db import connections

    start = threading.Barrier(threads)

    def call(_: int) -> object:
        start.wait()
        try:
            return function(*arguments)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(call, range(threads)))
