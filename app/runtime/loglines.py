"""A line of the log, from the text that was logged to its parts, to text or JSON, and back. Pure."""

import ast
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from app.domain.fields import as_field

Tag = Literal["PRICE", "QUOTE", "GAS", "DECISION", "TRADE", "SESSION", "ALERT", "SECURITY"]
# From the least severe on.
Level = Literal["debug", "info", "warning", "error", "critical"]
TAGS: tuple[Tag, ...] = get_args(Tag)
LEVELS: tuple[Level, ...] = get_args(Level)
OURS = "drydock"
# What one line may hold in memory: of the text, and of the end of a trace, which names the error.
LONGEST = 4_000
LONGEST_TRACE = 8_000

_TAGGED = re.compile(rf"\[({'|'.join(TAGS)})\] ?(.*)", re.DOTALL)
_FIELD = re.compile(r"""(?:^|(?<=\s))([A-Za-z_][\w.]*)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S*)""", re.DOTALL)
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})?Z?) ([A-Z]+) +(.*)", re.DOTALL)
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. `number` grows with every line of this process; `level` is one of LEVELS, `tag` one of TAGS or ''
    where the line has none; `message` is what stands behind the tag, `trace` an exception's, '' without one."""

    number: int
    at: datetime
    level: str
    tag: str
    message: str
    logger: str = ""
    trace: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """What the message says as key=value, quotes taken off; the last of a key that stands there twice."""
        return fields_of(self.message)

    @property
    def said(self) -> str:
        """The line as it was logged."""
        return f"[{self.tag}] {self.message}" if self.tag else self.message


def split(text: str) -> tuple[str, str]:
    """The tag of a text, '' for none, and what stands behind it."""
    found = _TAGGED.fullmatch(text)
    return (found[1], found[2]) if found else ("", text)


def fields_of(message: str) -> dict[str, str]:
    """The parts of a message that are key=value, the value bare or as Python's repr quotes text."""
    return {found[1]: _unquoted(found[2]) for found in _FIELD.finditer(message[:LONGEST])}


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] not in "'\"" or value[-1] != value[0]:
        return value
    try:
        return str(ast.literal_eval(value))
    except (SyntaxError, ValueError):
        return value[1:-1]


def tagged(logger: str, text: str) -> str:
    """What a logger said, under one tag: what is not from Drydock's own code is quoted under [SESSION]."""
    return text if logger.partition(".")[0] == OURS else f"[SESSION] logger={as_field(logger)} said={text!r}"


def level_of(number: int) -> str:
    """The level of a number of Python's logging: the worst that it reaches."""
    return LEVELS[min(max(number // 10 - 1, 0), len(LEVELS) - 1)]


def line_of(record: logging.LogRecord) -> LogLine:
    """A masked record as a line, not numbered yet."""
    tag, message = split(tagged(record.name, record.getMessage()))
    at = datetime.fromtimestamp(record.created, UTC)
    return LogLine(0, at, level_of(record.levelno), tag, message, record.name, record.exc_text or "")


def escaped(text: str) -> str:
    """Text that stays on its line and writes nothing but itself: what cannot be printed is spelled as Python does."""
    return _spelled(text, lambda one: one.encode("unicode_escape").decode("ascii"))


def _spelled(text: str, how: Callable[[str], str]) -> str:
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else how(one) for one in text)


def as_text(line: LogLine) -> str:
    """One line for people: time (UTC), level, what was said; a trace follows, indented, so that it is no line."""
    at = line.at.strftime("%Y-%m-%d %H:%M:%S.") + f"{line.at.microsecond // 1000:03d}Z"
    trace = "".join(f"\n{_INDENT}{escaped(part)}" for part in line.trace.splitlines())
    return f"{at} {line.level.upper():<7} {escaped(line.said)}{trace}"


def as_json(line: LogLine) -> str:
    """One object for programs."""
    said: dict[str, Any] = {
        "at": line.at.isoformat(timespec="milliseconds"),
        "level": line.level,
        "tag": line.tag,
        "message": line.message,
        "fields": line.fields,
        "logger": line.logger,
    }
    whole = json.dumps(said | ({"trace": line.trace} if line.trace else {}), ensure_ascii=False)
    # JSON lets marks pass that a terminal obeys, as U+009B or those that turn the direction.
    return _spelled(whole, lambda one: json.dumps(one)[1:-1])


def read_back(texts: Sequence[str]) -> list[LogLine]:
    """The lines of a log file in either form, oldest first, not numbered yet; what is no line is left out."""
    found: list[LogLine] = []
    traces: dict[int, list[str]] = {}
    for text in texts:
        if text.startswith(_INDENT):
            traces.setdefault(len(found) - 1, []).append(text.removeprefix(_INDENT))
        elif line := (_from_json if text.startswith("{") else _from_text)(text):
            found.append(line)
    for number, parts in traces.items():
        if number >= 0:
            found[number] = replace(found[number], trace="\n".join(parts)[-LONGEST_TRACE:])
    return found


def _from_text(text: str) -> LogLine | None:
    found = _LINE.fullmatch(text)
    if found is None or found[2].lower() not in LEVELS:
        return None
    try:
        # Without a Z it is the time of the machine, as the first releases wrote it.
        at = datetime.fromisoformat(found[1]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    tag, message = split(found[3])
    return LogLine(0, at, found[2].lower(), tag, message[:LONGEST])


def _from_json(text: str) -> LogLine | None:
    try:
        said = json.loads(text)
        at = datetime.fromisoformat(said["at"]).astimezone(UTC)
        level, message, logger = (str(said[name]) for name in ("level", "message", "logger"))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    tag, rest = (str(said["tag"]), message) if "tag" in said else split(message)
    if level not in LEVELS or tag not in ("", *TAGS):
        return None
    return LogLine(0, at, level, tag, rest[:LONGEST], logger[:100], str(said.get("trace", ""))[-LONGEST_TRACE:])
