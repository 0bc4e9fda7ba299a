"""Name look-up in bounded time: the C library's cannot be cancelled, so it runs aside."""

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from core.egress.deadline import Deadline
from core.egress.errors import EgressFailed

Resolver = Callable[[str, int], Sequence[str]]

LOOKUP_SECONDS = 3.0
MAX_RUNNING = 32
# A look-up that hangs longer than this is not joined any more; a new one is tried.
JOIN_SECONDS = 10.0


def system_resolver(host: str, port: int) -> list[str]:
    """Addresses in the order the system prefers, without repetition."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Lookups:
    """Running look-ups. One hanging name holds one thread, however many callers wait for it."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start empty: in a forked child the threads of the parent do not exist."""
        self._lock = threading.Lock()
        self._running: dict[tuple[Resolver, str, int], tuple[Future[list[str]], float]] = {}
        self._busy = 0

    def start(self, resolver: Resolver, host: str, port: int) -> "Future[list[str]]":
        key = (resolver, host, port)
        with self._lock:
            future, since = self._running.get(key, (None, 0.0))
            if future is not None and time.monotonic() - since < JOIN_SECONDS:
                return future
            if self._busy >= MAX_RUNNING:
                raise EgressFailed("too many name look-ups are waiting for an answer")
            future = Future()
            self._running[key] = (future, time.monotonic())
            self._busy += 1
        thread = threading.Thread(
            target=self._run, args=(key, future), name="egress-lookup", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            self._finish(key, future)
            raise EgressFailed("no thread is free for the name look-up") from None
        return future

    def _run(self, key: tuple[Resolver, str, int], future: "Future[list[str]]") -> None:
        resolver, host, port = key
        try:
            answer = list(resolver(host, port))
        except Exception as error:  # noqa: BLE001  whatever it is, the waiting callers hear it
            self._finish(key, future)
            future.set_exception(error)
        else:
            self._finish(key, future)
            future.set_result(answer)

    def _finish(self, key: tuple[Resolver, str, int], future: "Future[list[str]]") -> None:
        with self._lock:
            self._busy -= 1
            if self._running.get(key, (None,))[0] is future:
                del self._running[key]


_lookups = _Lookups()
os.register_at_fork(after_in_child=_lookups.forget)


def look_up(
    host: str, port: int, *, deadline: Deadline, resolver: Resolver | None = None
) -> list[str]:
    """Ask once for the addresses of `host`; at least one comes back.

    Raises EgressFailed (temporary, nothing sent) when there is no answer in time or none at all.
    """
    future = _lookups.start(resolver or system_resolver, host, port)
    try:
        answer = future.result(timeout=deadline.remaining(LOOKUP_SECONDS))
    except TimeoutError:
        raise EgressFailed("the name look-up got no answer in time") from None
    except (OSError, UnicodeError, ValueError):
        raise EgressFailed("the host name cannot be resolved") from None
    if not answer:
        raise EgressFailed("the host name has no address")
    return answer
