"""How decisions turned out: what the token's price has done since, from the bars that were recorded."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

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
    here = house.floor.series
    shown = [row for row in rows if markets[row.session_id] == here]
    pasts = {key: _past(house, key, since) for key, since in _earliest(shown).items()}
    now, later = house.feed.now(), house.clock.instant().utc

    def found() -> list[Outcome]:
        told: list[Outcome] = []
        for row in rows:
            market, key = markets[row.session_id], _key(row)
            past = pasts[key] if market == here else _Past()
            series = SeriesKey(market, *key)
            told.append(outcome_of(row, now if market == here else later, past.prices(house.store, series)))
        return told

    return await asyncio.to_thread(found)


@dataclass(frozen=True, slots=True)
class _Past:
    """Bars of a token that are in memory, by length, in order of time. `whole`: nothing more of it is in the store."""

    bars: Mapping[Interval, Sequence[Bar]] | None = None
    whole: bool = False

    def prices(self, store: Store, series: SeriesKey) -> Prices:
        def price(at: datetime, slack: timedelta) -> Decimal | None:
            for interval in Interval:
                since = at - interval.length - slack
                bar = self._ended(interval, at)
                if (bar is None or bar.at <= since) and not self.whole:
                    bar = _stored(store, series, interval, at)
                if bar is not None and bar.at > since:
                    return bar.close
            return None

        return price

    def _ended(self, interval: Interval, at: datetime) -> Bar | None:
        """The last bar that had ended by then, if it is among these."""
        bars = (self.bars or {}).get(interval, ())
        place = bisect_right(bars, at - interval.length, key=lambda bar: bar.at)
        return bars[place - 1] if place else None


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


def _earliest(rows: Iterable[Logged]) -> dict[TokenKey, datetime]:
    """The first decision about each token."""
    found: dict[TokenKey, datetime] = {}
    for row in rows:
        found[_key(row)] = min(row.at, found.get(_key(row), row.at))
    return found


def _past(house: House, key: TokenKey, since: datetime) -> _Past:
    """What the market itself remembers of a token: a recording all of it, others what is not on disk yet."""
    feed, tape = house.feed, house.floor.tape
    # Of a recording the shortest bars say all that longer ones could.
    shortest = feed.shortest(Interval.M1)
    count = max(0, int((feed.now() - since) / shortest.length)) + 2
    recorded = feed.recorded(key, shortest, count)
    if recorded is not None:
        return _Past({shortest: recorded}, whole=True)
    return _Past({interval: tape.unwritten(key, interval) for interval in Interval})


def _stored(store: Store, series: SeriesKey, interval: Interval, at: datetime) -> Bar | None:
    """The last bar on disk that had ended by then."""
    found = read_bars(store, series, interval, 1, before=at - interval.length + _INSTANT)
    return found[0] if found else None
