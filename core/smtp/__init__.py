"""One mail over SMTP in bounded time, with certainty about what may have arrived.

Made for pages: connections are kept for a few seconds, a dead one is noticed and replaced before
the message is handed over, and nothing is ever handed over twice. The server is chosen by the
operator, so private addresses are fine here.
"""

from core.smtp.errors import SmtpError
from core.smtp.pool import SmtpPool, close_idle, send
from core.smtp.target import SmtpTarget

__all__ = ["SmtpError", "SmtpPool", "SmtpTarget", "close_idle", "send"]
