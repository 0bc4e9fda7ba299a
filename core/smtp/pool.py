"""Connections kept for the next mail, and the promise never to hand a message over twice."""

import os
import re
import smtplib
import threading
import time

from core.egress.deadline import Deadline
from core.egress.errors import EgressFailed
from core.smtp.errors import SmtpError, as_smtp_error, is_hang_up
from core.smtp.session import Session
from core.smtp.target import SmtpTarget

IDLE_SECONDS = 10.0
MAX_IDLE = 32
FAILURES = (OSError, UnicodeError, smtplib.SMTPException, EgressFailed, SmtpError)

_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\ud800-\udfff]")


class SmtpPool:
    """Idle connections, kept for IDLE_SECONDS; one in use belongs to one thread alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Session] = []

    def send(
        self,
        target: SmtpTarget,
        mail_from: str,
        rcpt: str,
        message_bytes: bytes,
        deadline_seconds: float = 8.0,
    ) -> None:
        """Hand one message to the server; returns when it was accepted. Thread-safe.

        Addresses are bare (`a@b.example`, `mail_from` may be empty). Line ends become CRLF.
        Raises SmtpError. Never hands a message over twice: a retry is the caller's decision.
        """
        _check_address(rcpt)
        if mail_from:
            _check_address(mail_from)
        deadline = Deadline(min(deadline_seconds, target.timeout))
        session = self._take(target, deadline)
        if session and self._deliver(session, mail_from, rcpt, message_bytes, kept=True):
            return
        try:
            session = Session(target, deadline)
        except FAILURES as error:
            raise as_smtp_error(error, deadline, sent=False) from None
        self._deliver(session, mail_from, rcpt, message_bytes, kept=False)

    def close(self) -> None:
        """Hang up on all idle connections (a worker that stops, a changed configuration)."""
        with self._lock:
            sessions, self._idle = self._idle, []
        for session in sessions:
            session.hang_up()

    def _deliver(
        self, session: Session, mail_from: str, rcpt: str, message: bytes, *, kept: bool
    ) -> bool:
        """True when accepted; False when a kept connection proved dead before the message."""
        try:
            session.deliver(mail_from, rcpt, message)
        except FAILURES as error:
            sent, deadline = session.handed_over, session.deadline
            session.hang_up()
            if kept and not sent and not deadline.expired and is_hang_up(error):
                return False
            raise as_smtp_error(error, deadline, sent=sent) from None
        except BaseException:
            session.close()
            raise
        self._keep(session)
        return True

    def close_idle(self) -> None:
        """Hang up on connections idle for too long. `send` does it too; a quiet worker may call."""
        oldest = time.monotonic() - IDLE_SECONDS
        with self._lock:
            stale = [s for s in self._idle if s.pid != os.getpid() or s.idle_since < oldest]
            self._idle = [s for s in self._idle if s not in stale]
        for session in stale:
            session.hang_up()

    def _take(self, target: SmtpTarget, deadline: Deadline) -> Session | None:
        self.close_idle()
        with self._lock:
            taken = next((s for s in reversed(self._idle) if s.target == target), None)
            if taken is None:
                return None
            self._idle.remove(taken)
        taken.begin(deadline)
        return taken

    def _keep(self, session: Session) -> None:
        session.idle_since = time.monotonic()
        with self._lock:
            if len(self._idle) < MAX_IDLE:
                self._idle.append(session)
                return
        session.hang_up()

    def renew_lock(self) -> None:
        """For a forked child: another thread of the parent may have held the lock."""
        self._lock = threading.Lock()


_pool = SmtpPool()
os.register_at_fork(after_in_child=_pool.renew_lock)
send = _pool.send
close_idle = _pool.close_idle


def _check_address(address: str) -> None:
    if _UNSAFE.search(address) or not 0 < len(address) <= 320 or "@" not in address:
        raise SmtpError("the mail address cannot be used", permanent=True)
