"""A few seconds of `make drill` in the suite: real processes die and no accepted event is lost."""

import asyncio
import os

from drill.run import run
from drill.site import Options

SECONDS = 6.0
AT_ONCE = 0.0  # a mail takes no time: there is hardly a lease to wait for afterwards


def test_no_accepted_event_is_lost_while_processes_are_killed() -> None:
    database = "postgres" if os.environ["DATABASE_URL"] else "sqlite"
    options = Options(database, SECONDS, mail_seconds=AT_ONCE)
    report = asyncio.run(run("kill", options, quiet=True))
    assert report.passed, report.text


def test_nobody_is_woken_after_forty_minutes_for_what_is_over() -> None:
    database = "postgres" if os.environ["DATABASE_URL"] else "sqlite"
    report = asyncio.run(run("freeze", Options(database), quiet=True))
    assert report.passed, report.text
