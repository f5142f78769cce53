"""Terms: the session's limits on its bot, as a decision needs them, and once more as an entry does when it is made."""

from collections.abc import Set
from dataclasses import dataclass
from decimal import Decimal

from app.bot.levels import Level
from app.bot.market import Bounds, Market, seen
from app.domain.bots import Limits
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.trading.diary import Diary

# The largest size whose costs are asked for, as a share of the largest ledger: twice the largest position.
TOP_SHARE = Decimal("0.5")
NO_LIMIT = float("inf")
_NO_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Terms:
    """Limits as bounds, and which tokens (addresses in lower case) may be bought. `worst_bps` is the greatest slippage
    of a buy, exactly."""

    bounds: Bounds = _NO_BOUNDS
    allow: frozenset[str] = frozenset()
    block: frozenset[str] = frozenset()
    worst_bps: Decimal | None = None

    def allows(self, asset: str) -> bool:
        """Whether the bot may buy this token. An empty list of those allowed is all."""
        return asset not in self.block and (not self.allow or asset in self.allow)


@dataclass(frozen=True, slots=True)
class Entry:
    """A purchase that was decided on: for so many US dollars, at the level that decided it, quoted under a greatest
    slippage of `worst_bps`, in a market of this liquidity; None where nobody states one, infinite where nobody was
    asked."""

    token: Token
    usd: Decimal
    level: Level
    worst_bps: Decimal | None
    liquidity_usd: float | None


def liquidity_of(market: Market) -> float | None:
    """The liquidity that an entry is decided on."""
    return market.ladder.liquidity_usd if market.ladder else NO_LIMIT


def called_off(terms: Terms, entry: Entry, diary: Diary, held: Set[str]) -> Refusal | None:
    """Why an entry is not made after all: what the session allows may have changed since it was decided. `held` are the
    addresses that its ledger holds by now. Sales are nobody's to call off."""
    bounds, asset, symbol = terms.bounds, entry.token.key.address, entry.token.symbol
    others, liquidity, now_bps = len(held - {asset}), entry.liquidity_usd, terms.worst_bps
    reasons = (
        (not terms.allows(asset), f"{symbol} is not allowed"),
        (seen(entry.usd) > bounds.max_trade_usd, f"the largest trade is ${bounds.max_trade_usd:,.2f}"),
        (diary.loss_pct > bounds.daily_loss_pct, f"the day's loss is above {bounds.daily_loss_pct:g} %"),
        (diary.trades + 1 > bounds.max_trades_per_day, "the trades of the day are used up"),
        (asset not in held and others >= entry.level.positions, f"{others} positions are open already"),
        (
            bounds.min_liquidity_usd > 0 and (liquidity is None or liquidity < bounds.min_liquidity_usd),
            f"the least liquidity is ${bounds.min_liquidity_usd:,.0f}",
        ),
        # What was quoted keeps to the greatest slippage of then.
        (now_bps is not None and (entry.worst_bps is None or now_bps < entry.worst_bps), "less slippage is allowed"),
    )
    why = next((sentence for forbids, sentence in reasons if forbids), None)
    return None if why is None else Refusal("not_wanted", f"It was called off before it was made: {why}.")


def terms_of(limits: Limits) -> Terms:
    """The limits of a session, where None is no limit."""
    return Terms(
        Bounds(
            max_trade_usd=_or(limits.max_trade_usd, NO_LIMIT),
            daily_loss_pct=_or(limits.daily_loss_pct, NO_LIMIT),
            max_trades_per_day=_or(limits.max_trades_per_day, NO_LIMIT),
            min_liquidity_usd=_or(limits.min_liquidity_usd, 0.0),
            max_slippage_bps=_or(limits.max_slippage_bps, NO_LIMIT),
        ),
        frozenset(limits.allow),
        frozenset(limits.block),
        limits.max_slippage_bps,
    )


def _or(limit: Decimal | int | None, otherwise: float) -> float:
    return otherwise if limit is None else seen(Decimal(limit))
