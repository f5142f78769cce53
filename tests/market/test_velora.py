"""Velora's answers: text amounts in base units, SELL for an exact amount paid and BUY for one received."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.domain.orders import Side
from app.domain.quotes import Leg
from app.market.aggregators import Offer
from app.market.line import Line, NoAnswer
from app.market.source import Fault, Garbled
from app.market.velora import Velora
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.market import answers as a
from tests.market import offers as o

AGGREGATOR = Velora()


def test_an_exact_amount_paid_is_a_sell_whatever_the_trader_calls_it() -> None:
    assert AGGREGATOR.parse(o.VELORA, o.SELL_ONE) == Offer(Decimal(1), Decimal("2086.100002"), 180_000, "UniswapV3")
    call = AGGREGATOR.call(o.BUY_FOR_2000)
    assert call.path == "/prices"
    assert dict(call.params) == {
        "srcToken": a.USDC.address,
        "srcDecimals": "6",
        "destToken": a.WETH.address,
        "destDecimals": "18",
        "amount": "2000000000",
        "side": "SELL",
        "network": "8453",
        "version": "6.2",
    }


def test_an_exact_amount_received_is_a_buy_whatever_the_trader_calls_it() -> None:
    offer = AGGREGATOR.parse(o.VELORA_BUY, o.BUY_ONE)
    assert (offer.pay, offer.receive) == (Decimal("2089.000003"), Decimal(1))
    asked = dict(AGGREGATOR.call(o.ask(Side.SELL, Leg.RECEIVE, "2000")).params)
    assert (asked["side"], asked["amount"], asked["srcToken"]) == ("BUY", "2000000000", a.WETH.address)


@pytest.mark.parametrize("chain_id", [1, 10, 137, 8453, 42161])
def test_it_is_asked_on_every_mainnet(chain_id: int) -> None:
    assert AGGREGATOR.covers(o.ask(token=a.Token(chain_id, a.WETH.address, "WETH", "Wrapped Ether", 18)))


@pytest.mark.parametrize("chain_id", [84532, 11155111])
def test_it_is_not_asked_on_a_testnet(chain_id: int) -> None:
    assert not AGGREGATOR.covers(o.ask(token=a.Token(chain_id, a.WETH.address, "WETH", "Wrapped Ether", 18)))


@pytest.mark.parametrize("key", ["srcAmount", "destAmount", "gasCost"])
@pytest.mark.parametrize("bad", o.NOT_AMOUNTS)
def test_what_is_no_whole_number_as_text_is_garbled(key: str, bad: Any) -> None:
    with pytest.raises(Garbled):
        AGGREGATOR.parse(a.changed(o.VELORA, "priceRoute", key, to=bad), o.SELL_ONE)


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("side", "BUY"),
        ("network", 1),
        ("network", "8453"),
        ("srcToken", a.LINK.address),
        ("destToken", a.USDT.address),
        ("srcAmount", "999999999999999999"),
        ("gasCost", "1"),
        ("maxImpactReached", True),
    ],
)
def test_the_answer_to_another_question_is_garbled(key: str, other: Any) -> None:
    with pytest.raises(Garbled):
        AGGREGATOR.parse(a.changed(o.VELORA, "priceRoute", key, to=other), o.SELL_ONE)


def test_a_buy_that_gives_another_amount_than_asked_is_garbled() -> None:
    with pytest.raises(Garbled, match="another amount"):
        AGGREGATOR.parse(o.velora("BUY", "2089000003", "1000000000000000001", a.USDC, a.WETH), o.BUY_ONE)


@pytest.mark.parametrize("key", ["side", "network", "srcToken", "destToken", "srcAmount", "destAmount", "gasCost"])
def test_a_route_that_lacks_what_counts_is_garbled(key: str) -> None:
    with pytest.raises(Garbled):
        AGGREGATOR.parse(a.without(o.VELORA, "priceRoute", key), o.SELL_ONE)


@pytest.mark.parametrize(
    "route", [None, [], [{}], [{"swaps": None}], [{"swaps": [{"swapExchanges": [None, {"exchange": 5}]}]}]]
)
def test_a_route_without_names_is_an_offer_all_the_same(route: Any) -> None:
    offer = AGGREGATOR.parse(a.changed(o.VELORA, "priceRoute", "bestRoute", to=route), o.SELL_ONE)
    assert offer.route == "route not stated"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("No routes found with enough liquidity", Fault.ABSENT),
        ("ESTIMATED_LOSS_GREATER_THAN_MAX_IMPACT", Fault.REFUSED),
    ],
)
def test_an_error_in_the_shape_of_an_answer_is_told_from_an_offer(words: str, fault: Fault) -> None:
    with pytest.raises(Garbled, match=words) as caught:
        AGGREGATOR.parse(a.answer({"error": words}), o.SELL_ONE)
    assert caught.value.fault is fault


async def test_it_is_asked_over_http() -> None:
    with Double() as double:
        source = Velora(double.url("velora"))
        async with httpx.AsyncClient(trust_env=False) as client:
            line = Line(source.card, client, FakeClock())
            ask = o.BUY_FOR_2000
            offer = await line.ask(source.call(ask), lambda payload, _call, _at: source.parse(payload, ask))
            assert (offer.pay, offer.gas_units, offer.route) == (2000, 180_000, "route not stated")
            assert 0 < offer.receive < 100
            double.misbehave("velora", Mischief.ERROR_INSIDE)
            with pytest.raises(NoAnswer, match="No routes found") as caught:
                await line.ask(source.call(ask), lambda payload, _call, _at: source.parse(payload, ask))
            assert caught.value.fault is Fault.ABSENT
