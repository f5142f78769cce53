"""Offers as people read them: a preview as lines, and what is typed into a ticket as an order to be asked for."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.money import NotANumber, decimal_of, plain, product
from app.domain.orders import OrderType, Side
from app.domain.quotes import Grade, Leg, Quote
from app.domain.refusal import Refusal
from app.domain.tickets import MOST_SLIPPAGE_BPS, Asked
from app.domain.tokens import Token
from app.trading.previews import Preview
from app.ui import format as fmt

UNITS = ("usd", "token", "pct")
TYPES = tuple(OrderType)
# A stop or a target sells what is held.
SELLS_ONLY = frozenset({OrderType.STOP_LOSS, OrderType.TAKE_PROFIT, OrderType.TRAILING_STOP})
EXPIRIES = {"": None, "1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}
LABELS = ("You receive", "At least", "Price impact", "Pool fee", "Gas", "Total cost")
GRADES = {Grade.A: "on-chain", Grade.B: "aggregator", Grade.C: "reckoned"}

# What the buttons under the amount fill in, by side and name.
PRESETS: dict[str, dict[str, tuple[str, str]]] = {
    "buy": {"$50": ("50", "usd"), "$100": ("100", "usd"), "$250": ("250", "usd")}
    | {"25%": ("25", "pct"), "Max": ("100", "pct")},
    "sell": {"25%": ("25", "pct"), "50%": ("50", "pct"), "75%": ("75", "pct"), "All": ("100", "pct")},
}

_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_SEVERE = ((500, "high"), (300, "mid"), (100, "low"))


@dataclass(frozen=True, slots=True)
class Form:
    """A ticket as it is filled in: all text, nothing of it checked."""

    side: str
    amount: str
    unit: str
    type: str = "market"
    price: str = ""
    slippage_pct: str = ""
    expiry: str = ""


def asked_of(form: Form, order_id: str, now: datetime) -> Asked | Refusal:
    """The order that the form asks for, its numbers written as programs write them; `now` is the market's time."""
    wants = form.type != OrderType.MARKET
    amount = number_of(form.amount, *(_SHARE if form.unit == "pct" else _AMOUNT))
    price = number_of(form.price, *(_TRAIL if form.type == OrderType.TRAILING_STOP else _LEVEL)) if wants else None
    slippage = number_of(form.slippage_pct, *_SLIPPAGE) if form.slippage_pct.strip() else None
    for found in (amount, price, slippage):
        if isinstance(found, Refusal):
            return found
    assert isinstance(amount, str) and not isinstance(price, Refusal) and not isinstance(slippage, Refusal)
    life = EXPIRIES.get(form.expiry) if wants else None
    return Asked(
        order_id,
        form.side,
        type=form.type,
        slippage_bps=plain(product(decimal_of(slippage), Decimal(100))) if slippage else None,
        expires_at=now + life if life else None,
        **{_SIZES[form.unit]: amount},
        **({_PRICES[form.type]: price} if wants else {}),
    )


def number_of(text: str, what: str, like: str, least: Decimal, most: Decimal) -> str | Refusal:
    """What a person typed as a program's number: without spaces, a dollar sign, or commas between thousands. Above
    `least` (it may be that where it is below zero) and `most` at most."""
    bare = "".join(text.split()).removeprefix("$").removesuffix("%").removesuffix(".")
    bare = bare.replace(",", "") if _THOUSANDS.fullmatch(bare) else bare
    bare = f"0{bare}" if bare.startswith(".") else bare
    try:
        number = decimal_of(bare)
    except NotANumber:
        return Refusal("not_a_number", f"Type {what} as a number, like {like}.")
    if number <= least:
        return Refusal("not_positive", f"Type {what} as a number above zero, like {like}.")
    if number > most:
        large = f"{what.capitalize()} is at most {most:,f}."
        return Refusal("too_large", large if most < _ANY else f"Type {what} as a smaller number, like {like}.")
    return bare


