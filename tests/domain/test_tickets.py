"""Tickets: words and numbers become an order or a refusal, and never an error."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ledger import Entry, posted, swapped
from app.domain.orders import OrderType, Origin, Side, Size, SizeUnit, Ticket
from app.domain.quotes import Ask, contract
from app.domain.refusal import Refusal
from app.domain.sizing import Terms, sized
from app.domain.tickets import Asked, ticket_of
from app.domain.triggers import level_of, trailed
from tests.domain.deals import ADDRESS, NOW, USDC, WETH, D, funded, order, swap

MARKET = Asked("id-1", "buy", amount_usd="100")
UNSIZED = replace(MARKET, amount_usd=None)
FULL = {
    "limit": replace(MARKET, type="limit", limit_price="2400.5"),
    "stop_loss": replace(MARKET, side="sell", type="stop_loss", stop_price="2000"),
    "take_profit": replace(MARKET, side="sell", type="take_profit", limit_price="3000"),
    "trailing_stop": replace(MARKET, side="sell", type="trailing_stop", trail_pct="5"),
}
BAD_NUMBERS = [
    "",
    " 1",
    "abc",
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    "١٢",
    "１２",
    "1_000",
    "1,5",
    "0x10",
    "²",
    "1e1234",
]
NOT_TEXT: list[Any] = [1.5, float("nan"), True, b"1", [], {}, object()]


def ticket(asked: Asked) -> Ticket | Refusal:
    return ticket_of(asked, WETH, NOW, Origin.API)


def code(asked: Asked) -> str:
    answer = ticket(asked)
    assert isinstance(answer, Refusal), answer
    assert answer.sentence.endswith(".") and "\n" not in answer.sentence
    return answer.code


def test_a_market_order_needs_a_side_and_a_size_and_no_more() -> None:
    assert ticket(MARKET) == Ticket(
        "id-1", WETH, Side.BUY, Size(SizeUnit.USD, D(100)), OrderType.MARKET, origin=Origin.API
    )


def test_each_type_carries_its_price_and_its_own_tolerance() -> None:
    made = {name: ticket(asked) for name, asked in FULL.items()}
    assert all(isinstance(each, Ticket) for each in made.values())
    told = {
        name: (t.limit_price, t.stop_price, t.trail_pct, t.slippage_bps, t.gets_out)
        for name, t in made.items()
        if isinstance(t, Ticket)
    }
    assert told == {
        "limit": (D("2400.5"), None, None, 50, False),
        "stop_loss": (None, 2000, None, 500, True),
        "take_profit": (3000, None, None, 50, False),
        "trailing_stop": (None, None, 5, 500, True),
    }


def test_a_target_may_be_given_as_a_stop_price_too() -> None:
    given_ = replace(FULL["take_profit"], limit_price=None, stop_price="3000")
    assert ticket(given_) == ticket(FULL["take_profit"])


def test_a_stated_tolerance_counts_and_may_be_zero() -> None:
    for text in ("0", "12.5", "5000"):
        made = ticket(replace(FULL["stop_loss"], slippage_bps=text))
        assert isinstance(made, Ticket) and made.slippage_bps == D(text)


@pytest.mark.parametrize("field", ["amount_usd", "quantity", "share_pct"])
@pytest.mark.parametrize("text", [*BAD_NUMBERS, *NOT_TEXT])
def test_what_is_no_number_is_no_size(field: str, text: str) -> None:
    assert code(replace(UNSIZED, **{field: text})) == "not_a_number"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (FULL["limit"], "limit_price"),
        (FULL["stop_loss"], "stop_price"),
        (FULL["trailing_stop"], "trail_pct"),
        (MARKET, "slippage_bps"),
    ],
)
@pytest.mark.parametrize("text", [*BAD_NUMBERS, *NOT_TEXT, "-1", "1e400", "1e-400"])
def test_what_is_no_price_is_refused_in_every_field(asked: Asked, field: str, text: str) -> None:
    assert code(replace(asked, **{field: cast(Any, text)})) in {
        "not_a_number",
        "not_a_price",
        "not_positive",
        "too_large",
        "too_many_digits",
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount_usd": "0"}, "not_positive"),
        ({"amount_usd": "-0"}, "not_positive"),
        ({"amount_usd": "-5"}, "not_positive"),
        ({"amount_usd": "1e400"}, "too_large"),
        ({"amount_usd": "1000000000000.01"}, "too_large"),
        ({"amount_usd": "1.0000001"}, "too_many_digits"),
        ({"amount_usd": "1e-400"}, "too_many_digits"),
        ({"amount_usd": None, "quantity": "1e31"}, "too_large"),
        ({"amount_usd": None, "quantity": "1.0000000000000000001"}, "too_many_digits"),
        ({"amount_usd": None, "share_pct": "100.1"}, "too_large"),
        ({"amount_usd": None, "share_pct": "1e-400"}, "too_many_digits"),
        ({"quantity": "1"}, "bad_size"),
        ({"amount_usd": None}, "bad_size"),
        ({"side": "BUY"}, "bad_side"),
        ({"side": "hold"}, "bad_side"),
        ({"type": "twap"}, "bad_type"),
        ({"type": "limit"}, "bad_prices"),
        ({"limit_price": "1"}, "bad_prices"),
        ({"trail_pct": "1"}, "bad_prices"),
        ({"type": "trailing_stop", "trail_pct": "5"}, "bad_side"),
        ({"type": "trailing_stop", "trail_pct": "99.1", "side": "sell"}, "too_large"),
        ({"slippage_bps": "5000.1"}, "too_large"),
        ({"order_id": ""}, "bad_order_id"),
        ({"order_id": "x" * 101}, "bad_order_id"),
        ({"order_id": "a\nb"}, "bad_order_id"),
        ({"order_id": "\ud800"}, "bad_order_id"),
        ({"order_id": "u/v"}, "bad_order_id"),
        ({"order_id": "x/"}, "bad_order_id"),
        ({"order_id": "."}, "bad_order_id"),
        ({"order_id": ".."}, "bad_order_id"),
        ({"expires_at": NOW}, "expired"),
        ({"expires_at": NOW - timedelta(days=1)}, "expired"),
        ({"expires_at": (NOW + timedelta(days=1)).replace(tzinfo=None)}, "bad_expiry"),
    ],
)
def test_each_mistake_has_its_code(change: dict[str, Any], expected: str) -> None:
    assert code(replace(MARKET, **change)) == expected


def test_a_quadrillion_of_a_cheap_token_can_be_named() -> None:
    assert isinstance(ticket(replace(UNSIZED, quantity="1000000000000000.5")), Ticket)


texts = (
    st.none()
    | st.text(max_size=12)
    | st.from_regex(r"-?[0-9]{1,70}(\.[0-9]{1,70})?([eE][+-]?[0-9]{1,4})?", fullmatch=True)
)


@given(
    st.builds(
        Asked,
        st.text(max_size=8),
        st.sampled_from(["buy", "sell", "x"]),
        texts,
        texts,
        texts,
        st.sampled_from([*OrderType, "x"]),
        texts,
        texts,
        texts,
        texts,
        st.none() | st.datetimes(),
    )
)
def test_whatever_comes_in_becomes_a_ticket_or_a_refusal(asked: Asked) -> None:
    answer = ticket(asked)
    assert isinstance(answer, Refusal) or 0 < answer.size.amount <= D("1e30")


numbers = st.from_regex(r"[0-9]{1,30}(\.[0-9]{1,30})?(e-?[0-9]{1,3})?", fullmatch=True)


@given(st.sampled_from(Side), st.sampled_from(SizeUnit), numbers, numbers, numbers)
def test_whatever_a_ticket_lets_through_can_be_reckoned_with(
    side: Side, unit: SizeUnit, amount: str, slippage: str, trail: str
) -> None:
    stated = replace(UNSIZED, side=side, slippage_bps=slippage, **cast(Any, {unit.value: amount}))
    made = ticket(stated)
    if isinstance(made, Ticket):
        account = posted(funded(), Entry(2, NOW, swapped(ADDRESS, D("1.5"), D(3000))))
        assert isinstance(sized(account, WETH, USDC, side, made.size, Terms(D("0.999"), D("0.1"))), Ask | Refusal)
        quoted = swap(side, "0.123456789012345678", "300")
        assert contract(quoted, made.slippage_bps).kept_by(quoted)
    follows = ticket(replace(FULL["trailing_stop"], trail_pct=trail))
    if isinstance(follows, Ticket):
        seen = trailed(replace(order(side=Side.SELL), ticket=follows), D("2500.123"))
        level = level_of(seen)
        assert isinstance(level, Decimal) and 0 < level < D("2500.123")
