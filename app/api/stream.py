"""GET /api/stream: what happens at the desk, as server-sent events."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.sse import EventSourceResponse
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.api.cable import Cable
from app.api.door import house
from app.api.problem import Problem
from app.api.readers import TOOK_NOTHING, Reader

router = APIRouter(prefix="/api")

_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, until the reader leaves, is dropped, or the desk closes.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


@router.get("/stream", response_model=None, response_class=Response, responses=_EVENTS)
async def stream(
    request: Request, last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None
) -> EventSourceResponse:
    """Server-sent events, each with the JSON that REST answers for the same thing:

    - `price` (an item of /api/prices), `position` (of /api/positions; once more with `closed_at` when it ends),
      `account`, `bot` and `health`: as they are now, whenever they have changed. That a price has grown older is no
      change. An `account` of another `session_id` begins anew: positions of the session before are over.
    - `trade` (an item of /api/trades) and `decision` (of /api/decisions): each once, in the order in which they were
      written down.
    - `gap` `{code, detail}`: something was missed that cannot be made up here; read it by the page.
    - `dropped` `{code, detail}`: the last event of a reader for whom too much was waiting (`too_slow`), or of a desk
      that closes (`closing`).

    A reader that brings no `Last-Event-ID` is told all prices, the account, its open positions, the bot and the health
    first, and nothing of the past. With the id of the last event that it has heard it goes on after that, with nothing
    lost and nothing twice: within some minutes with every event, later and after a restart with the trades and
    decisions since, at most 500 of each, and then with all as it is. An id that is not one of this stream is told by a
    `gap` and is a fresh start. A comment comes after 15 s of silence; who takes nothing for 20 s is hung up on. There
    are 200 readers at most: the next is answered with 503 `too_many_readers`.
    """
    house()
    cable: Cable | None = getattr(request.app.state, "cable", None)
    if cable is None:
        raise Problem(503, "not_open", "The desk is not open yet.")
    return _Told(await cable.reader(last_event_id))


class _Told(EventSourceResponse):
    """The answer to one reader, who is let go of however it ends."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader.chunks(), headers=_HEADERS)
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        patience = self._reader.bounds.patience_s

        async def patiently(message: Message) -> None:
            async with asyncio.timeout(patience):
                await send(message)

        try:
            await super().__call__(scope, receive, patiently)
        except* TimeoutError:
            # The server closes what is left unfinished.
            self._reader.end(TOOK_NOTHING, f"Nothing was taken for {patience:g} s.")
        finally:
            self._reader.leave()
