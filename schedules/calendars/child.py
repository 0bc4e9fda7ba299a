"""The child process that reads one calendar: question on stdin, answer on stdout, hard limits."""

import json
import resource
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from schedules.calendars import reading

CPU_SECONDS = 6
MEMORY_BYTES = 768 * 1024 * 1024


def main() -> None:
    """Answers {"entries": [[uid, title, start, end]], "leftOut": ""} or {"problem": "…"}."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    question = json.loads(sys.stdin.buffer.readline())
    json.dump(_answer(question, sys.stdin.buffer.read()), sys.stdout)


def _answer(question: dict[str, str], data: bytes) -> dict[str, object]:
    try:
        found = reading.read(
            data,
            zone=ZoneInfo(question["zone"]),
            start=datetime.fromisoformat(question["start"]),
            end=datetime.fromisoformat(question["end"]),
            word=question["word"],
        )
    except reading.Unreadable as error:
        return {"problem": str(error)}
    entries = [
        [one.uid, one.title, one.start.isoformat(), one.end.isoformat()] for one in found.entries
    ]
    return {"entries": entries, "leftOut": found.left_out}


if __name__ == "__main__":
    main()
