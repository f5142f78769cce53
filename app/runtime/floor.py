"""A floor: one market's board, tape, watchlist and feed. A session stands on exactly one."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from app.domain.bars import Bar, Interval
from app.domain.chains import Chain
from app.domain.money import change_pct
from app.domain.registry import priced_as
from app.domain.tokens import Token, TokenKey
from app.runtime.poller import SourceStatus
from app.store.bars import SeriesKey, close_before, read_bars
from app.store.database import Store
from app.trading.bell import Bell
from app.trading.board import Board
from app.trading.tape import Tape
from app.trading.ticker import Ticker
from app.trading.watchlist import Watchlist

DAY = timedelta(days=1)
# A price from before a longer gap is not that of a day ago.
RECENT = timedelta(hours=2)
FEW = 8


class Feed(Protocol):
    """What fills a floor with prices. `state` is one of starting, live, down, running, ended; `speed` is in market
    seconds per second; `keeps_bars` says whether its bars belong into the store."""

    mode: str
    state: str
    speed: Decimal
    keeps_bars: bool

    async def start(self) -> None:
        """Begin; returns when the first prices are up or known not to come."""
        ...

    def ring(self) -> None:
        """Called several times a second: do what is due, without waiting."""
        ...

    async def stop(self) -> None: ...

    def reschedule(self, *, hurry: bool = False) -> None:
        """The watchlist has changed; with `hurry`, fetch what is new at once."""
        ...

    def now(self) -> datetime:
        """The market's own time: recorded time in a replay."""
        ...

    def statuses(self) -> list[SourceStatus]:
        """How every source is doing, in full: for who asks, not for every tick."""
        ...

    def states(self) -> dict[str, str]:
        """Every source's state by its name."""
        ...

    def title(self, source: str) -> str:
        """A source's name for people."""
        ...

    def shortest(self, interval: Interval) -> Interval:
        """The interval asked for, or the shortest that the market has bars of."""
        ...

    def recorded(self, key: TokenKey, interval: Interval, limit: int) -> list[Bar] | None:
        """Bars that the market brings itself, None where they are in the store."""
        ...


@dataclass(frozen=True, slots=True)
class Day:
    """A token's last 24 hours: the price at their beginning (None where it is not known) and closes since."""

    before: Decimal | None = None
    closes: tuple[Decimal, ...] = ()

    def change_pct(self, price: Decimal | None) -> Decimal | None:
        """The change to `price` in percent, signed."""
        return change_pct(price, self.before) if price is not None and self.before is not None else None


@dataclass(slots=True)
class Floor:
    """`series` names the market in the store: live, demo or replay:NAME. `why` is the banner's sentence, if any;
    `rates` are the tokens whose prices are needed to reckon in dollars."""

    series: str
    chain: Chain
    store: Store
    board: Board
    tape: Tape
    ticker: Ticker
    watchlist: Watchlist
    why: str = ""
    rates: tuple[Token, ...] = ()
    days: dict[TokenKey, Day] = field(default_factory=dict[TokenKey, Day])

    def watched(self) -> list[Token]:
        """The tokens that people look at, as they stand on the board (a testnet's by their mainnet asset)."""
        found = (priced_as(entry.token) for entry in self.watchlist)
        return list({token.key: token for token in found if token is not None}.values())

    def tokens(self) -> list[Token]:
        """The tokens whose prices are wanted: those watched, and those that dollars are reckoned with."""
        return list({token.key: token for token in (*self.watched(), *self.rates)}.values())

    def series_key(self, key: TokenKey) -> SeriesKey:
        return SeriesKey(self.series, key.chain_id, key.address)

    async def bars(self, key: TokenKey, interval: Interval, limit: int) -> list[Bar]:
        """The newest `limit` bars in order of time, the open one last."""
        stored = await asyncio.to_thread(read_bars, self.store, self.series_key(key), interval, limit)
        merged = {bar.at: bar for bar in stored} | {bar.at: bar for bar in self.tape.unwritten(key, interval)}
        return [merged[at] for at in sorted(merged)][-limit:]

    async def look_back(self, feed: Feed) -> None:
        """Read the last day of every token anew: for the change over 24 hours and the small pictures."""
        for token in self.watched():
            self.days[token.key] = await self._day(feed, token.key)

    async def past(self, feed: Feed | None, key: TokenKey, interval: Interval, limit: int) -> list[Bar]:
        """Bars in order of time, the open one last, from wherever the market keeps them."""
        recorded = feed.recorded(key, interval, limit) if feed else None
        return recorded if recorded is not None else await self.bars(key, interval, limit)

    async def _day(self, feed: Feed, key: TokenKey) -> Day:
        since = feed.now() - DAY
        for interval in (Interval.M15, Interval.H1):
            bars = await self.past(feed, key, interval, int(DAY / interval.length) + 8)
            inside = [bar for bar in bars if bar.at >= since]
            if len(inside) >= FEW:
                break
        ended = ((bar, bar.at + interval.length) for bar in reversed(bars))
        before = next((bar for bar, end in ended if since - RECENT <= end <= since), None)
        if before is None and feed.keeps_bars:
            before = await asyncio.to_thread(close_before, self.store, self.series_key(key), since)
        return Day(before.close if before else None, tuple(bar.close for bar in inside))


def new_floor(series: str, chain: Chain, store: Store, bell: Bell, watchlist: Watchlist) -> Floor:
    """An empty floor."""
    board, tape = Board({}), Tape()
    return Floor(series, chain, store, board, tape, Ticker(board, tape, bell), watchlist)
