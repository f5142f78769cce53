"""A rehearsal: the ten levels over a recording, by the very functions that run live, with nothing else in the loop."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.bot.exits import Leg, jump
from app.bot.indicators import series_of
from app.bot.ladder import Ladder, pool_ladder
from app.bot.market import Market, seen
from app.bot.windows import rows_and_counts
from app.domain.bars import Bar
from app.domain.decisions import Decision
from app.domain.money import ratio
from app.domain.quotes import Ask, Swap
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.market.modelled import modelled
from app.market.recording import Recording
from app.market.replay import FRESH_BARS
from app.market.replay_quoter import DECLARED, Assumptions
from app.trading.shadow import Stand
from app.trading.shadows import Shadows


@dataclass(frozen=True, slots=True)
class Ground:
    """What a recording is played on: its token, the dollar, and what the file does not say. `top_usd` is the largest
    size that the ladder knows."""

    recording: Recording
    token: Token
    usdc: Token
    assumed: Assumptions
    top_usd: Decimal


class Stage:
    """A recording as it is played, bar by bar: the same stage for the terminal and for the server's replay market.

    The indicators are those of the whole series, made once; a decision looks at one row of them.
    """

    def __init__(self, ground: Ground, shadows: Shadows) -> None:
        self.ground = ground
        self.shadows = shadows
        series = series_of(ground.recording.bars, 1.0 * ground.recording.interval_s)
        self._rows, self._counts = rows_and_counts(series)
        self._asset = ground.token.key.address
        self._ladders: dict[Decimal, Ladder | None] = {}

    def play(self, index: int) -> list[Decision]:
        """One bar: its open, its way, its close, and what ten levels make of that."""
        recording, shadows = self.ground.recording, self.shadows
        bar, closes_at = recording.bars[index], recording.closes_at(index)
        shadows.tick(self.stand(index, bar.at), bar.open, closes_at, ways_of(bar))
        return shadows.close(self.market(index), bar.at, closes_at, bar.close, recording.length * FRESH_BARS)

    def end(self) -> None:
        """Sell at the last close whatever is still held, because nothing follows."""
        recording = self.ground.recording
        stand = self.stand(len(recording.bars) - 1, recording.last_at)
        for shadow in self.shadows.all:
            shadow.end(stand, recording.bars[-1].close, "end")
            shadow.drawdown.see(shadow.equity)

    def market(self, index: int) -> Market:
        """The market as the bar at `index` has closed, and nothing after it."""
        recording = self.ground.recording
        length_s = 1.0 * recording.interval_s
        return Market(
            address=self._asset,
            price=seen(recording.bars[index].close),
            live=True,
            confirmed=None,
            age_s=0.0,
            fresh_s=length_s * FRESH_BARS,
            apart_bp=0.0,
            bars=self._counts[index],
            row=self._rows[index],
            ladder=self._ladder(index),
            interval_s=length_s,
        )

    def stand(self, index: int, at: datetime) -> Stand:
        """The pool of the bar at `index`, at any price that the bar shows."""
        ground, depth = self.ground, self._liquidity(index)

        def swap(ask: Ask, price: Decimal) -> Swap | Refusal:
            if not depth:
                return Refusal("no_pool", "The recording says that the pool was empty.")
            return modelled(ask, ground.assumed.reserves(depth, price, at), gas)

        gas = ground.assumed.gas()
        return Stand(ground.token, ground.usdc, self._asset, at, DECLARED, swap)

    def _liquidity(self, index: int) -> Decimal:
        stated = self.ground.recording.liquidity[index]
        return self.ground.assumed.depth_usd if stated is None else stated

    def _ladder(self, index: int) -> Ladder | None:
        liquidity = self._liquidity(index)
        if liquidity not in self._ladders:
            assumed = self.ground.assumed
            fee = ratio(assumed.fee_bp, Decimal(10_000))
            known = pool_ladder(liquidity, fee, self.ground.top_usd, assumed.gas_usd) if liquidity > 0 else None
            self._ladders[liquidity] = known
        return self._ladders[liquidity]


def ways_of(bar: Bar) -> tuple[tuple[Leg, ...], ...]:
    """The two ways that a price can have gone inside a bar: a fall first, or a rise first."""
    low, high = min(bar.low, bar.open, bar.close), max(bar.high, bar.open, bar.close)
    fall = (jump(bar.open), Leg(bar.open, low), Leg(low, high), Leg(high, bar.close))
    rise = (jump(bar.open), Leg(bar.open, high), Leg(high, low), Leg(low, bar.close))
    return (fall, rise) if low < high else (fall[:1],)
