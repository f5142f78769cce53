"""Markets and books for the bot's tests: likely ones and wild ones, from a seed or drawn freely."""

import hashlib
import random
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from hypothesis import strategies as st

from app.bot.decide import decide
from app.bot.indicators import REACH, WINDOW, Row, Series, series_of
from app.bot.ladder import Ladder, Rung, pool_ladder
from app.bot.levels import LEVELS
from app.bot.market import Book, Bounds, Held, Market
from app.bot.windows import rows_and_counts
from app.domain.bars import Bar
from app.domain.decisions import Decision

ADDRESS = "0x" + "4" * 40
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
HOUR_S = 3600.0
DEPTH, FEE, GAS = Decimal(20_000_000), Decimal("0.0005"), Decimal("0.02")


class Snapshot(NamedTuple):
    """What a decision looks at."""

    market: Market
    book: Book


def snapshot(seed: int) -> Snapshot:
    """A market and a book as they may be: one in three a good moment to buy, one in five past all belief."""
    dice = random.Random(seed)
    wild, fine = dice.random() < 0.2, dice.random() < 0.35
    market = _market(dice, wild=wild)
    book = _book(dice, market, wild=wild)
    return _fine(dice, market, book) if fine else Snapshot(market, book)


def canonical(decision: Decision) -> str:
    """A decision to the last bit."""
    return repr((decision, decision.flip, decision.first_failed))


def fingerprint(count: int) -> str:
    """The hash of what the levels make of so many snapshots."""
    found = hashlib.sha256()
    for seed in range(count):
        found.update(canonical(decide(*snapshot(seed), LEVELS[seed % len(LEVELS)])).encode())
    return found.hexdigest()


def bars_of(closes: list[float], volumes: list[float] | None = None) -> list[Bar]:
    """Hourly bars that open where the last one closed."""
    prices = [Decimal(repr(round(close, 6))) for close in closes]
    amounts = [Decimal(repr(volume)) for volume in volumes or [100.0] * len(closes)]
    return [
        Bar(BEGAN + timedelta(hours=index), before, max(before, price), min(before, price), price, volume, "drawn")
        for index, (before, price, volume) in enumerate(zip([prices[0], *prices], prices, amounts, strict=False))
    ]


def walk(seed: int, count: int) -> list[Bar]:
    """A price that goes up, down and sideways by turns, with now and then a jump."""
    dice = random.Random(seed)
    price, drift, vol = 2_000.0, 0.0, 0.005
    closes, volumes = list[float](), list[float]()
    for index in range(count):
        if index % 60 == 0:
            drift, vol = dice.choice((-0.0015, 0.0, 0.001, 0.002)), dice.choice((0.002, 0.005, 0.01))
        jump = dice.choice((0.93, 1.07)) if dice.random() < 0.003 else 1.0
        price *= (1.0 + dice.gauss(drift, vol)) * jump
        closes.append(price)
        volumes.append(round(dice.uniform(10.0, 500.0), 3))
    return bars_of(closes, volumes)


def series(bars: list[Bar]) -> Series:
    return series_of(bars, HOUR_S)


def market_of(bars: list[Bar], depth: Decimal = DEPTH, gas: Decimal = GAS, top: Decimal = Decimal(50_000)) -> Market:
    """The market as the last of these bars has closed, in one pool."""
    rows, counts = rows_and_counts(series(bars))
    ladder = pool_ladder(depth, FEE, top, gas)
    price = float(bars[-1].close)
    return Market(ADDRESS, price, True, None, 0.0, 2 * HOUR_S, 0.0, counts[-1], rows[-1], ladder, HOUR_S)


def book_of(equity: float = 10_000.0, held: Held | None = None, **changes: object) -> Book:
    """The book of a ledger that has done nothing yet."""
    fresh = Book(equity, equity, held, 0, 0.0, 0, 0.0, float("inf"), True, Bounds())
    return fresh._replace(**changes)


def rising(count: int = 120, calm: float = 0.004) -> list[Bar]:
    """A price that rises, never in a straight line."""
    dice = random.Random(7)
    closes = [2_000.0]
    for _ in range(count - 1):
        closes.append(closes[-1] * (1.0 + dice.gauss(0.003, calm)))
    return bars_of(closes)


# -- by dice


