"""Words and numbers of the ticket: what is typed becomes exact text, what happened becomes one sentence."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.orders import Order, OrderState, OrderType, Origin, Side, Size, SizeUnit, Ticket
from app.domain.prices import Consensus, PriceState
from app.domain.quotes import Ask, Gas, Grade, Leg, Quote, Rates, Swap, contract
from app.domain.refusal import Refusal
from app.domain.registry import on_chain, usdc_of
from app.domain.tickets import Asked
from app.domain.trades import Trade, TradeStatus
from app.trading.desk import Placed
from app.trading.previews import Preview
from app.trading.previews import warnings_of as before_the_click
from app.ui import format as fmt
from app.ui.offered import Form, asked_of, lines_of, source_of, verb_of, warnings_of
from app.ui.outcomes import said, said_of_flattening, said_of_order, said_of_trade
from app.ui.state.clicks import late, order_id_of, text_of

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
WETH = next(token for token in on_chain(8453) if token.symbol == "WETH")
LIVE = Consensus(WETH.key, PriceState.LIVE, Decimal(2000))


def trade(**values: object) -> Trade:
    plain: dict[str, object] = {
        "id": "s1-2",
        "account_id": "s1",
        "number": 2,
        "order_id": "one",
        "at": NOW,
        "side": Side.BUY,
        "token": WETH,
        "quantity": Decimal("0.09943210"),
        "price": Decimal(2514),
        "mid_price": Decimal(2512),
        "value": Decimal(250),
        "gas_usd": Decimal("0.0124"),
        "fee_usd": Decimal("0.125001"),
        "impact_usd": Decimal("0.0214"),
        "slippage_bps": Decimal(6),
        "grade": Grade.A,
        "quote_source": "Uniswap",
        "route": "0.05 %",
        "block_number": 38123456,
        "status": TradeStatus.FILLED,
        "reason": "",
        "origin": Origin.HAND,
        "order_type": OrderType.MARKET,
        "realized_pnl": None,
        "pay": Decimal(250),
        "receive": Decimal("0.0994321"),
        "rate": Decimal(1),
    }
    return Trade(**(plain | values))  # pyright: ignore[reportArgumentType] # a table of a trade's fields


def order(state: OrderState = OrderState.OPEN, reason: str = "", **values: object) -> Order:
    ticket = Ticket("one", WETH, Side.SELL, Size(SizeUnit.SHARE, Decimal(50)), OrderType.STOP_LOSS, **values)  # pyright: ignore[reportArgumentType]
    return Order(ticket, "s1", NOW, "", state, reason)


def asked(amount: str = "250", unit: str = "usd", **values: str) -> Asked | Refusal:
    return asked_of(Form("buy", amount, unit, **values), "one", NOW)


def previewed(impact_bps: Decimal) -> Preview:
    """A buy of one token at a mid of $2,000 and a fee of $1, by an aggregator, that moves the price so far."""
    ask = Ask(WETH, usdc_of(8453), Side.BUY, Leg.PAY, Decimal(2000))
    gas = Gas(200_000, 10_000_000, basis="aggregator")
    one, mid, fee = Decimal(1), Decimal(2000), Decimal("0.0005")
    swap = Swap(ask, mid, one, mid, fee, Grade.B, "KyberSwap", "UniswapV3", gas, NOW, 38123456)
    quote = Quote(swap, Rates(one, mid), mid + 1, mid, one, impact_bps / 5, Decimal("0.004"))
    return Preview("id", NOW, quote, contract(swap, Decimal(50)), before_the_click(quote, LIVE, ""))


# -- what happened


def test_a_fill_is_told_with_its_costs_its_grade_and_its_block() -> None:
    assert said_of_trade(trade()) == (
        "filled",
        "Bought 0.09943 WETH for $250.00: fee $0.125, impact $0.021, gas $0.012, on-chain quote at block 38,123,456.",
    )


def test_a_sale_tells_what_was_realized_and_which_order_it_was() -> None:
    sold = trade(side=Side.SELL, realized_pnl=Decimal("-1.234"), order_type=OrderType.STOP_LOSS, block_number=None)
    kind, text = said_of_trade(sold)
    assert kind == "filled"
    assert text.startswith("Stop-loss: Sold 0.09943 WETH for $250.00: realized −$1.23, fee $0.125")
    assert text.endswith("on-chain quote.")


def test_a_revert_is_told_as_one_and_not_as_a_trade() -> None:
    kind, text = said_of_trade(trade(status=TradeStatus.REVERTED, reason="The pool gave less than the minimum."))
    assert kind == "reverted"
    assert text == "Reverted buying 0.09943 WETH. The pool gave less than the minimum. Gas $0.012."


def test_an_order_that_rests_says_where_and_one_that_ended_says_why() -> None:
    assert said_of_order(order(stop_price=Decimal(2300))) == (
        "rests",
        "Stop-loss to sell 50 % of the WETH held rests at 2,300.00.",
    )
    kind, text = said_of_order(order(OrderState.REFUSED, "No WETH is held."))
    assert (kind, text) == ("refused", "Stop-loss to sell 50 % of the WETH held was refused: No WETH is held.")
    assert said(Refusal("any", "No.")) == ("refused", "No.")


def test_flattening_names_what_was_sold_and_what_was_not_and_why() -> None:
    trade_of_it = trade(side=Side.SELL, realized_pnl=Decimal("-1.234"))
    sold, kept = Placed(order(OrderState.FILLED), trade_of_it), Refusal("rpc", "The node is away.")
    assert said_of_flattening([]) == ("rests", "Nothing was held, so nothing was sold.")
    assert said_of_flattening([("WETH", sold), ("LINK", sold)]) == (
        "filled",
        "Flattened: WETH and LINK sold for $500.00: realized −$2.47, costs $0.318.",
    )
    unknown = Placed(order(OrderState.FILLED), None)
    assert said_of_flattening([("WETH", unknown)])[1].startswith("Nothing was sold; WETH was not: ")
    assert said_of_flattening([("WETH", sold), ("LINK", kept)]) == (
        "refused",
        "WETH sold; LINK was not: The node is away.",
    )
    assert said_of_flattening([("LINK", kept)]) == ("refused", "Nothing was sold; LINK was not: The node is away.")


@pytest.mark.parametrize(("impact", "severity"), [(99, ""), (100, "low"), (299, "low"), (300, "mid"), (500, "high")])
def test_a_warning_grows_with_what_the_order_does_to_the_price(impact: int, severity: str) -> None:
    preview = previewed(Decimal(impact))
    severities = [kind for kind, _ in warnings_of(preview)]
    assert severities == ([severity] if severity else []) + ["note"]
    assert lines_of(preview)[2][:2] == ["Price impact", fmt.bp(Decimal(impact))]
    assert verb_of(preview.quote) == "Buy 1 WETH"


def test_a_quote_says_who_gave_it_through_what_and_at_which_block() -> None:
    preview = previewed(Decimal(0))
    assert source_of(preview.quote) == "KyberSwap, UniswapV3, block 38,123,456"
    assert lines_of(preview)[1][:2] == ["At least", "0.995 WETH"]
    assert lines_of(preview)[3][:2] == ["Pool fee 0.05 %", "$1.000"]


# -- what is typed


@pytest.mark.parametrize(
    ("typed", "number"),
    [("250", "250"), ("$1,250.50", "1250.50"), (" 0.1 ", "0.1"), (".5", "0.5"), ("5.", "5"), ("1e3", "1e3")],
)
def test_an_amount_is_read_as_people_write_it(typed: str, number: str) -> None:
    assert asked(typed) == Asked("one", "buy", amount_usd=number)


@pytest.mark.parametrize(
    "typed", ["", "abc", "1,5", "1.2.3", "0", "-5", "NaN", "Infinity", "1e400", "٣", "0x10", "9" * 99]
)
def test_what_could_be_misread_is_no_amount(typed: str) -> None:
    found = asked(typed)
    assert isinstance(found, Refusal)
    assert "amount" in found.sentence.lower()


def test_what_nobody_means_is_refused_in_words_and_not_in_thirty_digits() -> None:
    sentences = [found.sentence for found in (asked("1e99"), asked("101", "pct")) if isinstance(found, Refusal)]
    assert sentences == [
        "Type the amount as a smaller number, like 250 or 0.1.",
        "The share in percent is at most 100.",
    ]


def test_a_share_is_of_a_hundred_and_a_tolerance_in_percent_becomes_basis_points() -> None:
    assert asked("100", "pct", slippage_pct="0.5") == Asked("one", "buy", share_pct="100", slippage_bps="50")
    assert asked("0.1", "token", slippage_pct="0") == Asked("one", "buy", quantity="0.1", slippage_bps="0")
    assert isinstance(asked("101", "pct"), Refusal)
    assert isinstance(asked(slippage_pct="51"), Refusal)


@pytest.mark.parametrize(
    ("type_", "field"),
    [
        ("limit", "limit_price"),
        ("stop_loss", "stop_price"),
        ("take_profit", "limit_price"),
        ("trailing_stop", "trail_pct"),
    ],
)
def test_each_type_states_its_own_price_and_only_what_rests_expires(type_: str, field: str) -> None:
    found = asked(type=type_, price="24", expiry="1d")
    assert isinstance(found, Asked)
    assert getattr(found, field) == "24"
    assert [found.limit_price, found.stop_price, found.trail_pct].count(None) == 2
    assert found.expires_at == NOW + timedelta(days=1)
    assert asked(price="24", expiry="1d") == Asked("one", "buy", amount_usd="250")
    assert isinstance(asked(type=type_, price=""), Refusal)


# -- clicks


def test_a_click_older_than_five_seconds_is_late_and_its_age_is_said() -> None:
    assert late(100_000, 105_000) is None
    assert late(100_000, 98_500) is None
    found = late(100_000, 112_300)
    assert found is not None
    assert found.sentence == "That click was made 12 s ago, while the desk was away; nothing was done."
    assert [(late(0, ms) or found).sentence.split(" ago")[0][-5:] for ms in (200_000, 9_000_000)] == ["3 min", "e 2 h"]


@pytest.mark.parametrize("value", [None, True, "100000", float("nan"), float("inf"), 10**400, [], {}, 103_000])
def test_a_click_without_a_believable_time_does_nothing(value: object) -> None:
    found = late(value, 100_000)
    assert found is not None
    assert found.code == "bad_click"


@pytest.mark.parametrize("value", [None, "", "x" * 101, "a\0b", 5, ["a"], {}])
def test_an_order_id_is_printable_text_of_a_hundred_characters_at_most(value: object) -> None:
    assert isinstance(order_id_of(value), Refusal)
    assert order_id_of("x" * 100) == "x" * 100
    assert text_of(value, 3) == (value[:3] if isinstance(value, str) else "")


# -- numbers


def test_money_shows_cents_and_what_is_less_than_one() -> None:
    cases = {"10248.168": "$10,248.17", "-5": "−$5.00", "0": "$0.00", "0.0021": "$0.0021", "1e-12": "$1.0e-12"}
    assert {text: fmt.money(Decimal(text)) for text in cases} == cases
    assert fmt.money(None) == fmt.NOTHING


def test_a_cost_is_told_to_a_tenth_of_a_cent_while_it_is_small() -> None:
    cases = {"0.125": "$0.125", "-0.0124": "−$0.012", "0": "$0.000", "0.0021": "$0.002", "12.345": "$12.34"}
    assert {text: fmt.cost(Decimal(text)) for text in cases} == cases


def test_gains_and_losses_carry_their_sign() -> None:
    cases = {"2.384": "+$2.38", "-11.56": "−$11.56", "0": "$0.00", "-0.001": "$0.00"}
    assert {text: fmt.signed_money(Decimal(text)) for text in cases} == cases


def test_quantities_show_four_digits_that_say_something() -> None:
    cases = {"0.0994321": "0.09943", "312.4": "312.4", "12345": "12,345", "0": "0", "25": "25", "1e-9": "0.000000001"}
    assert {text: fmt.quantity(Decimal(text)) for text in cases} == cases


def test_basis_points_show_a_gain_as_one() -> None:
    cases = {"0.61": "0.6 bp", "-2.14": "−2.1 bp", "1234.5": "1,234 bp", "-0.01": "0.0 bp"}
    assert {text: fmt.bp(Decimal(text)) for text in cases} == cases
