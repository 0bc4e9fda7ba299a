"""A few seconds of `make drill` in the suite: real processes die and no accepted event is lost."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from drill.run import run
from drill.site import Options
from tests.prepared import PREPARED, SERVER, own_postgres

SECONDS = 6.0
AT_ONCE = 0.0  # a mail takes no time: there is hardly a lease to wait for afterwards


@pytest.fixture
def options(worker_id: str) -> Iterator[Options]:
    """On the server of the suite: no drill here kills the database itself."""
    name = "postgres" if SERVER else "sqlite"
    with contextlib.ExitStack() as stack:
        prepared = PREPARED
        if SERVER and PREPARED:
            prepared = stack.enter_context(own_postgres(f"drill_{worker_id}"))
        yield Options(name, SECONDS, mail_seconds=AT_ONCE, prepared=prepared)


def test_no_accepted_event_is_lost_while_processes_are_killed(options: Options) -> None:
    report = asyncio.run(run("kill", options, quiet=True))
    assert report.passed, report.text


@pytest.mark.once
def test_nobody_is_woken_after_forty_minutes_for_what_is_over(options: Options) -> None:
    report = asyncio.run(run("freeze", options, quiet=True))
    assert report.passed, report.text