def _fine(dice: random.Random, market: Market, book: Book) -> Snapshot:
    """Most of what stands in the way of a trade is out of it."""
    vol = dice.uniform(0.002, 0.012)
    trends = [dice.uniform(0.5, 1.6) for _ in range(3)]
    row = (float(WINDOW), vol, *trends, dice.random(), dice.uniform(50.0, 90.0), dice.gauss(0.5, 1.0), 1.2, vol)
    ladder = pool_ladder(Decimal(10) ** dice.randint(5, 8), FEE, Decimal(10_000), GAS)
    market = market._replace(price=2_500.0, live=True, bars=WINDOW, row=row, ladder=ladder, age_s=0.0, apart_bp=3.0)
    held = book.held if dice.random() < 0.5 else None
    if held is not None:
        held = held._replace(
            cost=held.value / 1.03, stop=2_300.0, target=dice.choice((2_700.0, 2_700.0, 2_450.0)), rungs=0
        )
    spare = {"loss_pct": 0.0, "trades_today": 0, "allowed": True, "drawdown_pct": 1.0, "positions": 0}
    return Snapshot(market, book._replace(held=held, cash=book.equity, bounds=Bounds(), rested_h=float("inf"), **spare))


def _market(dice: random.Random, *, wild: bool) -> Market:
    price = 10.0 ** dice.uniform(-12, 8) if wild else dice.uniform(0.5, 5_000.0)
    row = _row(dice, wild=wild) if dice.random() < 0.93 else None
    return Market(
        address=ADDRESS,
        price=price if dice.random() < 0.98 else None,
        live=dice.random() < 0.93,
        confirmed=dice.choice((None, True, True, False)),
        age_s=dice.uniform(0.0, 90.0) if not wild else 10.0 ** dice.uniform(-3, 7),
        fresh_s=dice.choice((60.0, 7_200.0, 0.0 if wild else 90.0)),
        apart_bp=dice.choice((0.0, dice.uniform(0.0, 50.0), dice.uniform(0.0, 900.0))),
        bars=WINDOW if row is not None else dice.randrange(WINDOW),
        row=row,
        ladder=_ladder(dice, wild=wild) if dice.random() < 0.95 else None,
        interval_s=dice.choice((60.0, 300.0, 900.0, HOUR_S)),
    )


def _row(dice: random.Random, *, wild: bool) -> Row:
    lean = dice.choice((0.6, 0.2, -0.3))
    reach = float(dice.randint(WINDOW, REACH))
    vol = 10.0 ** dice.uniform(-9, 0.5) if wild else dice.uniform(0.0005, 0.015)
    short, middle, long = (dice.gauss(lean, 3.0 if wild else 0.5) for _ in range(3))
    flow = float("nan") if dice.random() < 0.1 else dice.uniform(0.0, 3.0)
    rsi, bend = (
        dice.uniform(0.0, 100.0) if wild else min(100.0, 50.0 + 40.0 * dice.random() * lean),
        dice.gauss(lean, 1),
    )
    return reach, vol, short, middle, long, dice.random(), rsi, bend, flow, vol * dice.uniform(1.0, 2.0)


def _ladder(dice: random.Random, *, wild: bool) -> Ladder:
    depth = Decimal(10) ** dice.randint(0 if wild else 4, 10)
    fee = Decimal(dice.choice(("0.0001", "0.0005", "0.003", "0.01")))
    top, gas = (
        Decimal(10) ** dice.randint(1 if wild else 3, 6),
        Decimal(dice.choice(("0", "0.001", "0.02", "0.5", "9"))),
    )
    found = pool_ladder(depth, fee, top, gas)
    return Ladder(found.rungs, found.gas_usd, found.liquidity_usd if dice.random() < 0.8 else None)


def _book(dice: random.Random, market: Market, *, wild: bool) -> Book:
    equity = 10.0 ** dice.uniform(-2, 9) if wild else dice.uniform(500.0, 50_000.0)
    held = _held(dice, market, equity) if dice.random() < 0.4 else None
    return Book(
        cash=equity * dice.choice((1.0, 0.9, 0.3, 0.0)),
        equity=equity if not wild or dice.random() < 0.9 else 0.0,
        held=held,
        positions=dice.choice((0, 0, 1, 2, 3, 8)),
        drawdown_pct=dice.choice((0.0, dice.uniform(0.0, 5.0), dice.uniform(0.0, 90.0))),
        trades_today=dice.choice((0, 1, 5, 99, 100)),
        loss_pct=dice.choice((0.0, 0.0, dice.uniform(0.0, 15.0))),
        rested_h=dice.choice((float("inf"), float("inf"), dice.uniform(0.0, 40.0))),
        allowed=dice.random() < 0.95,
        bounds=_bounds(dice),
        kelly_pct=dice.choice((None, dice.uniform(-50.0, 90.0))),
    )


