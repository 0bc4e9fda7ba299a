"""Command line: `make bench`, `make bench ARGS="--db postgres ingest storm"`."""

import argparse
import asyncio
import platform
from datetime import UTC, datetime

from bench import measures
from bench.figures import Figure, machine_speed, table
from bench.instance import Instance
from bench.sinks import SmtpSink


async def bench(database: str, names: list[str]) -> str:
    sink = SmtpSink()
    await sink.start()
    instance = Instance(database, smtp_port=sink.port)
    figures: list[Figure] = []
    await asyncio.to_thread(instance.__enter__)
    try:
        for name in names:
            speed = machine_speed()
            found = await measures.ALL[name](instance, sink)
            print(f"  ({name}: calibration before {speed}, after {machine_speed()})", flush=True)
            for figure in found:
                print(f"  {database}: {figure.name}: {figure.value}", flush=True)
            figures += found
            await measures.drained(instance)
    finally:
        await asyncio.to_thread(instance.__exit__)
    return table(database, figures)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("names", nargs="*", help=", ".join(measures.ALL))
    parser.add_argument("--db", choices=["sqlite", "postgres"])
    options = parser.parse_args()
    unknown = set(options.names) - set(measures.ALL)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(measures.ALL)}")
    print(f"{platform.machine()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}")
    for database in [options.db] if options.db else ["postgres", "sqlite"]:
        print(asyncio.run(bench(database, options.names or list(measures.ALL))))


main()
