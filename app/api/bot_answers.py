"""The JSON shapes of the bot: what it is told, what it thinks at each level, and what became of that."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.api.answers import CostsShape
from app.api.shapes import Address, Amount, Count, Moment, Next
from app.domain.bars import Interval
from app.domain.bids import Bid
from app.domain.bots import BotState
from app.domain.decisions import Occasion, Sense, Verdict
from app.domain.prices import PriceState

LevelNumber = Annotated[int, Field(ge=1, le=10)]


class LimitsShape(BaseModel):
    """What the session allows the bot, at any level; null is no limit. `bar` is the interval of the bars it decides
    on; US dollars, percent of the equity at 00:00 UTC, basis points of one way; addresses, an empty `allow` is all."""

    bar: Interval
    max_trade_usd: Amount | None
    daily_loss_pct: Amount | None
    max_trades_per_day: Count | None
    allow: list[Address]
    block: list[Address]
    min_liquidity_usd: Amount | None
    max_slippage_bps: Amount | None


class BotShape(BaseModel):
    """`state` is running, paused (it looks after what it holds and opens nothing) or stopped (it only thinks);
    `watchlist` has the symbols that it looks at."""

    state: BotState
    level: LevelNumber
    watchlist: list[str]
    tick_seconds: int | float
    last_tick_at: Moment | None
    config: LimitsShape


class TargetShape(BaseModel):
    """At so many percent of gain, such a share of what is left is sold."""

    gain_pct: Amount
    share_pct: Amount


class WeightsShape(BaseModel):
    """How much each reading counts for the signal, relative to the others."""

    long: Amount
    middle: Amount
    short: Amount
    momentum: Amount
    reversion: Amount
    volume: Amount


class NowShape(BaseModel):
    """What the level would do with a token now, from its own shadow ledger."""

    symbol: str
    token_address: Address
    verdict: Verdict
    first_failed: str | None


class LevelShape(BaseModel):
    """A level of the slider and its shadow ledger. Risk tolerated and confidence needed are 0 to 100, `stop_pct` is
    null where volatility sets it, `edge_share` a part of one. Of the shadow, in US dollars and percent: from `equity`
    on; `positions` are open now, and `max_positions` may be."""

    level: LevelNumber
    name: str
    meaning: str
    risk: Amount
    largest_pct: Amount
    confidence: Amount
    smallest_usd: Amount
    stop_pct: Amount | None
    bid: Bid
    gas_factor: Amount
    max_positions: Count
    targets: list[TargetShape]
    trail_pct: Amount
    patience_h: Amount
    horizon_h: Amount
    rest_h: Amount
    edge_share: Amount
    lens: Amount
    weak: Amount
    weights: WeightsShape
    now: list[NowShape]
    equity: Amount
    return_pct: Amount
    max_drawdown_pct: Amount
    trades: Count
    positions: Count
    costs: CostsShape


class VerdictShape(BaseModel):
    """What one of the ten levels makes of the same snapshot: BUY, SELL, HOLD or SKIP."""

    level: LevelNumber
    verdict: Verdict
    first_failed: str | None


class OpinionShape(VerdictShape):
    size_usd: Amount
    confidence: Amount | None
    risk: Amount | None
    opportunity: Amount | None


class DecisionShape(BaseModel):
    """A decision about a token for the account, at the slider's level. `occasion` is close (of a bar), exit (on a tick)
    or look; `bar_at` begins the last closed bar that it rests on; `bot` was the bot's state. Scores are 0 to 100."""

    id: str
    at: Moment
    bar_at: Moment | None
    occasion: Occasion
    symbol: str
    token_address: Address
    price: Amount | None
    price_state: PriceState
    price_source: str | None
    price_age_s: Count | None
    bot: BotState
    level: LevelNumber
    verdict: Verdict
    first_failed: str | None
    size_usd: Amount
    confidence: Amount | None
    risk: Amount | None
    opportunity: Amount | None
    acted: bool
    trade_id: str | None
    said: str
    verdicts: list[VerdictShape]


class DecisionPage(BaseModel):
    """Newest first."""

    items: list[DecisionShape]
    next_cursor: Next


class GateShape(BaseModel):
    """One condition, in its own unit: `value` has to be on the side of `threshold` that `sense` (>= or <=) says, and is
    null where it is not known. `keeps` marks one for keeping a position."""

    name: str
    value: Amount | None
    sense: Sense
    threshold: Amount | None
    passed: bool
    keeps: bool
    title: str
    shown: str


class FlipShape(BaseModel):
    """The one gate whose crossing alone would have made another verdict."""

    gate: str
    value: Amount | None
    sense: Sense
    threshold: Amount | None
    verdict: Verdict
    said: str


class AfterShape(BaseModel):
    """By how many percent the token's price had moved so long after; null where it is not known, and `reasons` says
    why."""

    after_5m_pct: Amount | None
    after_1h_pct: Amount | None
    after_24h_pct: Amount | None
    reasons: dict[str, str]


class DecisionInFull(DecisionShape):
    """`flip` is null where no single gate would have done; `flip_said` says so too."""

    gates: list[GateShape]
    flip: FlipShape | None
    flip_said: str
    levels: list[OpinionShape]
    outcome: AfterShape
