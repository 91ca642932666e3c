"""Logging: one format, UTC, a rotating file, and no secret in any line."""

from __future__ import annotations

import logging
import logging.handlers
import re
import time
from pathlib import Path

SECRET = re.compile(
    r"(?i)(bearer\s+|token[\"'=:\s]+|passw(?:or)?d[\"'=:\s]+|private[_ ]?key[\"'=:\s]+)\S+"
)


class Redact(logging.Filter):
    """Blots out what looks like a secret before it is written."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; always keeps it."""
        text = record.getMessage()
        clean = SECRET.sub(r"\1***", text)
        if clean != text:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[1] is not None and not record.exc_text:
            # A formatter uses this text instead of formatting the exception itself.
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_text = SECRET.sub(r"\1***", trace)
        return True


def setup_logging(file: Path | None, level: int = logging.INFO) -> None:
    """Log to standard error and, where given, to a rotating file of at most 4 x 2 MiB."""
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handlers.append(logging.handlers.RotatingFileHandler(file, maxBytes=2 << 20, backupCount=3))
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s")
    formatter.converter = time.gmtime
    for handler in handlers:
        handler.setFormatter(formatter)
        handler.addFilter(Redact())
    logging.basicConfig(level=level, handlers=handlers, force=True)
    for noisy in ("httpx", "httpcore", "uvicorn.access", "websockets", "ocpp", "pymodbus"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