_ANY = Decimal("1e30")
_AMOUNT = ("the amount", "250 or 0.1", Decimal(0), _ANY)
_SHARE = ("the share in percent", "25", Decimal(0), Decimal(100))
_LEVEL = ("the price", "2400", Decimal(0), _ANY)
_TRAIL = ("the trail in percent", "5", Decimal(0), Decimal(99))
_SLIPPAGE = ("the slippage tolerance in percent", "0.5", Decimal("-1e-9"), MOST_SLIPPAGE_BPS / 100)
_SIZES = {"usd": "amount_usd", "token": "quantity", "pct": "share_pct"}
_PRICES = {
    "limit": "limit_price",
    "stop_loss": "stop_price",
    "take_profit": "limit_price",
    "trailing_stop": "trail_pct",
}


def lines_of(preview: Preview) -> list[list[str]]:
    """Label, figure and explanation of each line of a preview."""
    quote, swap = preview.quote, preview.quote.swap
    gas = swap.gas
    parted = bool(gas.l1_wei)
    return [
        *_legs(preview),
        ["Price impact", fmt.bp(quote.impact_bps), f"{fmt.cost(quote.impact_usd)} against the price before the trade"],
        [f"Pool fee {fmt.quantity(swap.fee * 100)} %", fmt.cost(quote.fee_usd), f"Route: {swap.route}"],
        ["Gas (L2 + L1 data)" if parted else "Gas", fmt.cost(quote.gas_usd), _gas_words(quote)],
        ["Total cost", f"{fmt.bp(quote.total_cost_bps)}{_even(quote)}", f"{fmt.cost(quote.total_cost)} in all"],
    ]


def _legs(preview: Preview) -> list[list[str]]:
    """The leg that is open, as quoted and as the contract bounds it."""
    ask, swap, bound = preview.quote.swap.ask, preview.quote.swap, preview.contract
    tolerance = f"With a slippage tolerance of {fmt.quantity(bound.slippage_bps / 100)} %; worse than that reverts"
    if ask.exact is Leg.RECEIVE:
        return [
            ["You pay", _units(ask.pays, swap.pay, ask.side is Side.BUY), preview.quote.swap.route],
            ["At most", _units(ask.pays, bound.maximum_paid(ask), ask.side is Side.BUY), tolerance],
        ]
    dollars = ask.side is Side.SELL
    return [
        ["You receive", _units(ask.receives, swap.receive, dollars), preview.quote.swap.route],
        ["At least", _units(ask.receives, bound.minimum_received(ask), dollars), tolerance],
    ]


def _units(token: Token, amount: Decimal, dollars: bool) -> str:
    return f"{amount:,.2f} {token.symbol}" if dollars else f"{fmt.quantity(amount)} {token.symbol}"


def _gas_words(quote: Quote) -> str:
    gas = quote.swap.gas
    if gas.declared_usd is not None:
        return "Declared by the recording"
    words = f"{gas.units:,} units at {gas.unit_wei / 1e9:.4g} gwei"
    return f"{words}, and {gas.l1_wei / 1e9:,.0f} gwei for the data" if gas.l1_wei else words


def _even(quote: Quote) -> str:
    """From which rise on a buy has paid its costs; nothing has to rise after a sale."""
    if quote.side is Side.SELL:
        return ""
    rise = quote.break_even_pct
    return f", even at {fmt.signed_pct(rise)}" if rise.is_finite() else ", never even"


def source_of(quote: Quote) -> str:
    """Who quoted it, through which pools, and at which block."""
    swap = quote.swap
    block = f", block {swap.block_number:,}" if swap.block_number is not None else ""
    return f"{swap.source}, {swap.route}{block}"


def verb_of(quote: Quote) -> str:
    """What the button does: 'Buy 0.09943 WETH'."""
    return f"{quote.side.capitalize()} {fmt.quantity(quote.quantity)} {quote.token.symbol}"


def warnings_of(preview: Preview) -> list[list[str]]:
    """Severity (high, mid, low, note) and sentence of every warning."""
    bps = preview.quote.impact_bps
    severe = next((word for level, word in _SEVERE if bps >= level), "")
    impact = preview.warnings[:1] if severe else ()
    return [[severe, *impact]] * bool(impact) + [["note", sentence] for sentence in preview.warnings[len(impact) :]]
