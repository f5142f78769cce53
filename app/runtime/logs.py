"""Log lines: one tag, then key=value, as text or JSON, to the terminal and a rotating file; never a key."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from app.runtime.settings import Settings

_FILE_BYTES = 5_000_000
_FILES = 3
# These loggers print URLs, headers and payloads, and a URL can hold a key.
_TALKATIVE = ("httpx", "httpcore", "socketio", "engineio", "apscheduler", "uvicorn.access")


class _Masked(logging.Filter):
    """Takes the configured secrets out of every line and trace, whoever wrote it."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            # A filter that raises would raise in the midst of whoever logs.
            message = str(record.msg)
        record.msg, record.args = self._masked(message), ()
        if record.exc_info:
            # Formatters take a trace that was written already.
            record.exc_text = self._masked(logging.Formatter().formatException(record.exc_info))
        return True

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        if record.exc_text:
            line["trace"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


def set_up(settings: Settings, terminal: logging.Handler | None = None) -> None:
    """Send all log lines to the terminal, or to the handler that stands for it, and to drydock.log in the data
    folder."""
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S")
    mask = _Masked(settings.secrets)
    file = _file(settings.data_dir)
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in (terminal or logging.StreamHandler(), *([file] if file else [])):
        handler.setFormatter(_Json() if settings.log_format == "json" else text)
        handler.addFilter(mask)
        root.addHandler(handler)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _file(folder: Path) -> RotatingFileHandler | None:
    try:
        return RotatingFileHandler(folder / "drydock.log", maxBytes=_FILE_BYTES, backupCount=_FILES, delay=True)
    except OSError:
        return None
