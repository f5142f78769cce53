"""The log as a view: its newest lines by level, tag and text; a push holds only what has come since the last."""

import reflex as rx

from app.runtime.house import current
from app.runtime.logbook import BOOK
from app.runtime.loglines import LEVELS, TAGS, LogLine
from app.trading.bell import Topic
from app.ui import format as fmt
from app.ui.state.clicks import text_of
from app.ui.state.view import View, put, server_ms

MOST = 200
# Of a line's text and trace: what a page needs of them.
_LONGEST = 1_000
_LONGEST_TRACE = 4_000

Row = list[str | int]
Rows = dict[str, str | int | list[Row]]


class LogState(rx.State):
    """`base` are the lines that `level` ('' is any, else the least severe), `tag` ('' is any) and `q` left when the
    page was shown, and `fresh` those since the last push: {"epoch", "since", "upto", "rows"}, of the lines numbered
    above `since` and up to `upto`, the newest first. The browser puts them together; one whose `since` is not where it
    stands asks anew. A new epoch begins from nothing. While `paused` nothing moves, and `waiting` counts."""

    base: Rows = {}
    fresh: Rows = {}
    level: str = ""
    tag: str = ""
    q: str = ""
    paused: bool = False
    waiting: int = 0
    asked: bool = False
    _epoch: int = 0
    # Up to which line the browser was told, and up to which lines were looked at.
    _told: int = 0
    _upto: int = 0

    @rx.event
    async def load(self):
        """Show the newest lines, and go on from there."""
        _begin(self)

    @rx.event
    async def show_level(self, level: str):
        """Show lines of that level or worse; the same again, or what is none, shows all."""
        known = text_of(level)
        put(self, level=known if known in LEVELS and known != self.level else "")
        _begin(self)

    @rx.event
    async def show_tag(self, tag: str):
        """Show lines of that tag; the same again, or what is none, shows all."""
        known = text_of(tag)
        put(self, tag=known if known in TAGS and known != self.tag else "")
        _begin(self)

    @rx.event
    async def search(self, q: str):
        """Show lines that hold this text."""
        put(self, q=text_of(q, 200))
        _begin(self)

    @rx.event
    async def show_all(self):
        """Show every line again."""
        put(self, level="", tag="", q="")
        _begin(self)

    @rx.event
    async def pause(self):
        """Hold the page still, or let it go on."""
        put(self, paused=not self.paused, waiting=0)
        if not self.paused:
            _begin(self)


def _begin(state: LogState) -> None:
    if current() is None:
        return
    # A desk that was started anew knows nothing of what it told before.
    state._epoch = max(state._epoch + 1, server_ms())
    state._told = state._upto = upto = BOOK.newest
    rows = [row_of(line) for line in _lines(state, 0, upto)]
    put(state, base=_said(state, 0, upto, rows), fresh={}, waiting=0, asked=True)


def _lines(state: LogState, since: int, upto: int) -> list[LogLine]:
    return BOOK.lines(state.level or "debug", state.tag, state.q, MOST, before=upto + 1, after=since)


def _said(state: LogState, since: int, upto: int, rows: list[Row]) -> Rows:
    return {"epoch": state._epoch, "since": since, "upto": upto, "rows": rows}


def row_of(line: LogLine) -> Row:
    """What the page shows of a line: number, time (Unix ms), level, tag, message and trace."""
    return [
        line.number,
        fmt.millis(line.at),
        line.level,
        line.tag,
        line.message[:_LONGEST],
        line.trace[-_LONGEST_TRACE:],
    ]


async def show(state: rx.State) -> None:
    """Tell what has come; while the page is held, only how much."""
    if not isinstance(state, LogState) or current() is None:
        return
    if not state.asked:
        _begin(state)
        return
    upto = BOOK.newest
    found = _lines(state, state._upto, upto)
    put(state, _upto=upto)
    if state.paused:
        put(state, waiting=min(state.waiting + len(found), MOST))
    elif found:
        put(state, fresh=_said(state, state._told, upto, [row_of(line) for line in found]), _told=upto)


VIEW = View(LogState, show, frozenset({Topic.LOG}), "/log")
