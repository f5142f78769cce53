"""Terms: the session's limits on its bot, as a decision needs them."""

from dataclasses import dataclass
from decimal import Decimal

from app.bot.market import Bounds, seen
from app.domain.bots import Limits

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
