"""The log over REST: its last lines by level, tag and text, newest first."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import JSONResponse

from app.api.forms import Cursor, Limit, place_of
from app.api.shapes import Count, Moment, Next, utc
from app.api.written import page
from app.runtime.logbook import BOOK
from app.runtime.loglines import Level, LogLine, Tag

router = APIRouter(prefix="/api")


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class LogQuery(BaseModel):
    """Which lines. `level` is the least severe that is shown; `tag`, in any case, one of the eight, without brackets;
    `q` is text that the line, its logger or its trace holds, in any case."""

    level: Level = "debug"
    tag: Annotated[Tag, BeforeValidator(_upper)] | None = None
    q: Annotated[str, Field(max_length=200)] = ""


class LogShape(BaseModel):
    """A line. `number` grows with every line and begins anew when the desk does; `tag` is '' for a line without one;
    `fields` are the key=value of `message`; `logger` is '' where a start read the line from the file, `trace` where
    there was no exception."""

    number: Count
    at: Moment
    level: Level
    tag: Tag | Literal[""]
    message: str
    fields: dict[str, str]
    logger: str
    trace: str


class LogPage(BaseModel):
    """Newest first."""

    items: list[LogShape]
    next_cursor: Next


@router.get("/logs", response_model=None, responses={200: {"model": LogPage}})
async def logs(wanted: Annotated[LogQuery, Query()], limit: Limit = 50, cursor: Cursor = "") -> JSONResponse:
    """The last 5,000 lines of the log, fewer where they are long; secrets are masked, and drydock.log in the data
    folder has what is older."""
    # To search megabytes of text takes a while.
    return JSONResponse(await asyncio.to_thread(_found, wanted, limit, place_of(cursor)))


def _found(wanted: LogQuery, limit: int, before: int | None) -> dict[str, Any]:
    lines = BOOK.lines(wanted.level, wanted.tag or "", wanted.q, limit + 1, before)
    return page(lines, limit, log_item, lambda line: line.number)


def log_item(line: LogLine) -> dict[str, Any]:
    """A LogShape."""
    return {
        "number": line.number,
        "at": utc(line.at),
        "level": line.level,
        "tag": line.tag,
        "message": line.message,
        "fields": line.fields,
        "logger": line.logger,
        "trace": line.trace,
    }
