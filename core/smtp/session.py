"""The dialogue with one mail server: smtplib's words over a socket that obeys one deadline."""

import os
import re
import smtplib
import socket
from typing import Any

from core.egress.addresses import to_address
from core.egress.deadline import Deadline
from core.egress.lookup import look_up
from core.egress.wire import connect, start_tls, tls_context
from core.smtp.errors import SmtpError
from core.smtp.target import SmtpTarget

CONNECT_SECONDS = 3.0
# All replies of one mail together; a server that talks more is not answering us.
MAX_REPLY_BYTES = 262144

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"(?m)^\.")


class _Replies:
    """Line reader for smtplib that obeys the deadline of its session and a size limit."""

    def __init__(self, session: "Session") -> None:
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


class Session(smtplib.SMTP):
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
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
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
        options = self._options(mail_from, rcpt, message)
        # Not smtplib's mail() and rcpt(): they parse the address anew and may change it.
        self._expect(250, self.docmd("MAIL", " ".join([f"FROM:<{mail_from}>", *options])))
        self._expect(25, self.docmd("RCPT", f"TO:<{rcpt}>"))
        self._expect(354, self.docmd("DATA"))
        self.handed_over = True
        lines = _LEADING_DOT.sub(b"..", _LINE_END.sub(b"\r\n", message))
        self.send(lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        reply = self.getreply()
        # Accepted or refused in so many words: no doubt is left.
        self.handed_over = not (200 <= reply[0] < 300 or 400 <= reply[0] < 600)
        self._expect(2, reply)

    def _options(self, mail_from: str, rcpt: str, message: bytes) -> list[str]:
        options = []
        if self.has_extn("size"):
            options.append(f"SIZE={len(message)}")
        if self.has_extn("8bitmime") and not message.isascii():
            options.append("BODY=8BITMIME")
        if not (mail_from + rcpt).isascii():
            if not self.has_extn("smtputf8"):
                raise SmtpError("the mail server takes ASCII addresses only", permanent=True)
            self.command_encoding = "utf-8"
            options.append("SMTPUTF8")
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

    def send(self, s: Any) -> None:
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
        """Say QUIT without waiting for the answer.

        Not in the middle of a message, and not from a forked copy: that only lets go.
        """
        try:
            if self.sock is not None and self.pid == os.getpid() and not self.handed_over:
                self.sock.settimeout(0)
                self.sock.send(b"QUIT\r\n")
        except OSError:
            pass  # it is being closed anyway
        finally:
            self.close()


def _own_name(sock: socket.socket) -> str:
    """Name for EHLO without asking DNS: a full host name, else our address as a literal."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
