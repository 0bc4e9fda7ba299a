"""Why a mail did not go out, in words that may be shown and stored."""

import smtplib

from core.egress.deadline import Deadline
from core.egress.errors import EgressFailed


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


def as_smtp_error(error: Exception, deadline: Deadline, *, sent: bool) -> SmtpError:
    """Translate whatever ended a dialogue. Refusals of 500 and above are permanent."""
    if isinstance(error, SmtpError):
        return error
    if isinstance(error, EgressFailed):
        return SmtpError(f"mail server: {error.reason}", permanent=error.permanent, sent=sent)
    if isinstance(error, smtplib.SMTPResponseException):
        return _refusal(error, sent)
    if isinstance(error, UnicodeError):
        return SmtpError("user name and password must be ASCII", permanent=True, sent=sent)
    if _has_no_sign_in(error):
        return SmtpError("the mail server offers no known sign-in", permanent=True, sent=sent)
    if deadline.expired:
        return SmtpError("the mail server did not answer in time", sent=sent)
    return SmtpError("the connection to the mail server broke", sent=sent)


def is_hang_up(error: Exception) -> bool:
    """The server closed a kept connection, or says 421 and is about to."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == 421
    return isinstance(error, smtplib.SMTPServerDisconnected)


def _has_no_sign_in(error: Exception) -> bool:
    """smtplib raises its plain base class when it knows no method that the server offers."""
    return isinstance(error, smtplib.SMTPNotSupportedError) or type(error) is smtplib.SMTPException


def _refusal(error: smtplib.SMTPResponseException, sent: bool) -> SmtpError:
    raw = error.smtp_error
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
    kind = "sign-in refused" if isinstance(error, smtplib.SMTPAuthenticationError) else "refused"
    permanent = 500 <= error.smtp_code < 600 and not sent
    reason = f"the mail server {kind}: {error.smtp_code} {words}".rstrip()
    return SmtpError(reason, permanent=permanent, sent=sent)
