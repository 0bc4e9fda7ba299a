"""What the kernel can do for a supervisor: names, death signals, adoption, family trees."""

import ctypes
import os
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


def name_process(name: str) -> None:
    """Shown by `ps -o comm` and `top`; at most 15 bytes."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def adopt_orphans() -> None:
    """Descendants whose parent died become children of this process instead of init's."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(parent: int) -> None:
    """SIGKILL for this process when `parent` ends, also when it has ended already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def chain_deaths() -> None:
    """From now on each fork of this process, and of its children, dies with its parent."""
    parent: list[int] = []

    def note() -> None:
        parent[:] = [os.getpid()]

    def follow() -> None:
        die_with_parent(parent[0])

    os.register_at_fork(before=note, after_in_child=follow)


def children(pid: int) -> list[int]:
    """Direct children, oldest first; empty when the process is gone."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        found = {int(kid) for task in tasks for kid in (task / "children").read_text().split()}
    except OSError:
        return []
    return sorted(found)


def descendants(pid: int) -> list[int]:
    """Children, their children and so on."""
    family = []
    for child in children(pid):
        family += [child, *descendants(child)]
    return family


def session(pid: int) -> int:
    """The process that leads its session; 0 when it is gone."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def kill_group(pid: int) -> None:
    """SIGKILL for the whole process group that `pid` leads, if any of it is left."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
