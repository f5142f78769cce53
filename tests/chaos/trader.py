"""The process that is killed: a real desk with no server and no page, at which four clients trade until the end.

`python -m tests.chaos.trader FOLDER NAME` waits for one line, a JSON list of requests to repeat first.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from app.domain.chains import CHAINS
from app.domain.money import plain
from app.domain.prices import SourceRule
from app.domain.registry import named, usdc_of
from app.domain.session import Session
from app.market.demo import DEMO, DEMO_SEED, DemoMarket
from app.market.demo_quoter import DemoQuoter
from app.runtime.clock import WallClock
from app.runtime.demo import DemoFeed
from app.runtime.floor import Floor, new_floor
from app.runtime.keys import signing_key
from app.runtime.pit import Pit
from app.runtime.venues import to_the_millisecond
from app.store.database import Store, migrate, open_store
from app.store.sessions import last_open, open_session
from app.store.watchlist import WatchedToken
from app.trading.bell import Bell
from app.trading.desk import Desk
from app.trading.offers import Signer
from app.trading.rounds import Rounds
from app.trading.venue import Venue
from app.trading.watchlist import Watchlist
from tests.chaos.clients import CLIENTS, SYMBOLS, Client, say_trade
from tests.chaos.lines import Line, say

CHAIN = CHAINS[8453]
TICK_S = 0.05


def wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Opened:
    """A desk at work, and the invented market that it stands in."""

    pit: Pit
    floor: Floor
    market: DemoMarket

    def tick(self) -> None:
        now = wall()
        self.floor.ticker.post(self.market.readings(now), now)


async def opened(folder: Path, rounds_of: type[Rounds]) -> Opened:
    """The desk of a folder: made there the first time, found again later."""
    url = f"sqlite:///{folder / 'drydock.db'}"
    migrate(url)
    store, bell = open_store(url), Bell()
    tokens = [token for symbol in SYMBOLS if (token := named(CHAIN.id, symbol))]
    floor = new_floor(DEMO, CHAIN, store, bell, Watchlist(map(WatchedToken, tokens)))
    floor.board.rules[DEMO] = SourceRule(DEMO, 0, DEMO, timedelta(seconds=30))
    market = DemoMarket(DEMO_SEED, (*tokens, usdc_of(CHAIN.id)))
    venue = Venue(
        CHAIN, floor.board, floor.watchlist, DemoQuoter(market, CHAIN.id, wall), lambda: to_the_millisecond(wall())
    )
    signer = Signer(signing_key(folder))
    desk = Desk(_session(store, venue.now()), venue, rounds_of(store, bell), store, signer, wall)
    feed = DemoFeed(floor, market, WallClock())
    found = Opened(Pit(desk, floor, store, bell, feed, 15.0), floor, market)
    await found.pit.open()
    desk.heard.append(say_trade)
    found.tick()
    return found


def _session(store: Store, at: datetime) -> Session:
    draft = Session("", "Killed often", "", DEMO, CHAIN.id, Decimal(1_000_000), at)
    return last_open(store, DEMO) or open_session(store, draft, at)


async def trade(folder: Path, name: str, again: list[Line], rounds_of: type[Rounds]) -> None:
    say(begins=name)
    found = await opened(folder, rounds_of)
    books = found.pit.desk.books
    account = books.account
    say(
        opened=account.id,
        version=account.version,
        cash=plain(account.cash),
        held={position.asset: plain(position.quantity) for position in account.open_positions},
        waiting=sorted(books.orders),
    )
    clients = [Client(f"{name}-{c}", found.pit.desk, Random(f"{name} {c}")) for c in range(CLIENTS)]
    async with asyncio.TaskGroup() as group:
        for number, client in enumerate(clients):
            group.create_task(client.trade(again[number::CLIENTS]))
        while True:
            await asyncio.sleep(TICK_S)
            found.tick()


def main(rounds_of: type[Rounds] = Rounds) -> None:
    folder, name = Path(sys.argv[1]), sys.argv[2]
    again = json.loads(sys.stdin.readline())
    asyncio.run(trade(folder, name, again, rounds_of))


if __name__ == "__main__":
    main()
