"""Command line: `make drill`, `make drill ARGS="kill clock --db postgres --seconds 20"`."""

import argparse
import asyncio
import platform
import signal
import sys
from datetime import UTC, datetime

from drill.report import Report, table
from drill.run import DRILLS, ONLY_ON, run
from drill.site import Options


async def _drill(names: list[str], databases: list[str], seconds: float, seed: int) -> list[Report]:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return [
        await run(name, Options(database, seconds, seed))
        for database in databases
        for name in names
        if ONLY_ON.get(name, database) == database
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make drill")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(DRILLS))
    parser.add_argument("--db", choices=["sqlite", "postgres"])
    parser.add_argument("--seconds", type=float, default=60.0, help="of killing (kill)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random")
    options = parser.parse_args()
    unknown = set(options.names) - set(DRILLS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(DRILLS)}")
    print(f"{platform.machine()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}")
    databases = [options.db] if options.db else ["postgres", "sqlite"]
    names = options.names or list(DRILLS)
    try:
        reports = asyncio.run(_drill(names, databases, options.seconds, options.seed))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    print(f"\n{table(reports)}\n")
    broken = [f"{report.drill} ({report.database})" for report in reports if not report.passed]
    print(f"{len(reports) - len(broken)} drills passed, {len(broken)} failed {', '.join(broken)}")
    return 1 if broken or not reports else 0


sys.exit(main())
