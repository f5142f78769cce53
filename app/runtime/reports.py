"""Reports: what came of a session, at work or archived, and two of them side by side with what was set otherwise."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from app.domain.ledger import Account, Position, folded
from app.domain.money import change_pct, minus, product, significant, total
from app.domain.performance import Costs, Performance
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.runtime import figures
from app.runtime.importing import SEAL
from app.runtime.pit import Pit
from app.store.bars import SeriesKey, close_before
from app.store.books import entries
from app.store.database import Store
from app.store.equity import marks
from app.store.sessions import session as find_session
from app.store.trades import ALL, TradeFilter, count_trades, trades
from app.trading.watchlist import board_key

if TYPE_CHECKING:
    from app.runtime.house import House

_PCT_DIGITS = 9


@dataclass(frozen=True, slots=True)
class SessionReport:
    """What came of a session, in US dollars; percentages are signed, but for the drawdown, which is positive.

    What an archived one still holds is worth its last price. `trades` counts filled and reverted ones.
    """

    session: Session
    equity: Decimal
    cash: Decimal
    positions_value: Decimal
    realized: Decimal
    unrealized: Decimal
    costs: Costs
    return_pct: Decimal
    trades: int
    performance: Performance

    @property
    def max_drawdown_pct(self) -> Decimal | None:
        """None before the account was valued."""
        return self.performance.max_drawdown_pct.value


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sessions, and the names of what was set otherwise in one than in the other, in their order."""

    a: SessionReport
    b: SessionReport
    differs: tuple[str, ...]


async def report(house: "House", session_id: str) -> SessionReport | Refusal:
    """What came of a session, the one at work up to now. Raises StoreRefused."""
    found = await asyncio.to_thread(find_session, house.store, session_id)
    if found is None:
        return Refusal("unknown_session", f"There is no session {session_id[:60]!r}.")
    pit = house.pit if house.pit and house.pit.session.id == session_id else None
    return await reported(house.store, found, pit)


async def compare(house: "House", a_id: str, b_id: str) -> tuple[SessionReport, SessionReport] | Refusal:
    """Two sessions side by side. Raises StoreRefused."""
    a = await report(house, a_id)
    if isinstance(a, Refusal):
        return a
    b = await report(house, b_id)
    return b if isinstance(b, Refusal) else (a, b)


async def reported(store: Store, session: Session, pit: Pit | None = None) -> SessionReport:
    """What came of a session; with its pit, up to now. Raises StoreRefused."""
    # Taken before anything is waited for: the worth and the account are those of one moment.
    live = (pit.account, pit.value().equity) if pit else None
    performance = await figures.performance(store, session, pit)
    account, equity = live or await asyncio.to_thread(_archived, store, session)
    count = await asyncio.to_thread(count_trades, store, session.id)
    return _report(session, account, equity, count, performance)


def compared(a: SessionReport, b: SessionReport) -> Comparison:
    return Comparison(a, b, differing(a.session, b.session))


def differing(a: Session, b: Session) -> tuple[str, ...]:
    """The names of what was set otherwise in one session than in the other, in their order."""
    mine, yours = _set(a), _set(b)
    return tuple(sorted(name for name in mine.keys() | yours.keys() if mine.get(name) != yours.get(name)))


def _set(session: Session) -> dict[str, str | int | Decimal]:
    own: dict[str, str | int | Decimal] = {
        "market": session.market,
        "chain_id": session.chain_id,
        "starting_balance": session.starting_balance,
    }
    return {name: value for name, value in session.settings.items() if name != SEAL} | own


def _report(session: Session, account: Account, equity: Decimal, count: int, performance: Performance) -> SessionReport:
    value = total(equity, minus(account.cash))
    return SessionReport(
        session=session,
        equity=equity,
        cash=account.cash,
        positions_value=value,
        realized=account.realized,
        unrealized=total(value, minus(account.cost)),
        costs=Costs(account.gas, account.fees, account.impact),
        return_pct=significant(change_pct(equity, session.starting_balance), _PCT_DIGITS),
        trades=count,
        performance=performance,
    )


def _archived(store: Store, session: Session) -> tuple[Account, Decimal]:
    """The account as its entries make it, and what it was worth at the last prices that are known."""
    account = folded(session.id, entries(store, session.id))
    marked, newest = marks(store, session.id)[-1:], trades(store, session.id, ALL, 1)
    if marked and not (newest and newest[0].at > marked[0].at):
        return account, marked[0].equity
    at = session.ended_at or (newest[0].at if newest else session.started_at)
    values = (product(it.quantity, _last_price(store, session, it, at)) for it in account.open_positions)
    return account, total(account.cash, *values)


def _last_price(store: Store, session: Session, position: Position, at: datetime) -> Decimal:
    """The price of a token at the end of its session: that of the last bar, else the mid of its last trade."""
    last = trades(store, session.id, TradeFilter(address=position.asset), 1)[0]
    bar = close_before(store, SeriesKey(session.market, *(board_key(last.token) or last.token.key)), at)
    return bar.close if bar else last.mid_price
