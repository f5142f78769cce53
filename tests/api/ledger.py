"""What tests of trading over REST share: a desk that is asked, and all that it keeps, to be compared."""

import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from app.domain.ledger import Account
from app.domain.quotes import Ask, Gas, Grade, Swap
from app.domain.refusal import Refusal
from app.market.quoting import Quoter
from app.runtime.house import House
from app.runtime.pit import Pit
from tests.api.doors import caller

# On Base the desk of these tests watches WETH and LINK; this is WETH of Ethereum.
ELSEWHERE = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
_numbers = count(1)


def fresh() -> str:
    """An order id that no test has used."""
    return f"order-{next(_numbers)}"


def pit_of(house: House) -> Pit:
    assert house.pit is not None
    return house.pit


def kept(house: House) -> tuple[dict[str, list[Any]], Account, dict[str, Any]]:
    """Every row of every table, and the books in memory."""
    file = Path(house.settings.data_dir, "drydock.db")
    with closing(sqlite3.connect(file)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: sorted(database.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in tables}
    books = pit_of(house).desk.books
    return rows, books.account, dict(books.orders)


@asynccontextmanager
async def unchanged(house: House) -> AsyncIterator[None]:
    """Whatever is done inside leaves disk and memory as they were."""
    before = kept(house)
    yield
    await pit_of(house).desk.quiet()
    assert kept(house) == before


async def asked(method: str, path: str, body: Any = None) -> httpx.Response:
    """The answer to a call whose body is JSON, as Python writes it: NaN and infinity too."""
    sent: dict[str, Any] = {}
    if body is not None:
        sent = {"content": json.dumps(body), "headers": {"content-type": "application/json"}}
    async with caller() as client:
        return await client.request(method, f"/api{path}", **sent)


async def got(path: str) -> Any:
    answer = await asked("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def placed(**fields: Any) -> dict[str, Any]:
    """A new order, which has to be taken; {order, trade}."""
    answer = await asked("POST", "/orders", {"order_id": fresh(), "token": "WETH", "side": "buy"} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def previewed(**fields: Any) -> dict[str, Any]:
    answer = await asked("POST", "/orders/preview", {"token": "WETH", "side": "buy"} | fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an answer that must be a problem with one plain sentence."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"].endswith(".")
    return answer.status_code, body["code"]


class Pools:
    """Pools that quote as those behind them do, but for what is changed: a `refusal` instead, what they `gives` as a
    share, the age of their block, what their `source` is called, a `gate` to be passed first."""

    def __init__(self, behind: Quoter, **changed: Any) -> None:
        self._behind = behind
        self._refusal: Refusal | None = changed.get("refusal")
        self._gives = Decimal(changed.get("gives", "1"))
        self._block_age = timedelta(seconds=changed.get("block_age_s", 0))
        self._source: str = changed.get("source", "QuoterV2")
        self._gate: Callable[[], Awaitable[object]] | None = changed.get("gate")

    async def several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        return self._refusal or await self._behind.several(asks)

    async def quote(self, ask: Ask, *, block: int | None = None) -> Swap | Refusal:
        if self._gate:
            await self._gate()
        swap = self._refusal or await self._behind.quote(ask)
        if isinstance(swap, Refusal):
            return swap
        less = round(swap.receive * self._gives, 6)
        at = swap.at - self._block_age
        return replace(swap, receive=less, at=at, block_number=1, grade=Grade.A, source=self._source)

    async def gas(self, token_address: str) -> Gas | Refusal:
        return await self._behind.gas(token_address)

    async def head(self) -> int | None:
        return 1


@asynccontextmanager
async def pools(house: House, **changed: Any) -> AsyncIterator[None]:
    """The desk's pools replaced by such Pools for a while."""
    desk = pit_of(house).desk
    venue = desk.venue
    desk.venue = replace(venue, quoter=Pools(venue.quoter, **changed))
    try:
        yield
    finally:
        desk.venue = venue
