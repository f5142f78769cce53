"""How decisions turned out: what the token's price has done since, from the bars that were recorded."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from app.domain.bars import Bar, Interval
from app.domain.decisions import Logged
from app.domain.money import change_pct, significant
from app.domain.performance import Figure
from app.domain.tokens import TokenKey
from app.runtime.house import House
from app.store.bars import SeriesKey, read_bars
from app.store.database import Store
from app.store.sessions import session as find_session
from app.trading.watchlist import board_key

AFTER = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1))

_DIGITS = 6
# A bar that ended earlier than this part of the wait before its end says too little about the price then.
_NEAR = 5
_INSTANT = timedelta(milliseconds=1)
# Reading so many bars costs about what asking once more would.
_BARS_BETWEEN = 60

# The last price before a time, where one not older than so long was recorded. Raises StoreRefused.
Prices = Callable[[datetime, timedelta], Decimal | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """By how many percent the price had moved from the decision's, signed: so long after it. Each may be missing, and
    then says why."""

    after_5m: Figure
    after_1h: Figure
    after_24h: Figure


def outcome_of(logged: Logged, now: datetime, prices: Prices) -> Outcome:
    """How a decision turned out by the market's time `now`."""
    return Outcome(*(_after(logged, wait, now, prices) for wait in AFTER))


async def outcomes(house: House, logged: Logged) -> Outcome:
    """How a decision turned out so far. Raises StoreRefused."""
    return (await all_outcomes(house, [logged]))[0]


async def all_outcomes(house: House, rows: Sequence[Logged]) -> list[Outcome]:
    """As `outcomes`, of many decisions at once, in their order. Raises StoreRefused."""
    markets = await asyncio.to_thread(_markets, house, {row.session_id for row in rows})
    here, now = house.floor.series, house.feed.now()
    # Of a market that is not open here no time is known but the present.
    nows = {market: now if market == here else house.clock.instant().utc for market in markets.values()}
    times: dict[SeriesKey, set[datetime]] = {}
    for row in rows:
        market = markets[row.session_id]
        over = {row.at + wait for wait in AFTER if row.at + wait <= nows[market]}
        times.setdefault(SeriesKey(market, *_key(row)), set()).update(over)
    pasts = {
        series: _Past(house.store, series, sorted(asked), _remembered(house, series, asked))
        for series, asked in times.items()
    }

    def found() -> list[Outcome]:
        told: list[Outcome] = []
        for row in rows:
            market = markets[row.session_id]
            told.append(outcome_of(row, nows[market], pasts[SeriesKey(market, *_key(row))].price))
        return told

    return await asyncio.to_thread(found)


class _Remembered(NamedTuple):
    """Bars that are in memory, by length. `all`: nothing more is on disk."""

    bars: Mapping[Interval, Sequence[Bar]]
    all: bool = False


class _Past:
    """A token's bars around the times that will be asked for; read from disk one length after the other, once there is
    a time that shorter ones do not tell of."""

    def __init__(self, store: Store, series: SeriesKey, times: Sequence[datetime], remembered: _Remembered) -> None:
        self._store = store
        self._series = series
        self._times = times
        self._remembered = remembered
        self._bars: dict[Interval, list[Bar]] = {}

    def price(self, at: datetime, slack: timedelta) -> Decimal | None:
        """The close of the shortest bar that had ended by then, and less than the slack before. Raises StoreRefused."""
        for interval in Interval:
            bars = self._of(interval)
            place = bisect_right(bars, at - interval.length, key=lambda bar: bar.at)
            if place and at - (bars[place - 1].at + interval.length) < slack:
                return bars[place - 1].close
        return None

    def _of(self, interval: Interval) -> list[Bar]:
        if interval not in self._bars:
            found = {} if self._remembered.all else {bar.at: bar for bar in self._read(interval)}
            found |= {bar.at: bar for bar in self._remembered.bars.get(interval, ())}
            self._bars[interval] = [found[at] for at in sorted(found)]
        return self._bars[interval]

    def _read(self, interval: Interval) -> Iterator[Bar]:
        """The last bar that had ended by each of the times, and those between times that are near to each other."""
        length = interval.length
        for first, last in _runs(self._times, length * _BARS_BETWEEN):
            count = (last - first) // length + 2
            yield from read_bars(self._store, self._series, interval, count, before=last - length + _INSTANT)


def _runs(times: Sequence[datetime], gap: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """The first and the last of times in order that follow each other within the gap."""
    begins = 0
    for place in range(1, len(times) + 1):
        if place == len(times) or times[place] - times[place - 1] > gap:
            yield times[begins], times[place - 1]
            begins = place


def _after(logged: Logged, wait: timedelta, now: datetime, prices: Prices) -> Figure:
    if not logged.price:
        return Figure(None, "There was no price when it was decided.")
    if logged.at + wait > now:
        return Figure(None, "So much time has not passed yet.")
    then = prices(logged.at + wait, wait / _NEAR)
    if then is None:
        return Figure(None, "No bar that is kept ended near that time.")
    return Figure(significant(change_pct(then, logged.price), _DIGITS))


def _key(logged: Logged) -> TokenKey:
    """Whose bars tell of the token: a testnet's are those of its mainnet asset."""
    return board_key(logged.token) or logged.token.key


def _markets(house: House, session_ids: Iterable[str]) -> dict[str, str]:
    """The market of each session. Raises StoreRefused."""
    markets: dict[str, str] = {}
    for session_id in session_ids:
        found = find_session(house.store, session_id)
        assert found is not None, "a decision without a session"
        markets[session_id] = found.market
    return markets


def _remembered(house: House, series: SeriesKey, times: Iterable[datetime]) -> _Remembered:
    """What the open market itself remembers of a token: a recording all of it, others what is not on disk yet."""
    feed, tape, key = house.feed, house.floor.tape, TokenKey(series.chain_id, series.address)
    since = min(times, default=None)
    if series.market != house.floor.series or since is None:
        return _Remembered({})
    # Of a recording the shortest bars say all that longer ones could.
    shortest = feed.shortest(Interval.M1)
    recorded = feed.recorded(key, shortest, max(0, (feed.now() - since) // shortest.length) + 2)
    if recorded is not None:
        return _Remembered({shortest: recorded}, all=True)
    return _Remembered({interval: tape.unwritten(key, interval) for interval in Interval})
