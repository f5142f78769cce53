"""The benchmark: the starting balance in equal parts in what was watched at the beginning, and only held."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Set
from datetime import timedelta
from decimal import Decimal

from app.domain.bars import Bar, Interval
from app.domain.money import NOTHING, product, ratio, rounded_down, total
from app.domain.prices import PriceState
from app.domain.registry import REGISTRY
from app.domain.session import Session
from app.domain.tokens import TokenKey
from app.runtime.floor import Floor
from app.runtime.once import Once
from app.store.bars import read_bars
from app.store.database import Store, StoreRefused
from app.store.sessions import set_hold
from app.trading.venue import Venue
from app.trading.watchlist import board_key

# So long after a session has begun, in its market's time, all that is watched may take to have a live price.
PATIENCE = timedelta(minutes=10)

_log = logging.getLogger("drydock.trade")


class Benchmark:
    """What holding from the beginning would be worth, at no cost.

    The base is every watched token but the cash, as soon as all of them have a live price; ten minutes after the
    beginning, those that have one. What is in it later counts at its last known price, whether it is still
    watched or not; where none was known since, at that of the base.
    """

    def __init__(self, session: Session, venue: Venue, floor: Floor, store: Store) -> None:
        self._session = session
        self._venue = venue
        self._floor = floor
        self._store = store
        self._base: Mapping[str, Decimal] | None = session.hold
        self._written = session.hold
        self._last: dict[str, Decimal] = {}
        self._refusals = Once()

    async def open(self) -> None:
        """Take the base, or remember the last prices that are kept of what is in it. Raises StoreRefused."""
        self.begin()
        if self._written:
            self._last = await asyncio.to_thread(self._kept, tuple(self._written))

    def hear(self, keys: Set[TokenKey]) -> None:
        """These prices have ticked: a token that is let go of takes its price off the board with it."""
        self.begin()
        for asset in self._base or ():
            if self._board_key(asset) in keys:
                self._see(asset)

    def worth(self) -> Decimal | None:
        """US dollars to the millionth, rounded down, now; None until there is a base."""
        self.begin()
        if not self._base:
            return None
        grown = NOTHING
        for asset, price in self._base.items():
            self._see(asset)
            grown = total(grown, ratio(self._last.get(asset, price), price))
        return rounded_down(ratio(product(self._session.starting_balance, grown), Decimal(len(self._base))), 6)

    def begin(self) -> None:
        """Take the base if there is none yet and it can be had now."""
        if self._base:
            return
        usdc = self._venue.usdc.key.address
        wanted = [e.token.key.address for e in self._floor.watchlist if e.token.key.address != usdc]
        base = {asset: price for asset in wanted if (price := self._live(asset)) is not None}
        waits = self._venue.now() - self._session.started_at < PATIENCE
        if base and not (waits and len(base) < len(wanted)):
            self._base = base

    async def keep(self) -> None:
        """Write the base down, once there is one. What the disk refuses is told, and tried again the next time."""
        base = self._base
        if not base or base is self._written:
            return
        try:
            await asyncio.to_thread(set_hold, self._store, self._session.id, base)
        except StoreRefused as error:
            for why in self._refusals.news(str(error)):
                _log.error("[SESSION] hold=refused why=%r", why)
        else:
            self._written = base
            if self._refusals.over():
                _log.info("[SESSION] hold=written_again")

    # -- how

    def _see(self, asset: str) -> None:
        price = self._floor.board.peek(self._board_key(asset)).price
        if price is not None:
            self._last[asset] = price

    def _live(self, asset: str) -> Decimal | None:
        held = self._floor.board.peek(self._board_key(asset))
        return held.price if held.state is PriceState.LIVE else None

    def _board_key(self, asset: str) -> TokenKey:
        """Where the price of a token stands, on the watchlist or not."""
        key = TokenKey(self._floor.chain.id, asset)
        known = REGISTRY.get(key)
        return (board_key(known) if known else None) or key

    def _kept(self, assets: Iterable[str]) -> dict[str, Decimal]:
        """The close of the newest bar of each."""
        found = {asset: self._newest(self._board_key(asset)) for asset in assets}
        return {asset: bar.close for asset, bar in found.items() if bar is not None}

    def _newest(self, key: TokenKey) -> Bar | None:
        series = self._floor.series_key(key)
        bars = (bar for interval in Interval for bar in read_bars(self._store, series, interval, 1))
        return max(bars, key=lambda bar: bar.at, default=None)
