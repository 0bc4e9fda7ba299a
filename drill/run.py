"""Runs one drill against an installation of its own, within a time limit."""

import asyncio
from collections.abc import Awaitable, Callable

from drill.faults.channels import channels
from drill.faults.clock import clock
from drill.faults.ends import stop, supervisor
from drill.faults.freeze import freeze
from drill.faults.frozen import frozen
from drill.faults.kill import kill
from drill.faults.lock import sqlite_locked
from drill.faults.outage import postgres
from drill.faults.phones import smtp
from drill.faults.storm import storm
from drill.report import Report
from drill.site import Options, Site

DRILLS: dict[str, Callable[[Site], Awaitable[None]]] = {
    "kill": kill,
    "supervisor": supervisor,
    "clock": clock,
    "smtp": smtp,
    "channels": channels,
    "freeze": freeze,
    "frozen": frozen,
    "storm": storm,
    "postgres": postgres,
    "sqlite-locked": sqlite_locked,
    "stop": stop,
}
ONLY_ON = {"postgres": "postgres", "sqlite-locked": "sqlite"}
# The clock of an installation can be moved only when it says that it is a test.
ENV = {name: {"OPSKNIGHT_TESTING": "1"} for name in ("clock", "freeze")}
ENV["storm"] = {"OPSKNIGHT_PAGES_PER_CAUSE": "3"}
LOG_LENGTH = 4000
LIMIT_SECONDS = 420.0  # of a drill beside the seconds asked for


async def run(name: str, options: Options, *, quiet: bool = False) -> Report:
    """The findings. A drill that raises or takes too long has failed; nothing is left running."""
    report = Report(name, options.database, quiet)
    report.say(f"== {name} on {options.database}, seed {options.seed} ==")
    async with Site(options, report, ENV.get(name)) as site:
        try:
            async with asyncio.timeout(options.seconds + LIMIT_SECONDS):
                await DRILLS[name](site)
        except Exception as error:  # noqa: BLE001 whatever it is, the drill has failed
            report.check("the drill came to its end", False, f"{type(error).__name__}: {error}")
        if not report.passed:
            report.say(f"the end of the log:\n{site.log()[-LOG_LENGTH:]}")
    left = [f"{process.pid} {process.name()}" for process in site.processes()]
    report.check("no process is left behind", not left, ", ".join(left))
    return report
