"""Logging set-up: one line per entry, text or JSON, secrets redacted."""

import contextlib
import logging
import logging.config
from typing import Any

import structlog

from core.redaction import redact

__all__ = ["Console", "RedactingFormatter", "configure", "formatter", "redact"]


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Redacts the finished line: message, arguments, extra fields and traceback alike."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def formatter(*, as_json: bool) -> RedactingFormatter:
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, pad_level=False)
    )
    return RedactingFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        foreign_pre_chain=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.format_exc_info,
            structlog.processors.StackInfoRenderer(),
        ],
    )


class Console(logging.StreamHandler):
    """Standard error. A line that cannot be written is told without its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 its name in the library
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(redact(f"a log line of {record.name} failed: {record.msg!r}\n"))
            self.stream.flush()


def configure(options: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG hook. `options`: level and format ("text" or "json")."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {"()": formatter, "as_json": options.get("format") == "json"},
            },
            "handlers": {"console": {"()": Console, "formatter": "line"}},
            "root": {"handlers": ["console"], "level": options.get("level", "INFO")},
            "loggers": {
                "httpx": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                "django-q": {"level": "WARNING"},
                "waitress.queue": {"level": "ERROR"},
            },
        }
    )
