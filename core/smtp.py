"""One mail over SMTP in bounded time, with certainty about what may have arrived.

Made for pages: connections are kept for a few seconds, a dead one is noticed and replaced before
the message is handed over, and nothing is ever handed over twice. The server is chosen by the
operator, so private addresses are fine here.
"""

import os
import re
import smtplib
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from core.egress.addresses import to_address
from core.egress.deadline import Deadline
from core.egress.errors import EgressFailed
from core.egress.lookup import look_up
from core.egress.wire import connect, start_tls, tls_context

IDLE_SECONDS = 10.0
MAX_IDLE = 32
CONNECT_SECONDS = 3.0
# All replies of one mail together; a server that talks more is not answering us.
MAX_REPLY_BYTES = 262144

_TLS_OF_SCHEME = {"smtp": "none", "smtp+tls": "starttls", "smtps": "implicit"}
_PORT_OF_TLS = {"none": 25, "starttls": 587, "implicit": 465}
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\ud800-\udfff]")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"(?m)^\.")


class SmtpError(Exception):
    """The mail was not accepted, or nobody knows.

    `reason` is readable, without passwords. `permanent`: the same again is pointless.
    `sent`: False = certainly not accepted; True = the server may have taken the message.
    """

    def __init__(self, reason: str, *, permanent: bool = False, sent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.sent = sent


@dataclass(frozen=True)
class SmtpTarget:
    """Where mail goes out. `timeout`: seconds that one mail may take at most."""

    host: str
    port: int = 25
    username: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False
    use_starttls: bool = False
    timeout: float = 8.0

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read `smtp://user:password@host:port?tls=none|starttls|implicit&timeout=8`.

        Schemes: smtp (no TLS unless asked for), smtp+tls (STARTTLS or failure), smtps
        (TLS from the first byte). User and password are percent-decoded; the default port
        follows the kind of TLS: 25, 587, 465. Raises ValueError, without the password.
        """
        parts = urlsplit(url)
        if parts.scheme not in _TLS_OF_SCHEME or not parts.hostname or parts.path.strip("/"):
            raise ValueError("a mail URL looks like smtp://user:password@host:port")
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        tls = options.pop("tls", _TLS_OF_SCHEME[parts.scheme])
        timeout = float(options.pop("timeout", 8.0))
        if options or tls not in _PORT_OF_TLS or not 0 < timeout <= 60:
            raise ValueError("options of a mail URL: tls=none|starttls|implicit, timeout=seconds")
        return cls(
            host=parts.hostname,
            port=parts.port or _PORT_OF_TLS[tls],
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            use_tls=tls == "implicit",
            use_starttls=tls == "starttls",
            timeout=timeout,
        )


class _Replies:
    """Line reader for smtplib that obeys the deadline of its session and a size limit."""

    def __init__(self, session: "_Session") -> None:
        self._session = session
        self._buffer = bytearray()

    def readline(self, limit: int) -> bytes:
        while b"\n" not in self._buffer and len(self._buffer) < limit:
            piece = self._session.receive()
            if not piece:
                break
            self._buffer += piece
        end = self._buffer.find(b"\n") + 1 or len(self._buffer)
        line = bytes(self._buffer[: min(end, limit)])
        del self._buffer[: len(line)]
        return line

    def close(self) -> None:
        self._buffer.clear()


class _Session(smtplib.SMTP):
    """smtplib's dialogue over a socket of ours, each read and write within one deadline."""

    def __init__(self, target: SmtpTarget, deadline: Deadline) -> None:
        super().__init__(local_hostname="localhost")
        self.target = target
        self.pid = os.getpid()
        self.idle_since = 0.0
        self.begin(deadline)
        self._host = target.host
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def begin(self, deadline: Deadline) -> None:
        """A new mail: its deadline, a fresh allowance of reply bytes, nothing handed over."""
        self.deadline = deadline
        self._reply_budget = MAX_REPLY_BYTES
        self.handed_over = False

    def _open(self) -> None:
        target = self.target
        literal = to_address(target.host)
        texts = [target.host] if literal else self._resolve()
        addresses = [address for text in texts if (address := to_address(text))]
        self.sock = connect(
            addresses, target.port, deadline=self.deadline, connect_timeout=CONNECT_SECONDS
        )
        self.local_hostname = _own_name(self.sock)
        if target.use_tls:
            self._encrypt()
        self._expect(220, self.getreply())
        self.ehlo_or_helo_if_needed()
        if target.use_starttls:
            self._upgrade()
        if target.username:
            self.login(target.username, target.password)

    def _resolve(self) -> list[str]:
        return look_up(self.target.host, self.target.port, deadline=self.deadline)

    def _encrypt(self) -> None:
        assert self.sock is not None
        self.sock = start_tls(
            self.sock, self.target.host, context=tls_context(), deadline=self.deadline
        )

    def _upgrade(self) -> None:
        """STARTTLS is required here: going on in the clear would be a silent downgrade."""
        if not self.has_extn("starttls"):
            raise SmtpError("the mail server does not offer STARTTLS", permanent=True)
        self._expect(220, self.docmd("STARTTLS"))
        self._encrypt()
        # What came before TLS, said or still buffered, counts no more (RFC 3207 4.2).
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo_or_helo_if_needed()

    def deliver(self, mail_from: str, rcpt: str, message: bytes) -> None:
        """One mail. Until `handed_over` nothing of the message has left."""
        self._expect(250, self.mail(mail_from, self._options(mail_from, rcpt, message)))
        self._expect(25, self.rcpt(rcpt))
        self._expect(354, self.docmd("DATA"))
        self.handed_over = True
        lines = _LEADING_DOT.sub(b"..", _LINE_END.sub(b"\r\n", message))
        self.send(lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        reply = self.getreply()
        if reply[0] >= 400:
            self.handed_over = False  # refused in so many words
        self._expect(250, reply)

    def _options(self, mail_from: str, rcpt: str, message: bytes) -> list[str]:
        options = []
        if self.has_extn("size"):
            options.append(f"size={len(message)}")
        if self.has_extn("8bitmime") and not message.isascii():
            options.append("body=8bitmime")
        if not (mail_from + rcpt).isascii():
            if not self.has_extn("smtputf8"):
                raise SmtpError("the mail server takes ASCII addresses only", permanent=True)
            options.append("smtputf8")
        return options

    @staticmethod
    def _expect(code: int, reply: tuple[int, bytes]) -> None:
        """Raise unless the reply code begins with the digits of `code`."""
        if not str(reply[0]).startswith(str(code)):
            raise smtplib.SMTPResponseException(*reply)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = _Replies(self)
        return super().getreply()

    def receive(self) -> bytes:
        if self.sock is None or self._reply_budget <= 0:
            return b""
        self.sock.settimeout(self.deadline.remaining())
        piece = self.sock.recv(min(4096, self._reply_budget))
        self._reply_budget -= len(piece)
        return piece

    def send(self, s: bytes | str) -> None:
        """Replaces sendall, whose time-out starts anew with each piece when TLS is used."""
        view = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        try:
            while view:
                if self.sock is None:
                    raise smtplib.SMTPServerDisconnected("the connection is closed")
                self.sock.settimeout(self.deadline.remaining())
                view = view[self.sock.send(view[:65536]) :]
        except OSError:
            self.close()
            raise smtplib.SMTPServerDisconnected("the connection broke") from None

    def hang_up(self) -> None:
        """Say QUIT without waiting for the answer; a forked copy only lets go of the socket."""
        try:
            if self.sock is not None and self.pid == os.getpid():
                self.sock.settimeout(0)
                self.sock.send(b"QUIT\r\n")
        except OSError:
            pass  # it is being closed anyway
        finally:
            self.close()


class SmtpPool:
    """Idle connections, kept for IDLE_SECONDS; one in use belongs to one thread alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Session] = []

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
        if session is not None:
            if self._deliver(session, mail_from, rcpt, message_bytes, kept=True):
                return
        try:
            session = _Session(target, deadline)
        except (OSError, smtplib.SMTPException, EgressFailed) as error:
            raise _as_smtp_error(error, deadline, sent=False) from None
        self._deliver(session, mail_from, rcpt, message_bytes, kept=False)

    def close(self) -> None:
        """Hang up on all idle connections (a worker that stops, a changed configuration)."""
        with self._lock:
            sessions, self._idle = self._idle, []
        for session in sessions:
            session.hang_up()

    def _deliver(
        self, session: _Session, mail_from: str, rcpt: str, message: bytes, *, kept: bool
    ) -> bool:
        """True when accepted; False when a kept connection proved dead before the message."""
        try:
            session.deliver(mail_from, rcpt, message)
        except (OSError, smtplib.SMTPException, SmtpError) as error:
            sent, deadline = session.handed_over, session.deadline
            session.hang_up()
            if kept and not sent and not deadline.expired and _is_hang_up(error):
                return False
            raise _as_smtp_error(error, deadline, sent=sent) from None
        except BaseException:
            session.close()
            raise
        self._keep(session)
        return True

    def _take(self, target: SmtpTarget, deadline: Deadline) -> _Session | None:
        taken, stale = None, []
        with self._lock:
            oldest = time.monotonic() - IDLE_SECONDS
            for session in [*reversed(self._idle)]:
                if session.pid != os.getpid() or session.idle_since < oldest:
                    self._idle.remove(session)
                    stale.append(session)
                elif taken is None and session.target == target:
                    self._idle.remove(session)
                    taken = session
        for session in stale:
            session.hang_up()
        if taken is not None:
            taken.begin(deadline)
        return taken

    def _keep(self, session: _Session) -> None:
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


def _check_address(address: str) -> None:
    if _UNSAFE.search(address) or not 0 < len(address) <= 320 or "@" not in address:
        raise SmtpError("the mail address cannot be used", permanent=True)


def _own_name(sock: socket.socket) -> str:
    """Name for EHLO without asking DNS: a full host name, else our address as a literal."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _is_hang_up(error: Exception) -> bool:
    """The server closed the kept connection, or says 421 and is about to."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == 421
    return isinstance(error, (OSError, smtplib.SMTPServerDisconnected))


def _as_smtp_error(error: Exception, deadline: Deadline, *, sent: bool) -> SmtpError:
    if isinstance(error, SmtpError):
        return error
    if isinstance(error, EgressFailed):
        return SmtpError(f"mail server: {error.reason}", permanent=error.permanent, sent=sent)
    if isinstance(error, smtplib.SMTPResponseException):
        return _refusal(error, sent)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return SmtpError("the mail server offers no sign-in", permanent=True, sent=sent)
    if deadline.expired:
        return SmtpError("the mail server did not answer in time", sent=sent)
    return SmtpError("the connection to the mail server broke", sent=sent)


def _refusal(error: smtplib.SMTPResponseException, sent: bool) -> SmtpError:
    raw = error.smtp_error
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
    kind = "sign-in refused" if isinstance(error, smtplib.SMTPAuthenticationError) else "refused"
    permanent = 500 <= error.smtp_code < 600
    reason = f"the mail server {kind}: {error.smtp_code} {words}".rstrip()
    return SmtpError(reason, permanent=permanent, sent=sent)
