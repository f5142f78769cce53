"""Orders: what somebody asks the desk to do, and the state that each is in."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from app.domain.bids import Bid
from app.domain.tokens import Token

DEFAULT_SLIPPAGE_BPS = Decimal(50)
STOP_SLIPPAGE_BPS = Decimal(500)


class Side(StrEnum):
    """Which way a trade goes. `sign` is what it does to the quantity held."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    TRAILING_STOP = "trailing_stop"

    @property
    def is_stop(self) -> bool:
        """Whether it gets out whatever the price: a stop, fixed or trailing."""
        return self in (OrderType.STOP_LOSS, OrderType.TRAILING_STOP)

    @property
    def rests(self) -> bool:
        """Whether it waits for the price, as against being tried at once."""
        return self is not OrderType.MARKET


class OrderState(StrEnum):
    OPEN = "open"
    FILLED = "filled"
    REVERTED = "reverted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"


class Origin(StrEnum):
    """Who knocked at the desk's door."""

    HAND = "hand"
    API = "api"
    BOT = "bot"


class SizeUnit(StrEnum):
    """What the amount of a size counts: dollars (gas not in them), whole tokens, or percent of the cash that can be
    spent (a buy) or of the position (a sell)."""

    USD = "amount_usd"
    QUANTITY = "quantity"
    SHARE = "share_pct"


@dataclass(frozen=True, slots=True)
class Size:
    """How much. `amount` is above zero; a share is at most 100."""

    unit: SizeUnit
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order as it is asked for.

    Prices are US dollars per whole token, `trail_pct` is percent below the highest price since, `slippage_bps` the
    tolerance of a fill in basis points. `order_id` is the caller's: the same one again is the same order.
    `gets_out` marks an order that is never refused for its impact: a stop, or part of flattening. `why` is the
    reason that the trade will carry, `decision_id` the bot's decision behind it. A bot's order
    is refused where its fee and impact come to more than `worst_bps` basis points, and pays for gas at its `bid`;
    without one an order pays what was quoted.
    """

    order_id: str
    token: Token
    side: Side
    size: Size
    type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_pct: Decimal | None = None
    slippage_bps: Decimal = DEFAULT_SLIPPAGE_BPS
    expires_at: datetime | None = None
    origin: Origin = Origin.HAND
    gets_out: bool = False
    why: str = ""
    decision_id: str | None = None
    worst_bps: Decimal | None = None
    bid: Bid | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A ticket that the desk has taken, and what became of it.

    `body` is a digest of what was asked, so that an id used again for something else is noticed. `highest` is the
    highest price in US dollars that a trailing stop has seen. Orders that share an `oco_id` cancel each other.
    `trade_id` is the trade it ended in, if it did.
    """

    ticket: Ticket
    account_id: str
    created_at: datetime
    body: str
    state: OrderState = OrderState.OPEN
    reason: str = ""
    trade_id: str | None = None
    oco_id: str | None = None
    highest: Decimal | None = None
    ended_at: datetime | None = None

    @property
    def id(self) -> str:
        return self.ticket.order_id
