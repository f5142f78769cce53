"""Looks: what the bot sees and thinks of one token now, for faces to show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.bot.words import said
from app.domain.decisions import Decision, Opinion
from app.domain.tokens import Token

# A bar that closed longer ago than two ticks of the bot and this is looked at, and not traded on: it was not there.
_LATE = timedelta(seconds=5)


def is_late(since: timedelta, tick_seconds: float) -> bool:
    """Whether a bar that closed so long ago is not decided on any more by a bot of such ticks."""
    return since > timedelta(seconds=2 * tick_seconds) + _LATE


@dataclass(frozen=True, slots=True)
class Look:
    """One token at the bot's last tick: the person's account at the slider's level, and what each of the ten would do.

    `at` is the market's time, `bar_at` the beginning of the last closed bar (None without one), `price` US dollars;
    `state`, `source`, `age_s` are the price's.
    """

    token: Token
    at: datetime
    bar_at: datetime | None
    price: Decimal | None
    state: str
    source: str | None
    age_s: float | None
    decision: Decision
    opinions: tuple[Opinion, ...]

    @property
    def said(self) -> str:
        """The decision in one or two plain sentences, with its flip: made when somebody asks."""
        return said(self.decision, self.token.symbol, self.opinions)


@dataclass(frozen=True, slots=True)
class LevelLine:
    """One level's shadow ledger: US dollars, percent (signed, but for the drawdown). `spark` is its equity from the
    beginning to now, at most 60 points, for a small picture."""

    level: int
    equity: Decimal
    return_pct: Decimal
    max_drawdown_pct: Decimal
    trades: int
    gas: Decimal
    fees: Decimal
    impact: Decimal
    positions: int
    spark: tuple[Decimal, ...]
