"""The supervisor judges a process by its family: who belongs to it, and who only visits."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from opsknight.runtime.child import Child
from opsknight.runtime.database import Role

# Starts what it is told to, "own" in a session of its own; ends it when told to.
LEADER = """
import subprocess, sys
started = {}
print(flush=True)
for line in sys.stdin:
    verb, name = line.split()
    if verb == "end":
        started[name].kill(); started[name].wait()
    else:
        started[name] = subprocess.Popen(["sleep", "60"], start_new_session=verb == "own")
    print(flush=True)
for one in started.values():
    one.kill()
"""


class Leader:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", LEADER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.process.stdout.readline()

    def tell(self, line: str) -> None:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def close(self) -> None:
        self.process.communicate(timeout=10)


@pytest.fixture
def leader() -> Iterator[Leader]:
    made = Leader()
    yield made
    made.close()


@pytest.fixture
def child(leader: Leader) -> Child:
    """A family of two that is complete."""
    found = Child("q2", lambda: None, Role.ENGINE, 1.0, family=2, pid=leader.process.pid)
    leader.tell("start one")
    assert not found.lost_relatives()
    assert found.relatives == []  # not complete yet
    leader.tell("start two")
    assert not found.lost_relatives()
    assert len(found.relatives) == 2
    return found


def test_one_that_is_gone_is_noticed_even_when_another_takes_its_place(
    leader: Leader, child: Child
) -> None:
    leader.tell("end one")
    leader.tell("start three")
    assert child.lost_relatives()


def test_a_helper_in_a_session_of_its_own_may_come_and_go(leader: Leader, child: Child) -> None:
    leader.tell("own helper")
    assert not child.lost_relatives()
    leader.tell("end helper")
    assert not child.lost_relatives()
