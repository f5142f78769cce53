"""Limits as they come in: what a person or a program says about the bot is read, checked against itself, or refused."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.domain.bots import BOT_BARS, Limits
from app.domain.money import NotANumber, decimal_of
from app.domain.refusal import Refusal
from app.store.watchlist import WatchedToken
from app.trading.watchlist import Watchlist

# The bounds of each number; None clears it.
_NUMBERS = {
    "max_trade_usd": (Decimal(1), Decimal("1e12")),
    "daily_loss_pct": (Decimal("0.01"), Decimal(100)),
    "min_liquidity_usd": (Decimal(0), Decimal("1e15")),
    "max_slippage_bps": (Decimal(0), Decimal(10_000)),
}
_MOST_TRADES = 1_000_000
_NAMES = ("bar", *_NUMBERS, "max_trades_per_day", "allow", "block")


def limits_of(changes: Mapping[str, object], before: Limits, watchlist: Watchlist) -> Limits | Refusal:
    """The limits with these changes, or the one sentence that says what is wrong with them. Tokens are named by symbol
    or address."""
    found: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in _NAMES:
            return _bad(f"{name[:40]!r} is none of the bot's limits: {', '.join(_NAMES)}.")
        read = _read(name, value, watchlist)
        if isinstance(read, Refusal):
            return read
        found[name] = read
    limits = replace(before, **found)
    both = set(limits.allow) & set(limits.block)
    if both:
        names = ", ".join(sorted(_symbol(address, watchlist) for address in both))
        return _bad(f"{names} is both allowed and blocked; take it off one of the lists.")
    return limits


def _read(name: str, value: object, watchlist: Watchlist) -> object:
    if name == "bar":
        bar = next((bar for bar in BOT_BARS if bar.value == value), None)
        return bar or _bad(f"The bot's bar is one of {', '.join(bar.value for bar in BOT_BARS)}.")
    if name in ("allow", "block"):
        return _tokens(name, value, watchlist)
    if value is None:
        return None
    if name == "max_trades_per_day":
        whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TRADES
        return value if whole else _bad(f"max_trades_per_day is a whole number from 0 to {_MOST_TRADES:,}.")
    return _number(name, value)


def _number(name: str, value: object) -> Decimal | Refusal:
    least, most = _NUMBERS[name]
    sentence = f"{name} is a number from {least:f} to {most:f}."
    try:
        number = decimal_of(value)
    except NotANumber:
        return _bad(sentence)
    return number if least <= number <= most else _bad(sentence)


def _tokens(name: str, value: object, watchlist: Watchlist) -> tuple[str, ...] | Refusal:
    if not isinstance(value, list | tuple):
        return _bad(f"{name} is a list of symbols or addresses.")
    found: list[str] = []
    for text in value:
        entry = watchlist.find(text) if isinstance(text, str) else _bad(f"{name} is a list of symbols or addresses.")
        if not isinstance(entry, WatchedToken):
            return _bad(entry.sentence)
        found.append(entry.token.key.address)
    return tuple(dict.fromkeys(found))


def _symbol(address: str, watchlist: Watchlist) -> str:
    found = watchlist.find(address)
    return found.token.symbol if isinstance(found, WatchedToken) else address


def _bad(sentence: str) -> Refusal:
    return Refusal("bad_limits", sentence)
