"""The JSON shapes of what is traded, spelled as those of the market: decimal strings, ISO 8601 in UTC, EIP-55."""

from pydantic import BaseModel

from app.api.shapes import Address, Amount, Count, Moment, Next, SessionName
from app.domain.orders import OrderState, OrderType, Origin, Side
from app.domain.prices import PriceState
from app.domain.quotes import Grade
from app.domain.trades import TradeStatus


class CostsShape(BaseModel):
    """US dollars. Only gas stands outside the profit and loss; impact may be below zero."""

    gas: Amount
    fees: Amount
    impact: Amount


class AccountShape(BaseModel):
    """US dollars; equity = starting balance + realized + unrealized − gas, and `residual` is by how much it is not.
    `stale_value_pct` is the share of `positions_value` that no live price stands behind."""

    session_id: SessionName
    name: str
    market: str
    chain_id: int
    started_at: Moment
    starting_balance: Amount
    cash: Amount
    positions_value: Amount
    equity: Amount
    realized_pnl: Amount
    unrealized_pnl: Amount
    costs: CostsShape
    return_pct: Amount
    max_drawdown_pct: Amount
    residual: Amount
    stale_value_pct: Amount


class PositionShape(BaseModel):
    """A position, all-in of fee and impact. What needs a price is null where there is none."""

    symbol: str
    token_address: Address
    chain_id: int
    quantity: Amount
    average_entry_price: Amount
    current_price: Amount | None
    price_state: PriceState
    price_age_s: Count | None
    price_source: str | None
    value: Amount | None
    unrealized_pnl: Amount | None
    unrealized_pnl_pct: Amount | None
    realized_pnl: Amount
    stop_loss: Amount | None
    take_profit: Amount | None
    trailing_pct: Amount | None
    opened_at: Moment
    closed_at: Moment | None


class TradeShape(BaseModel):
    """A swap that was sent. Of a reverted one the figures are what the pool would have given, and only `gas_usd` was
    paid. Fill errors are basis points, more than zero where the pool gave less later; null until measured."""

    id: str
    order_id: str
    at: Moment
    side: Side
    symbol: str
    token_address: Address
    quantity: Amount
    price: Amount
    mid_price: Amount
    value: Amount
    gas_usd: Amount
    fee_usd: Amount
    impact_usd: Amount
    slippage_bps: Amount
    grade: Grade
    quote_source: str
    route: str
    block_number: Count | None
    status: TradeStatus
    reason: str
    origin: Origin
    order_type: OrderType
    realized_pnl: Amount | None
    fill_error_bps: Amount | None
    fill_error_30s_bps: Amount | None
    decision_id: str | None


class TradePage(BaseModel):
    """Newest first."""

    items: list[TradeShape]
    next_cursor: Next


class OrderShape(BaseModel):
    """`token` is its symbol. One of the three sizes is set. `status` is open, filled, reverted, cancelled, expired or
    refused; orders with the same `oco_id` cancel each other."""

    order_id: str
    created_at: Moment
    token: str
    token_address: Address
    side: Side
    type: OrderType
    amount_usd: Amount | None
    quantity: Amount | None
    share_pct: Amount | None
    limit_price: Amount | None
    stop_price: Amount | None
    trail_pct: Amount | None
    slippage_bps: Amount
    expires_at: Moment | None
    status: OrderState
    reason: str
    origin: Origin
    trade_id: str | None
    oco_id: str | None
    ended_at: Moment | None


class OrderPage(BaseModel):
    """Newest first."""

    items: list[OrderShape]
    next_cursor: Next


class PlacedShape(BaseModel):
    """An order that was taken, and the trade that it became, if it did. The same order again is answered with 200 and
    what became of the first."""

    order: OrderShape
    trade: TradeShape | None


class OutcomeShape(BaseModel):
    """What became of one position: its order and trade, or the code and the sentence of the refusal."""

    token: str
    token_address: Address
    order: OrderShape | None
    trade: TradeShape | None
    code: str | None
    detail: str | None


class LegShape(BaseModel):
    """An exact amount of an asset, in whole units."""

    asset: str
    address: Address
    amount: Amount


class PreviewShape(BaseModel):
    """What an order would come to now; nothing has changed. `quote_id` takes it at that until `expires_at`. `value` is
    the dollars paid or received without gas; `break_even_pct` is null where no rise could bring it back."""

    quote_id: str
    expires_at: Moment
    side: Side
    pay: LegShape
    receive: LegShape
    minimum_received: Amount
    maximum_paid: Amount
    price: Amount
    mid_price: Amount
    value: Amount
    impact_bps: Amount
    impact_usd: Amount
    fee_usd: Amount
    gas_usd: Amount
    total_cost_bps: Amount
    break_even_pct: Amount | None
    grade: Grade
    source: str
    route: str
    block_number: Count | None
    warnings: list[str]


class EquityShape(BaseModel):
    """What the account was worth in US dollars, and what its starting balance would have been worth, put in equal
    parts into the watchlist at the beginning and held."""

    at: Moment
    equity: Amount
    cash: Amount
    hold: Amount | None


class EquityPage(BaseModel):
    """Newest first."""

    items: list[EquityShape]
    next_cursor: Next


class PerformanceShape(BaseModel):
    """Percentages of a hundred, US dollars, and basis points: `fill_error_*` at the next block, `fill_error_30s_*` half
    a minute later; their medians are signed (more than zero: worse than quoted), their 95th percentiles are of how far
    off fills were either way. A figure is null where the data is short, and `reasons` says why."""

    round_trips: Count
    win_rate_pct: Amount | None
    profit_factor: Amount | None
    expectancy_usd: Amount | None
    sharpe: Amount | None
    sortino: Amount | None
    max_drawdown_pct: Amount | None
    exposure_pct: Amount | None
    return_pct: Amount | None
    hold_return_pct: Amount | None
    fill_error_median_bps: Amount | None
    fill_error_p95_bps: Amount | None
    fill_error_30s_median_bps: Amount | None
    fill_error_30s_p95_bps: Amount | None
    costs: CostsShape
    reasons: dict[str, str]


class AuditShape(BaseModel):
    """The books folded anew from disk. `entries` is how many there are; `residuals` has one for each identity, zero
    where it holds, null where the entries could not be read that far; `fault` then says why. `memory` is for the
    session at work alone; `equity` is for it too, and for an archive that held nothing when it ended."""

    session_id: SessionName
    entries: Count
    balanced: bool
    residuals: dict[str, Amount | None]
    fault: str | None


class SessionShape(BaseModel):
    """A session; it is archived once `ended_at` is set. `settings` are those in force when it was opened."""

    id: SessionName
    name: str
    note: str
    market: str
    chain_id: int
    starting_balance: Amount
    started_at: Moment
    ended_at: Moment | None
    settings: dict[str, str]


class SessionPage(BaseModel):
    """Newest first."""

    items: list[SessionShape]
    next_cursor: Next


class ReportShape(SessionShape):
    """A session and what came of it, in US dollars. Of an archived one `equity` is at its last prices."""

    equity: Amount
    cash: Amount
    realized_pnl: Amount
    costs: CostsShape
    return_pct: Amount
    trades: Count
    performance: PerformanceShape


class ComparisonShape(BaseModel):
    """Two sessions side by side; `differing` names what was set otherwise in the second."""

    a: ReportShape
    b: ReportShape
    differing: list[str]
