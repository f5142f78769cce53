"""Warm start: the past of every token, asked of the sources that remember it, so that charts begin full."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from app.domain.bars import PART, Bar, Interval, rolled_up
from app.domain.fields import as_field
from app.domain.prices import Pool
from app.domain.tokens import Token, TokenKey
from app.market.line import Clock, NoAnswer
from app.market.source import HistorySource
from app.runtime.floor import Feed, Floor
from app.runtime.poller import Poller
from app.store.bars import fill_bars, read_bars
from app.store.database import StoreRefused
from app.trading.bell import Topic

# Which sources to ask, best first: those that keep real bars in small steps before those that keep points.
_ORDER = ("coinbase", "kraken", "geckoterminal", "coingecko", "defillama")
_FETCHED = (Interval.H1, Interval.M5, Interval.M1, Interval.D1)
_ROLLED = {Interval.M5: (Interval.M15,)}
_WANTED = 100

_log = logging.getLogger("drydock.price")


class Warmer:
    """Fills the store with bars from before the start. What was built from ticks is never overwritten."""

    def __init__(self, floor: Floor, pollers: Sequence[Poller], clock: Clock) -> None:
        self._floor = floor
        self._clock = clock
        self._running = self._again = False
        ranked = sorted((p for p in pollers if p.name in _ORDER), key=lambda p: _ORDER.index(p.name))
        self._pollers = [poller for poller in ranked if isinstance(poller.source, HistorySource)]

    async def run(self, feed: Feed) -> None:
        """Fetch what is missing, interval by interval over all tokens, so that every chart fills evenly.

        Called while it runs, it goes round once more instead of beside itself.
        """
        self._again = True
        if self._running:
            return
        self._running = True
        try:
            while self._again:
                self._again = False
                await self._round(feed)
        except StoreRefused as error:
            _log.error("[PRICE] history=refused why=%r", str(error))
        finally:
            self._running = False

    async def _round(self, feed: Feed) -> None:
        await self.resume()
        for interval in _FETCHED:
            for token in self._floor.watched():
                if await self._lacks(token, interval):
                    await self._fetch(token, interval)
            await self._floor.look_back(feed)
            self._floor.ticker.bell.ring(Topic.BARS, Topic.WATCHLIST)

    async def resume(self) -> None:
        """Go on with the bars that were open when the desk was last stopped: the next writing would put those that
        ticks have opened since in their place. Raises StoreRefused."""
        for token in self._floor.watched():
            await self._resume(token.key)

    async def _resume(self, key: TokenKey) -> None:
        for interval in Interval:
            last = await asyncio.to_thread(read_bars, self._floor.store, self._floor.series_key(key), interval, 1)
            if last and last[-1].at == interval.start_of(self._clock.instant().utc):
                self._floor.tape.resume(key, interval, last[-1])

    async def _lacks(self, token: Token, interval: Interval) -> bool:
        """Whether any of the last bars that have closed is missing, or is only a part."""
        key, length = self._floor.series_key(token.key), interval.length
        bars = await asyncio.to_thread(read_bars, self._floor.store, key, interval, _WANTED + 1)
        whole = {bar.at for bar in bars if bar.origin != PART}
        now = interval.start_of(self._clock.instant().utc)
        return any(now - step * length not in whole for step in range(1, _WANTED + 1))

    async def _fetch(self, token: Token, interval: Interval) -> None:
        for poller in self._pollers:
            bars = await self._ask(poller, token, interval)
            if bars:
                await self._keep(token.key, interval, bars)
                return

    async def _ask(self, poller: Poller, token: Token, interval: Interval) -> list[Bar]:
        source = poller.source
        assert isinstance(source, HistorySource)
        call = source.history(token, interval, self._pool(token.key)) if source.covers(token) else None
        if call is None:
            return []
        try:
            return await poller.line.ask(
                call, lambda payload, call, _at: source.parse_history(payload, call, interval), reserve=poller.calls
            )
        except NoAnswer as error:
            _log.info("[PRICE] history=%s source=%s why=%r", as_field(token.symbol), poller.name, str(error))
            return []

    def _pool(self, key: TokenKey) -> Pool | None:
        """The deepest pool that a source has seen the token trade in."""
        pools = [reading.pool for reading in self._floor.board.peek(key).readings if reading.pool]
        return max(pools, key=lambda pool: pool.liquidity_usd, default=None)

    async def _keep(self, key: TokenKey, interval: Interval, bars: Sequence[Bar]) -> None:
        now = self._clock.instant().utc
        await self._write(key, interval, bars, now)
        for longer in _ROLLED.get(interval, ()):
            # The first of them may lack its beginning.
            await self._write(key, longer, rolled_up(bars, longer)[1:], now)

    async def _write(self, key: TokenKey, interval: Interval, bars: Sequence[Bar], now: datetime) -> None:
        closed = [bar for bar in bars if bar.at + interval.length <= now]
        for bar in bars[len(closed) :]:
            self._floor.tape.resume(key, interval, bar)
        await asyncio.to_thread(fill_bars, self._floor.store, self._floor.series_key(key), interval, closed)
