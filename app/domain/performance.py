"""Performance: what an account has made of its money, each figure with the reason where there is none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from itertools import pairwise
from statistics import median

from app.domain.money import NOTHING, added, change_pct, minus, product, ratio, significant, total
from app.domain.roundtrips import RoundTrip, RoundTrips
from app.domain.trades import Trade, TradeStatus

DAYS_A_YEAR = Decimal(365)
FEWEST_DAYS = 5
# The nearest rank of 95 % is the largest of fewer.
FEWEST_FOR_P95 = 20
_DIGITS = 12
# Square roots and means are not money: 40 digits are more than anybody can tell from all of them.
_STATISTICS = Context(prec=40)
_HUNDRED = Decimal(100)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """An account's equity at a moment, the cash in that, and what the same start would be worth had it only been held
    (None where that is not known), all in US dollars."""

    at: datetime
    equity: Decimal
    cash: Decimal
    hold: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, or None and one plain sentence why there is none."""

    value: Decimal | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading has cost in US dollars: gas of filled and reverted swaps, fees and impact of the filled ones. Only
    the gas stands outside the profit and loss."""

    gas: Decimal
    fees: Decimal
    impact: Decimal


@dataclass(frozen=True, slots=True)
class Dealings:
    """The figures that come of an account's trades alone: costly to reckon, and the same until it trades again."""

    round_trips: int
    win_rate_pct: Figure
    profit_factor: Figure
    expectancy_usd: Figure
    fill_error_median_bps: Figure
    fill_error_p95_bps: Figure
    fill_error_30s_median_bps: Figure
    fill_error_30s_p95_bps: Figure
    costs: Costs


@dataclass(frozen=True, slots=True)
class Performance:
    """Percentages are of a hundred, drawdown and costs are positive, dollars are US dollars, errors basis points (more
    than zero is worse than quoted): at the next block, and after 30 s. What each figure is stands at the function that
    makes it."""

    round_trips: int
    win_rate_pct: Figure
    profit_factor: Figure
    expectancy_usd: Figure
    sharpe: Figure
    sortino: Figure
    max_drawdown_pct: Figure
    exposure_pct: Figure
    return_pct: Figure
    hold_return_pct: Figure
    fill_error_median_bps: Figure
    fill_error_p95_bps: Figure
    fill_error_30s_median_bps: Figure
    fill_error_30s_p95_bps: Figure
    costs: Costs


def performance(dealt: Dealings, marks: Sequence[Mark], starting_balance: Decimal) -> Performance:
    """All figures of one account: from what its trades have come to, its marks, oldest first, and the dollars that it
    was opened with."""
    returns = daily_returns(marks)
    return Performance(
        **{field.name: getattr(dealt, field.name) for field in fields(dealt)},
        sharpe=sharpe(returns),
        sortino=sortino(returns),
        max_drawdown_pct=_drawn(marks, starting_balance),
        exposure_pct=exposure(marks),
        return_pct=_returned(marks, starting_balance),
        hold_return_pct=_held(marks, starting_balance),
    )


def dealings(trades: Iterable[Trade]) -> Dealings:
    """What all trades of one account, filled and reverted, oldest first, have come to. They are read once, and none is
    kept. Raises ValueError where more is sold than the trades have bought."""
    spent, taken, trips = Spent(), RoundTrips(), list[RoundTrip]()
    next_block, after_30s, blocks = list[Decimal](), list[Decimal](), set[bool]()
    for trade in trades:
        blocks.add(trade.block_number is not None)
        spent.add(trade)
        trip = taken.take(trade)
        if trip:
            trips.append(trip)
        if trade.fill_error_bps is not None:
            next_block.append(trade.fill_error_bps)
        if trade.fill_error_30s_bps is not None:
            after_30s.append(trade.fill_error_30s_bps)
    no_blocks = _NO_BLOCKS if blocks == {False} and not next_block else None
    return Dealings(
        round_trips=len(trips),
        win_rate_pct=win_rate(trips),
        profit_factor=profit_factor(trips),
        expectancy_usd=expectancy(trips),
        fill_error_median_bps=no_blocks or error_median(next_block),
        fill_error_p95_bps=no_blocks or error_p95(next_block),
        fill_error_30s_median_bps=error_median(after_30s),
        fill_error_30s_p95_bps=error_p95(after_30s),
        costs=spent.costs,
    )


