"""Log lines: a tag, then key=value, as text or JSON, to terminal, rotating file and logbook; never a key in them."""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import SEEK_END, TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from app.runtime.logbook import BOOK
from app.runtime.loglines import as_json, as_text, line_of
from app.runtime.settings import Settings

FILE = "drydock.log"
_FILE_BYTES = 5_000_000
_FILES = 3
# These loggers print URLs, headers and payloads, and a URL can hold a key.
_TALKATIVE = ("httpx", "httpcore", "socketio", "engineio", "apscheduler", "uvicorn.access")

# These write to the terminal by themselves unless a level is set.
_SELF_WILLED = ("engineio.server", "socketio.server")

_log = logging.getLogger("drydock")


class _Masked(logging.Filter):
    """Takes the configured secrets out of every line and trace, whoever wrote it."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        # A secret within another is taken out after it: else what is left of the longer one would stand there.
        self._secrets = sorted({said for secret in secrets for said in _spellings(secret)}, key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            # A filter that raises would raise in the midst of whoever logs.
            message = str(record.msg)
        record.msg, record.args = self.masked(message), ()
        if record.exc_info:
            # Formatters take a trace that was written already.
            record.exc_text = self.masked(logging.Formatter().formatException(record.exc_info))
        return True

    def masked(self, text: str) -> str:
        """The text without any secret."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _spellings(secret: str) -> Iterator[str]:
    """The secret, and how it is spelled between quotes."""
    yield secret
    for spelled in (repr(secret)[1:-1], ascii(secret)[1:-1]):
        yield spelled
        yield spelled.replace("'", "\\'")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return as_text(line_of(record))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return as_json(line_of(record))


class _File(RotatingFileHandler):
    """Says once that the file cannot be written, and that it can again; the other handlers have every line."""

    _fails = _failed = False

    def emit(self, record: logging.LogRecord) -> None:
        self._failed = False
        super().emit(record)
        if self._fails and not self._failed:
            self._fails = False
            _log.info("[SESSION] log=written_again")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - Python's name
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        first, self._fails, self._failed = not self._fails, True, True
        # The next line opens it anew; what could not be written must not be tried again and again.
        with suppress(OSError):
            self.close()
        if first:
            _log.error("[SESSION] log=unwritable why=%r", error.strerror)
            self._failed = True

    def _open(self) -> TextIOWrapper:
        torn, opened = _ends_torn(Path(self.baseFilename)), super()._open()
        if torn:
            # What a full disk, or an end without warning, has left of a line would swallow the next one.
            opened.write("\n")
        return opened


def set_up(settings: Settings, terminal: logging.Handler | None = None) -> None:
    """Send all log lines to the terminal, or to the handler that stands for it, to drydock.log in the data folder, and
    to the logbook, which begins with the end of that file."""
    mask = _Masked(settings.secrets)
    file = _file(settings.data_dir)
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in (terminal or logging.StreamHandler(), *([file] if file else [])):
        handler.setFormatter(_Json() if settings.log_format == "json" else _Text())
        handler.addFilter(mask)
        root.addHandler(handler)
    BOOK.filters[:] = [mask]
    BOOK.fill(settings.data_dir / FILE, mask.masked)
    root.addHandler(BOOK)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SELF_WILLED:
        logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).addFilter(_has_a_trace)


def _ends_torn(file: Path) -> bool:
    """Whether the last line of a file was not written to its end."""
    try:
        if not file.is_file() or not file.stat().st_size:
            return False
        with file.open("rb") as opened:
            opened.seek(-1, SEEK_END)
            return opened.read(1) != b"\n"
    except OSError:
        return False


def _has_a_trace(record: logging.LogRecord) -> bool:
    # Without one they tell of nothing but what strangers ask wrongly.
    return bool(record.exc_info)


def _file(folder: Path) -> _File | None:
    try:
        return _File(
            folder / FILE,
            maxBytes=_FILE_BYTES,
            backupCount=_FILES,
            # What is no character, as half of a pair is, must not cost the line.
            encoding="utf-8",
            errors="backslashreplace",
            delay=True,
        )
    except OSError:
        return None
