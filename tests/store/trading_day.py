"""Many trades of one session, consistent throughout and seeded, for whoever has to be quick with 100,000 of them.

`python -m tests.store.trading_day [COUNT]` fills a file of its own and says what writing and reading it costs.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from app.domain.books import Books, Change, applied, settled
from app.domain.execution import Deal
from app.domain.ledger import Account, folded
from app.domain.money import product, ratio, rounded_down, total
from app.domain.orders import Order, Origin, Side, Size, SizeUnit, Ticket
from app.domain.prices import Consensus, PriceState
from app.domain.quotes import Ask, Contract, Gas, Grade, Leg, Rates, Swap, priced
from app.domain.registry import WATCHLISTS, named, usdc_of
from app.domain.session import Session
from app.domain.tokens import Token
from app.domain.trades import Trade, TradeStatus
from app.store.books import Batch, closed_positions, entries, version_of, write
from app.store.database import Store, migrate, open_store
from app.store.equity import Mark, mark, marks
from app.store.orders import find_order, open_orders, orders
from app.store.sessions import open_session
from app.store.trades import ALL, TradeFilter, count_trades, each_trade, trade, trades, unmeasured

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
CHAIN = 8453
BALANCE = Decimal(1_000_000)
TOKENS = tuple(token for symbol in WATCHLISTS[CHAIN] if (token := named(CHAIN, symbol)))

_EVERY = timedelta(seconds=7)
_FEE = Decimal("0.0005")
_RATES = Rates(Decimal("0.9998"), Decimal(2500))
_CHANGES_A_BATCH = 500


def opened(store: Store, at: datetime = BEGIN) -> Session:
    """A session in the demo market with a million dollars."""
    return open_session(store, Session("", "A long day", "", "demo", CHAIN, BALANCE, at), at)


def filled(folder: Path, count: int) -> None:
    """A database in the folder, whose session has made so many trades."""
    url = f"sqlite:///{folder / 'drydock.db'}"
    migrate(url)
    store = open_store(url)
    try:
        fill(store, count, opened(store).id)
    finally:
        store.close()


def fill(store: Store, count: int, account_id: str, seed: int = 2026) -> Account:
    """Let an account that is open make so many trades, one in fifty of them reverted, each with its entry and its
    order, and mark it now and then. The account as it is then, which is what its entries fold into."""
    books = Books(folded(account_id, entries(store, account_id)))
    chance, made, marked = Random(seed), list[Change](), list[tuple[str, Mark]]()
    for number, deal in enumerate(_deals(books.account, count, chance)):
        change = settled(books, deal(books.account))
        assert isinstance(change, Change) and change.trade, change
        books = applied(books, change)
        made.append(replace(change, trade=_measured(change.trade, chance)))
        if number % 60 == 0:
            worth = total(books.account.cash, books.account.cost)
            marked.append((account_id, Mark(change.trade.at, worth, books.account.cash)))
    for start in range(0, count, _CHANGES_A_BATCH):
        write(store, [_batch(account_id, made[start : start + _CHANGES_A_BATCH])])
    mark(store, marked)
    return books.account


def _deals(account: Account, count: int, chance: Random) -> Iterator[Callable[[Account], Deal]]:
    """Trades to come, each to be made from the account as it will be then."""
    prices = [Decimal(2500) / 10 ** (number % 5) for number in range(len(TOKENS))]
    for number in range(account.version, account.version + count):
        which = chance.randrange(len(TOKENS))
        prices[which] = round(prices[which] * (1 + Decimal(chance.randint(-50, 50)) / 10_000), 12)
        at = BEGIN + number * _EVERY
        yield lambda now, which=which, at=at: _deal(now, TOKENS[which], prices[which], at, chance)


def _deal(account: Account, token: Token, price: Decimal, at: datetime, chance: Random) -> Deal:
    held = account.held(token.key.address)
    side = Side.SELL if held and chance.random() < 0.5 else Side.BUY
    swap = _sale(token, held, price, at, chance) if side is Side.SELL else _purchase(token, price, at, chance)
    unlucky = Contract(swap.pay, swap.receive * 2, Decimal(50)) if chance.random() < 0.02 else None
    origin = chance.choice(list(Origin))
    share = Size(SizeUnit.QUANTITY, swap.pay if side is Side.SELL else swap.receive)
    ticket = Ticket(f"{account.id}/{account.version}", token, side, share, origin=origin, why="It was drawn.")
    order = Order(ticket, account.id, at, "drawn")
    return Deal(order, priced(swap, _RATES), Consensus(token.key, PriceState.LIVE), at, unlucky)


def _purchase(token: Token, price: Decimal, at: datetime, chance: Random) -> Swap:
    pay = Decimal(chance.randint(10_000_000, 1_000_000_000)).scaleb(-6)
    receive = rounded_down(ratio(product(pay, 1 - _FEE), price * Decimal("1.0002")), token.decimals)
    return _swap(Ask(token, usdc_of(CHAIN), Side.BUY, Leg.PAY, pay), receive, price, at)


def _sale(token: Token, held: Decimal, price: Decimal, at: datetime, chance: Random) -> Swap:
    """All of it, or half where that is worth anything."""
    half = rounded_down(held / 2, token.decimals)
    pay = half if half * price > 5 and chance.random() < 0.3 else held
    receive = rounded_down(product(product(pay, 1 - _FEE), price * Decimal("0.9998")), 6)
    return _swap(Ask(token, usdc_of(CHAIN), Side.SELL, Leg.PAY, pay), receive, price, at)


def _swap(ask: Ask, receive: Decimal, price: Decimal, at: datetime) -> Swap:
    gas = Gas(150_000, 10_000_000, declared_usd=Decimal("0.0213"))
    route = f"{ask.token.symbol}/USDC 0.05 %"
    return Swap(ask, ask.amount, receive, price, _FEE, Grade.A, "quoter", route, gas, at, 30_000_000)


def _measured(trade: Trade, chance: Random) -> Trade:
    if trade.status is not TradeStatus.FILLED or chance.random() < 0.1:
        return trade
    off = [Decimal(chance.randint(-300, 300)).scaleb(-2) for _ in range(2)]
    return replace(trade, fill_error_bps=off[0], fill_error_30s_bps=off[1])


def _batch(account_id: str, made: list[Change]) -> Batch:
    entered = tuple(entry for change in made for entry in change.entries)
    return Batch(
        account_id,
        entered[0].number - 1,
        entered,
        tuple(change.trade for change in made if change.trade),
        tuple(order for change in made for order in change.orders),
        tuple(item for change in made for item in change.closed),
    )


def _cost(what: str, work: Callable[[], object], times: int = 1) -> None:
    work()
    began, thought = time.perf_counter(), time.process_time()
    for _ in range(times):
        work()
    took, cpu = (
        (now - then) * 1000 / times for now, then in ((time.perf_counter(), began), (time.process_time(), thought))
    )
    print(f"{what}: {took:.3f} ms, of which {cpu:.3f} ms of computing")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.db"
        migrate(f"sqlite:///{file}")
        store = open_store(f"sqlite:///{file}")
        mine = opened(store).id
        began = time.perf_counter()
        fill(store, count, mine)
        print(f"{count} trades in {time.perf_counter() - began:.0f} s, {file.stat().st_size / 1e6:.0f} MB")
        _read(store, mine, count)
        store.close()


def _read(store: Store, mine: str, count: int) -> None:
    _cost("every entry", lambda: sum(1 for _ in entries(store, mine)))
    _cost("every entry, folded", lambda: folded(mine, entries(store, mine)))
    _cost("every trade", lambda: sum(1 for _ in each_trade(store, mine)))
    late = BEGIN + count * _EVERY * 0.9
    pages = {
        "any": ALL,
        "of one token": TradeFilter(address=TOKENS[0].address),
        "reverted sales": TradeFilter(side=Side.SELL, status=TradeStatus.REVERTED),
        "of the first hour": TradeFilter(until=BEGIN + timedelta(hours=1)),
        "since the future": TradeFilter(since=BEGIN + 2 * count * _EVERY),
        "lately": TradeFilter(since=late),
        "that nobody made": TradeFilter(address="0x0"),
    }
    for what, wanted in pages.items():
        _cost(f"50 trades {what}", lambda wanted=wanted: trades(store, mine, wanted, 50), 100)
        _cost(f"counting trades {what}", lambda wanted=wanted: count_trades(store, mine, wanted), 5)
    _cost("50 trades from the middle", lambda: trades(store, mine, ALL, 50, count // 2), 100)
    _cost("the unmeasured of the last minutes", lambda: unmeasured(store, mine, BEGIN + (count - 20) * _EVERY), 100)
    _cost("50 orders", lambda: orders(store, mine, limit=50), 100)
    _cost("the open orders", lambda: open_orders(store, mine), 100)
    _cost("one order", lambda: find_order(store, f"{mine}/{count // 2}"), 100)
    _cost("one trade", lambda: trade(store, f"{mine}-{count // 2}"), 100)
    _cost("50 closed positions", lambda: closed_positions(store, mine, 50), 100)
    _cost("the version", lambda: version_of(store, mine), 100)
    _cost("all marks", lambda: marks(store, mine), 3)


if __name__ == "__main__":
    main()
