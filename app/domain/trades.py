"""Trades: what was filled or reverted, with everything it cost kept beside it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from app.domain.orders import OrderType, Origin, Side
from app.domain.quotes import Grade
from app.domain.tokens import Token


class TradeStatus(StrEnum):
    FILLED = "filled"
    REVERTED = "reverted"


@dataclass(frozen=True, slots=True)
class Trade:
    """One swap that was sent, dollars throughout but for `quantity` (whole tokens).

    `price` is all-in of fee and impact, `value` the dollars paid or received without gas; `slippage_bps` how much worse
    than `mid_price`. Of a reverted trade they are what the pool would have given; only the gas was paid. `number` is
    that of its ledger entry, `realized_pnl` a sell's gain before gas. `pay` and `receive` are the exact on-chain
    amounts, `rate` the dollars per USDC. `fill_error_bps` is how much worse (+) or better (−) the same size was quoted
    at the next block, `fill_error_30s_bps` after 30 s; None until measured, or where the head stood still.
    """

    id: str
    account_id: str
    number: int
    order_id: str
    at: datetime
    side: Side
    token: Token
    quantity: Decimal
    price: Decimal
    mid_price: Decimal
    value: Decimal
    gas_usd: Decimal
    fee_usd: Decimal
    impact_usd: Decimal
    slippage_bps: Decimal
    grade: Grade
    quote_source: str
    route: str
    block_number: int | None
    status: TradeStatus
    reason: str
    origin: Origin
    order_type: OrderType
    realized_pnl: Decimal | None
    pay: Decimal
    receive: Decimal
    rate: Decimal
    fill_error_bps: Decimal | None = None
    fill_error_30s_bps: Decimal | None = None
    decision_id: str | None = None


def trade_id(account_id: str, number: int) -> str:
    """How a trade is called: its account and the number of its ledger entry there."""
    return f"{account_id}-{number}"
