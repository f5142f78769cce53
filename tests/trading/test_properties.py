"""After any run of orders, prices, failures, repeats and restarts the books balance, on disk as in memory."""

import asyncio
import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from hypothesis import event, given, settings
from hypothesis import strategies as st

from app.domain.ledger import Account, folded
from app.domain.orders import Origin
from app.domain.trades import Trade, TradeStatus
from app.store.books import entries
from app.store.database import open_store
from app.store.orders import open_orders
from app.store.trades import each_trade
from tests.chaos.day import ACTS, Day, Step
from tests.store.fresh import with_database
from tests.trading.floor import AERO, WETH, TradingFloor

D = Decimal
UNITS = ("share_pct", "amount_usd", "quantity")


def exactly(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=low, max_value=high, places=places)


steps = st.builds(
    Step,
    st.sampled_from(ACTS),
    st.sampled_from(["", "", "", "", "disk", "node", "lag"]),
    st.sampled_from([WETH, WETH, AERO]),
    st.sampled_from(["buy", "buy", "sell"]),
    st.sampled_from(UNITS),
    st.sampled_from([D(100), D(50)]) | exactly("0.001", "100", 18),
    st.sampled_from([D("0.9"), D("0.99"), D("1.01"), D("1.1")]) | exactly("0.5", "2", 6),
    st.sampled_from([None, "0", "5000"]),
    st.sampled_from([D(1), D(1), D("1.006"), D("0.994"), D("1.019")]),
    st.sampled_from([D(0), D("0.02"), D("3.000000000001")]),
    st.sampled_from([D(20_000_000), D(10**12), D(40_000)]),
    st.just(D(1)) | exactly("0.95", "1.02", 8),
    st.integers(0, 1000),
    st.sampled_from([Origin.API, Origin.HAND, Origin.BOT]),
)


def the_disk_is_the_memory(floor: TradingFloor) -> None:
    books, account_id = floor.desk.books, floor.desk.session.id
    assert folded(account_id, entries(floor.store, account_id)) == books.account
    assert {order.id: order for order in open_orders(floor.store, account_id)} == books.orders


def the_identities_hold(floor: TradingFloor) -> None:
    """Reckoned in fractions from the trades alone, whatever the ledger says."""
    account, trades = floor.desk.books.account, list(each_trade(floor.store, floor.desk.session.id))
    fills = [trade for trade in trades if trade.status is TradeStatus.FILLED]
    assert Fraction(account.gas) == summed(trades, "gas_usd")
    assert Fraction(account.fees) == summed(fills, "fee_usd")
    assert Fraction(account.impact) == summed(fills, "impact_usd")
    assert Fraction(account.realized) == summed([fill for fill in fills if fill.side.sign < 0], "realized_pnl")
    spent = sum(Fraction(fill.value) * fill.side.sign for fill in fills)
    assert Fraction(account.cash) == Fraction(account.deposits) - spent - Fraction(account.gas)
    for token in (WETH, AERO):
        moved = sum(Fraction(fill.quantity) * fill.side.sign for fill in fills if fill.token == token)
        assert Fraction(account.held(token.key.address)) == moved >= 0
    equity_is_what_was_put_in_and_gained_less_the_gas(account, floor.prices)
    assert account.residual == 0 and account.cash >= 0 and account.gas >= 0


def summed(trades: list[Trade], name: str) -> Fraction:
    return sum((Fraction(getattr(trade, name)) for trade in trades), Fraction(0))


def equity_is_what_was_put_in_and_gained_less_the_gas(account: Account, prices: dict[str, Decimal]) -> None:
    by_asset = {token.key.address: Fraction(prices[token.symbol]) for token in (WETH, AERO)}
    worth = [(Fraction(p.quantity) * by_asset[asset], Fraction(p.cost)) for asset, p in account.positions.items()]
    assert all(cost >= 0 for _, cost in worth)
    equity = Fraction(account.cash) + sum(value for value, _ in worth)
    unrealized = sum(value - cost for value, cost in worth)
    gained = Fraction(account.realized) + unrealized
    assert equity == Fraction(account.deposits) + gained - Fraction(account.gas)


async def run(plan: list[Step], folder: Path) -> None:
    file = with_database(folder) / "drydock.db"
    store = open_store(f"sqlite:///{file}")
    try:
        day = Day(TradingFloor(store), file)
        await day.begin()
        for step in plan:
            event(f"{step.act}: {await day.take(step)}")
            the_disk_is_the_memory(day.floor)
            the_identities_hold(day.floor)
    finally:
        store.close()


@settings(max_examples=40)
@given(st.lists(steps, min_size=8, max_size=16))
def test_the_books_balance_on_disk_and_in_memory_after_every_step(plan: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(plan, Path(folder)))
