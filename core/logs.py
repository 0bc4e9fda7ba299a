"""Logging set-up: one line per entry, text or JSON, secrets redacted."""

import logging
import logging.config
import re
from typing import Any

import structlog

# Bearer values, key-shaped words, signed links and the password part of URLs never reach a log.
_SECRETS = re.compile(
    r"(?i)((?:bearer|token=|token|key=|genie-?key)\s*)[A-Za-z0-9_\-\.]{16,}"
    r"|\bok_[A-Za-z0-9_\-]{16,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)|\b[0-9a-f]{32}\b"
    r"|(?<=/a/)[A-Za-z0-9_\-:=.]{16,}"
)


def redact(text: str) -> str:
    return _SECRETS.sub(lambda match: (match.group(1) or "") + "[redacted]", text)


class RedactionFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = ()
        return True


def configure(options: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG hook. `options`: level and format ("text" or "json")."""
    as_json = options.get("format") == "json"
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, pad_level=False)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"redact": {"()": RedactionFilter}},
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        renderer,
                    ],
                    "foreign_pre_chain": [
                        structlog.processors.TimeStamper(fmt="iso", utc=True),
                        structlog.stdlib.add_log_level,
                        structlog.stdlib.add_logger_name,
                        structlog.processors.format_exc_info,
                    ],
                }
            },
            "handlers": {
                "console": {
                    "class": "logging.StreamHandler",
                    "formatter": "line",
                    "filters": ["redact"],
                }
            },
            "root": {"handlers": ["console"], "level": options.get("level", "INFO")},
            "loggers": {
                "httpx": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                "django-q": {"level": "WARNING"},
                "waitress.queue": {"level": "ERROR"},
            },
        }
    )
