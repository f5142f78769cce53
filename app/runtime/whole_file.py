"""A file that is written whole, or stays as it was."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType


class Unwritable(Exception):
    """The file cannot be written. The message is one sentence that names the path and the reason."""


class WholeFile:
    """A file to be written, tried at once: what cannot be written is said before the work and not after it.

    Raises Unwritable.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            # What is no file, like /dev/null, is written to and never replaced.
            self._straight = path.exists() and not path.is_file()
            self._draft = path if self._straight else path.resolve().with_name(f".{path.name}.part")
            self._file = self._draft.open("wb")
        except (OSError, ValueError) as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> "WholeFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if not self._straight:
            with suppress(OSError):
                self._draft.unlink(missing_ok=True)

    def write(self, parts: Iterable[bytes]) -> None:
        """All of it, and the file is there. Raises Unwritable."""
        try:
            for part in parts:
                self._file.write(part)
            self._file.close()
            if not self._straight:
                self._draft.replace(self._path.resolve())
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: Exception) -> Unwritable:
        why = getattr(error, "strerror", None) or "not a usable path"
        return Unwritable(f"{self._path} cannot be written: {why}.")
