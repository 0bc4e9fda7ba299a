"""Which process of an installation does what, and who is at work at this moment."""

import time
from pathlib import Path

from opsknight.runtime import linux

FAMILY = ["worker 1", "worker 2", "monitor", "pusher"]  # in the order of their birth
ALL = {"web-1", "web-2", "ticker", "sender", "q2", "sentinel", *FAMILY}
LOOK_SECONDS = 0.002


def roles(supervisor: int) -> dict[str, int]:
    """Role -> process id of everything below the supervisor that is there now."""
    found = {_name(pid).removeprefix("ok-"): pid for pid in linux.children(supervisor)}
    for sentinel in linux.children(found.get("q2", 0)):
        found["sentinel"] = sentinel
        found |= dict(zip(FAMILY, linux.children(sentinel), strict=False))
    return found


def at_work(pids: list[int], seconds: float) -> int | None:
    """The first of the processes that is seen working, None when all sleep for so long."""
    before = {pid: _worked(pid) for pid in pids}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for pid in pids:
            if _worked(pid) != before[pid]:
                return pid
        time.sleep(LOOK_SECONDS)
    return None


def _worked(pid: int) -> int:
    """Nanoseconds on a processor."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    except (OSError, IndexError):
        return 0


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