class Spent:
    """Costs, added up exactly trade by trade; a reverted trade has cost its gas only."""

    def __init__(self) -> None:
        self._gas = self._fees = self._impact = NOTHING

    def add(self, trade: Trade) -> None:
        self._gas = added(self._gas, trade.gas_usd)
        if trade.status is TradeStatus.FILLED:
            self._fees, self._impact = added(self._fees, trade.fee_usd), added(self._impact, trade.impact_usd)

    @property
    def costs(self) -> Costs:
        return Costs(self._gas, self._fees, self._impact)


_NO_TRIP = Figure(None, "No position has been opened and sold out yet.")


def win_rate(trips: Sequence[RoundTrip]) -> Figure:
    """The percentage of round trips that have made money after gas."""
    return _share(Decimal(sum(trip.wins for trip in trips) * 100), trips)


def expectancy(trips: Sequence[RoundTrip]) -> Figure:
    """US dollars that a round trip has made on average, after gas."""
    return _share(total(*(trip.pnl_after_gas for trip in trips)), trips)


def _share(whole: Decimal, trips: Sequence[RoundTrip]) -> Figure:
    return Figure(significant(ratio(whole, Decimal(len(trips))), _DIGITS)) if trips else _NO_TRIP


def profit_factor(trips: Sequence[RoundTrip]) -> Figure:
    """Dollars won by the round trips that won, by dollars lost by those that lost, after gas
    (R. Pardo, The Evaluation and Optimization of Trading Strategies, 2008)."""
    if not trips:
        return _NO_TRIP
    results = [trip.pnl_after_gas for trip in trips]
    lost = total(*(minus(result) for result in results if result < 0))
    if not lost:
        return Figure(None, "No round trip has lost yet, so there is nothing to divide by.")
    return Figure(significant(ratio(total(*(result for result in results if result > 0)), lost), _DIGITS))


def daily_returns(marks: Iterable[Mark]) -> list[Decimal]:
    """The returns from one UTC day's close to the next one's, as fractions. The last mark of a day is its close, the
    present day's so far. Over a day without marks there is no return: its length would not be a day. A close of
    nothing has no return after it."""
    closes: dict[date, Decimal] = {mark.at.date(): mark.equity for mark in marks}
    days = list(closes)
    with localcontext(_STATISTICS):
        return [
            closes[day] / closes[before] - 1
            for before, day in pairwise(days)
            if day - before == _DAY and closes[before] > 0
        ]


_NO_CHANGE = Figure(None, "The equity has not changed from one day to the next.")


def sharpe(returns: Sequence[Decimal]) -> Figure:
    """Mean by sample standard deviation of the daily returns, times √365, without a riskless rate
    (W. F. Sharpe, The Sharpe Ratio, Journal of Portfolio Management, 1994)."""
    if len(returns) < FEWEST_DAYS:
        return _too_few(returns)
    with localcontext(_STATISTICS):
        mean = sum(returns, NOTHING) / len(returns)
        spread = (sum(((each - mean) ** 2 for each in returns), NOTHING) / (len(returns) - 1)).sqrt()
        return Figure(significant(mean / spread * DAYS_A_YEAR.sqrt(), _DIGITS)) if spread else _NO_CHANGE