def _held(dice: random.Random, market: Market, equity: float) -> Held:
    value, price = equity * dice.uniform(0.0005, 0.25), market.price or 1.0
    rungs = dice.choice((0, 0, 1, 2))
    target = None if rungs == 2 else price * dice.uniform(0.99, 1.2)
    return Held(
        value,
        value * dice.uniform(0.85, 1.2),
        price * dice.uniform(0.8, 1.01),
        target,
        rungs,
        hours=dice.uniform(0.0, 200.0),
        level=dice.randint(1, 10),
    )


def _bounds(dice: random.Random) -> Bounds:
    if dice.random() < 0.4:
        return Bounds()
    return Bounds(
        max_trade_usd=dice.choice((float("inf"), 1_000.0, 150.0, 5.0)),
        daily_loss_pct=dice.choice((float("inf"), 10.0, 1.0)),
        max_trades_per_day=dice.choice((float("inf"), 100.0, 1.0, 0.0)),
        min_liquidity_usd=dice.choice((0.0, 50_000.0, 1e9)),
        max_slippage_bps=dice.choice((float("inf"), 150.0, 20.0, 1.0)),
    )


# -- drawn freely: the dice are likely, these look for trouble

_SHARES = st.floats(0.0, 1.0)
_DOLLARS = st.floats(0.0, 1e12)
_READINGS = st.floats(-50.0, 50.0)
_ROWS = st.tuples(
    st.floats(WINDOW, REACH), st.floats(0.0, 10.0), _READINGS, _READINGS, _READINGS, _SHARES, st.floats(0.0, 100.0),
    _READINGS, st.floats(0.0, 16.0) | st.just(float("nan")), st.floats(0.0, 10.0),
)  # fmt: skip
_COSTS = st.tuples(_SHARES, _SHARES).map(sorted)


@st.composite
def _ladders(draw: st.DrawFn) -> Ladder:
    sizes = sorted(draw(st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=5, unique=True)))
    return Ladder(
        tuple(Rung(size, draw(_SHARES), draw(_SHARES)) for size in sizes),
        draw(st.floats(0.0, 1e4)),
        draw(st.none() | _DOLLARS),
    )


_MARKETS = st.builds(
    Market,
    address=st.just(ADDRESS), price=st.none() | st.floats(1e-15, 1e9), live=st.booleans(),
    confirmed=st.none() | st.booleans(), age_s=st.floats(0.0, 1e9), fresh_s=st.floats(0.0, 1e6),
    apart_bp=st.floats(0.0, 1e5), bars=st.integers(0, WINDOW), row=st.none() | _ROWS, ladder=st.none() | _ladders(),
    interval_s=st.sampled_from([60.0, 300.0, 900.0, HOUR_S, 86_400.0]),
)  # fmt: skip
_HELD = st.builds(
    Held,
    value=_DOLLARS, cost=_DOLLARS, stop=st.floats(0.0, 1e9), target=st.none() | st.floats(0.0, 1e9),
    rungs=st.integers(0, 1), hours=st.floats(0.0, 1e6), level=st.integers(1, 10),
)  # fmt: skip
_BOUNDS = st.builds(
    Bounds,
    max_trade_usd=_DOLLARS, daily_loss_pct=st.floats(0.0, 100.0), max_trades_per_day=st.integers(0, 100).map(float),
    min_liquidity_usd=_DOLLARS, max_slippage_bps=st.floats(0.0, 1e4),
) | st.just(Bounds())  # fmt: skip
_BOOKS = st.builds(
    Book,
    cash=_DOLLARS, equity=_DOLLARS, held=st.none() | _HELD, positions=st.integers(0, 10),
    drawdown_pct=st.floats(0.0, 100.0), trades_today=st.integers(0, 1_000), loss_pct=st.floats(0.0, 100.0),
    rested_h=st.floats(0.0, 1e6) | st.just(float("inf")), allowed=st.booleans(), bounds=_BOUNDS,
    kelly_pct=st.none() | st.floats(-1e3, 1e3),
)  # fmt: skip

LIKELY = st.integers(0, 2**48).map(snapshot)
WILD = st.builds(Snapshot, _MARKETS, _BOOKS)
SNAPSHOTS = LIKELY | WILD
ANY_LEVEL = st.sampled_from(LEVELS)

if __name__ == "__main__":
    print(fingerprint(int(sys.argv[1])))
