"""Rehearsing: a recording played to the ten levels, the figures that come of it, and a hash that repeats."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.bots import Limits
from app.domain.money import change_pct, plain, significant
from app.domain.registry import named, usdc_of
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.market.recording import Recording
from app.market.replay_quoter import Assumptions
from app.runtime.spelling import utc
from app.trading.rehearsal import Ground, Stage
from app.trading.shadows import new_shadows
from app.trading.tallies import Tally, deepest_pct, month_ends, rehearsed, without_skill_pct, worst_pct
from app.trading.terms import TOP_SHARE, terms_of

# A recording names no chain. Where its symbol is one of this chain's it has that token's decimals, else 18.
CHAIN_ID = 8453
TRADE_COLUMNS = ("level", "at", "side", "quantity", "price", "gas_usd", "fee_usd", "impact_usd", "reason")

_LIMITS = Limits()
_PCT_DIGITS = 9
# What is hashed, and how: another form has another number.
_FORM = "drydock replay 1"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of a recording: the levels in order, each one's balance in US dollars, and what a file does not
    say."""

    levels: tuple[int, ...]
    balance: Decimal
    assumed: Assumptions


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it. `trades` stand with their level, in order of time and then of level. `figures` is the whole
    result as programs are given it, but for the hash and the time it took."""

    recording: Recording
    figures: dict[str, Any]
    trades: tuple[tuple[int, Trade], ...]

    def told(self, seconds: float) -> dict[str, Any]:
        """The whole result as programs are given it, with its hash and the seconds that it took."""
        return self.figures | {"hash": self.hash, "seconds": round(seconds, 3)}

    @property
    def hash(self) -> str:
        """SHA-256 of the assumptions, the bars, the trades and the figures: equal for equal input on any day."""
        found = hashlib.sha256()
        for line in self._lines():
            found.update(f"{line}\n".encode())
        return found.hexdigest()

    def _lines(self) -> Iterator[str]:
        yield _FORM
        # How many rows were not kept says nothing about those that were.
        yield _canonical({name: value for name, value in self.figures.items() if name != "dropped"})
        for bar, liquidity in zip(self.recording.bars, self.recording.liquidity, strict=True):
            prices = (bar.open, bar.high, bar.low, bar.close, bar.volume)
            depth = "" if liquidity is None else plain(liquidity)
            yield ",".join((bar.at.isoformat(), *map(plain, prices), depth))
        for level, trade in self.trades:
            more = (plain(trade.mid_price), plain(trade.value), trade.status)
            yield ",".join((*trade_row(level, trade), *more))


def token_of(symbol: str) -> Token:
    """The token that a recording's symbol means; one of no chain's with 18 decimals where it is not known."""
    return named(CHAIN_ID, symbol) or Token(CHAIN_ID, "0x" + "0" * 40, symbol, f"{symbol} (recorded)", 18)


def replayed(recording: Recording, terms: Terms, tell: Callable[[int], object]) -> Replayed:
    """Play the recording to its end. `tell` hears how many bars are done. Nothing is read or written meanwhile."""
    token = token_of(recording.symbol)
    shadows = new_shadows("replay", recording.first_at, terms.balance, terms_of(_LIMITS), terms.levels)
    ground = Ground(recording, token, usdc_of(CHAIN_ID), terms.assumed, terms.balance * TOP_SHARE)
    tallies = rehearsed(Stage(ground, shadows), tell)
    trades = [(tally.shadow.level.number, trade) for tally in tallies for trade in tally.trades]
    trades.sort(key=lambda of: (of[1].at, of[0]))
    closes = [bar.close for bar in recording.bars]
    figures = {
        "bars": len(recording.bars),
        "dropped": dict(recording.dropped),
        "assumptions": _assumptions(recording, token, terms),
        "levels": [_line(tally, closes) for tally in tallies],
        "hold_return_pct": _pct(change_pct(closes[-1], closes[0])),
        "hold_max_drawdown_pct": _pct(deepest_pct(closes)),
        "hold_worst_month_pct": _pct(worst_pct([closes[0], *(closes[end] for end in month_ends(recording.bars))])),
    }
    return Replayed(recording, figures, tuple(trades))


def trades_csv(found: Replayed) -> Iterator[str]:
    """The trades as lines of CSV, after one with the names. No field holds a comma or a quotation mark."""
    yield ",".join(TRADE_COLUMNS) + "\r\n"
    for level, trade in found.trades:
        yield ",".join(trade_row(level, trade)) + "\r\n"


def trade_row(level: int, trade: Trade) -> tuple[str, ...]:
    """A trade by TRADE_COLUMNS. All of it is our own words and plain numbers: nothing that a table would run."""
    numbers = (trade.quantity, trade.price, trade.gas_usd, trade.fee_usd, trade.impact_usd)
    return (str(level), utc(trade.at), trade.side, *map(plain, numbers), trade.reason)


def _line(tally: Tally, closes: list[Decimal]) -> dict[str, Any]:
    """One level. Percentages are of a hundred; return and worst month are signed, the drawdown is positive."""
    account, exposure = tally.shadow.books.account, tally.exposure
    idle = without_skill_pct(closes, exposure)
    return {
        "level": tally.shadow.level.number,
        "equity": plain(tally.shadow.equity),
        "return_pct": _pct(tally.return_pct),
        "max_drawdown_pct": _pct(tally.shadow.drawdown.deepest_pct),
        "trades": len(tally.trades),
        "exposure_pct": _pct(exposure * 100),
        "costs": {"gas": plain(account.gas), "fees": plain(account.fees), "impact": plain(account.impact)},
        "skill_less_return_pct": _pct(idle),
        "beats_skill_less": tally.return_pct > idle,
        "worst_month_pct": _pct(tally.worst_month_pct),
    }


def _assumptions(recording: Recording, token: Token, terms: Terms) -> dict[str, Any]:
    assumed = terms.assumed
    return {
        "symbol": token.symbol,
        "chain_id": token.chain_id,
        "token_address": token.address,
        "interval_s": recording.interval_s,
        "levels": list(terms.levels),
        "balance": plain(terms.balance),
        "depth_usd": plain(assumed.depth_usd),
        "bars_with_depth": sum(stated is not None for stated in recording.liquidity),
        "fee_bps": plain(assumed.fee_bp),
        "gas_usd": plain(assumed.gas_usd),
        "limits": {
            "max_trade_usd": _or_none(_LIMITS.max_trade_usd),
            "daily_loss_pct": _or_none(_LIMITS.daily_loss_pct),
            "max_trades_per_day": _LIMITS.max_trades_per_day,
            "min_liquidity_usd": _or_none(_LIMITS.min_liquidity_usd),
            "max_slippage_bps": _or_none(_LIMITS.max_slippage_bps),
        },
    }


def _or_none(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def _pct(number: Decimal) -> str:
    return plain(significant(number, _PCT_DIGITS))


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