def sortino(returns: Sequence[Decimal]) -> Figure:
    """Mean of the daily returns by their downside deviation, the root of the mean over all days of min(return, 0)²,
    times √365, with a target of zero (F. A. Sortino and L. N. Price, Performance Measurement in a Downside Risk
    Framework, Journal of Investing, 1994)."""
    if len(returns) < FEWEST_DAYS:
        return _too_few(returns)
    if not any(returns):
        return _NO_CHANGE
    with localcontext(_STATISTICS):
        mean = sum(returns, NOTHING) / len(returns)
        downside = (sum((min(each, NOTHING) ** 2 for each in returns), NOTHING) / len(returns)).sqrt()
        if not downside:
            return Figure(None, "No day has lost yet, so there is nothing to divide by.")
        return Figure(significant(mean / downside * DAYS_A_YEAR.sqrt(), _DIGITS))


def _too_few(returns: Sequence[Decimal]) -> Figure:
    return Figure(None, f"This needs {FEWEST_DAYS} daily returns; there are {len(returns)}.")


def drawdown(series: Iterable[Decimal]) -> Decimal:
    """The deepest fall of a series from the highest value before it, in percent of that value, 0 or more."""
    peak = low = deepest = NOTHING
    for value in series:
        if value > peak:
            peak = low = value
        elif value < low:
            low = value
            deepest = max(deepest, product(ratio(added(peak, minus(value)), peak), _HUNDRED))
    return significant(deepest, _DIGITS)


def exposure(marks: Sequence[Mark]) -> Figure:
    """The share of the equity that was not cash, in percent, weighted by time: each mark stands until the next one."""
    if not marks or marks[0].at == marks[-1].at:
        return Figure(None, "No time has passed yet.")
    shares = NOTHING
    for mark, following in pairwise(marks):
        if mark.equity > 0:
            share = ratio(added(mark.equity, minus(mark.cash)), mark.equity)
            shares = added(shares, product(share, _seconds(following.at - mark.at)))
    return Figure(significant(product(ratio(shares, _seconds(marks[-1].at - marks[0].at)), _HUNDRED), _DIGITS))


def _seconds(span: timedelta) -> Decimal:
    return product(Decimal(span // timedelta(microseconds=1)), Decimal("1e-6"))


def error_median(errors: Sequence[Decimal]) -> Figure:
    """The median of the signed fill errors: more than zero where fills were quoted too well."""
    if not errors:
        return Figure(None, "No fill has been measured yet.")
    with localcontext(_STATISTICS):
        return Figure(significant(median(errors), _DIGITS))


def error_p95(errors: Sequence[Decimal]) -> Figure:
    """The 95th percentile, by nearest rank, of how far fills were off either way."""
    if len(errors) < FEWEST_FOR_P95:
        return Figure(None, f"This needs {FEWEST_FOR_P95} measured fills; there are {len(errors)}.")
    rank = -(-len(errors) * 95 // 100)
    return Figure(sorted(error.copy_abs() for error in errors)[rank - 1])


_NO_BLOCKS = Figure(None, "The fills were quoted at no block, so there is no next one to measure them at.")
_NO_MARK = Figure(None, "The account has not been valued yet.")


def _drawn(marks: Sequence[Mark], starting_balance: Decimal) -> Figure:
    return Figure(drawdown([starting_balance, *(mark.equity for mark in marks)])) if marks else _NO_MARK


def _returned(marks: Sequence[Mark], starting_balance: Decimal) -> Figure:
    if not marks or not starting_balance:
        return _NO_MARK
    return Figure(significant(change_pct(marks[-1].equity, starting_balance), _DIGITS))


def _held(marks: Sequence[Mark], starting_balance: Decimal) -> Figure:
    """What the starting balance, put into what was watched, has become by the last mark that knows."""
    last = next((mark.hold for mark in reversed(marks) if mark.hold is not None), None)
    if last is None or not starting_balance:
        return Figure(None, "What holding would have made is not known yet.")
    return Figure(significant(change_pct(last, starting_balance), _DIGITS))
