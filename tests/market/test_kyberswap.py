"""KyberSwap's answers: text amounts in base units, an error in the shape of an answer, an exact amount paid only."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.domain.orders import Side
from app.domain.quotes import Leg
from app.market.aggregators import Offer, base_units
from app.market.kyberswap import KyberSwap
from app.market.line import Line, NoAnswer
from app.market.source import Fault, Garbled
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.market import answers as a
from tests.market import offers as o

AGGREGATOR = KyberSwap()
ROUTE = ("data", "routeSummary")


def test_the_offer_is_exact() -> None:
    offer = AGGREGATOR.parse(o.KYBERSWAP, o.SELL_ONE)
    assert offer == Offer(Decimal(1), Decimal("2086.100001"), 195_000, "uniswapv3, aerodrome-cl")


def test_the_call_names_both_tokens_and_the_amount_in_base_units() -> None:
    call = AGGREGATOR.call(o.ask(Side.BUY, Leg.PAY, "2000.5"))
    assert call.path == "/base/api/v1/routes"
    assert dict(call.params) == {
        "tokenIn": a.USDC.address,
        "tokenOut": a.WETH.address,
        "amountIn": "2000500000",
        "gasInclude": "true",
    }
    assert AGGREGATOR.card.headers == (("x-client-id", "drydock"),)


@pytest.mark.parametrize(
    ("chain_id", "name"), [(1, "ethereum"), (10, "optimism"), (137, "polygon"), (8453, "base"), (42161, "arbitrum")]
)
def test_every_mainnet_has_its_name(chain_id: int, name: str) -> None:
    elsewhere = o.ask(token=a.Token(chain_id, a.WETH.address, "WETH", "Wrapped Ether", 18))
    assert AGGREGATOR.covers(elsewhere)
    assert AGGREGATOR.call(elsewhere).path == f"/{name}/api/v1/routes"


def test_it_is_asked_neither_on_a_testnet_nor_for_an_exact_amount_received() -> None:
    assert not AGGREGATOR.covers(o.ask(token=a.Token(84532, a.WETH.address, "WETH", "Wrapped Ether", 18)))
    assert not AGGREGATOR.covers(o.BUY_ONE)


@pytest.mark.parametrize("key", ["amountIn", "amountOut", "gas"])
@pytest.mark.parametrize("bad", o.NOT_AMOUNTS)
def test_what_is_no_whole_number_as_text_is_garbled(key: str, bad: Any) -> None:
    with pytest.raises(Garbled):
        AGGREGATOR.parse(a.changed(o.KYBERSWAP, *ROUTE, key, to=bad), o.SELL_ONE)


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("tokenIn", a.LINK.address),
        ("tokenOut", a.USDT.address),
        ("tokenIn", None),
        ("amountIn", "999999999999999999"),
        ("gas", "20999"),
        ("gas", "30000001"),
    ],
)
def test_the_answer_to_another_question_is_garbled(key: str, other: Any) -> None:
    with pytest.raises(Garbled):
        AGGREGATOR.parse(a.changed(o.KYBERSWAP, *ROUTE, key, to=other), o.SELL_ONE)


@pytest.mark.parametrize("key", ["tokenIn", "tokenOut", "amountIn", "amountOut", "gas"])
def test_a_route_that_lacks_what_counts_is_garbled(key: str) -> None:
    with pytest.raises(Garbled):
        AGGREGATOR.parse(a.without(o.KYBERSWAP, *ROUTE, key), o.SELL_ONE)


def test_case_of_addresses_and_extra_keys_do_not_matter() -> None:
    lower = a.changed(o.KYBERSWAP, *ROUTE, "tokenIn", to=a.WETH.key.address)
    extra = a.changed(lower, *ROUTE, "news", to=[None])
    assert AGGREGATOR.parse(extra, o.SELL_ONE) == AGGREGATOR.parse(o.KYBERSWAP, o.SELL_ONE)


@pytest.mark.parametrize(
    "route", [None, [], [[]], [None, [None, {}, {"exchange": 5}, {"exchange": "\x00"}]], "uniswap"]
)
def test_a_route_without_names_is_an_offer_all_the_same(route: Any) -> None:
    assert AGGREGATOR.parse(a.changed(o.KYBERSWAP, *ROUTE, "route", to=route), o.SELL_ONE).route == "route not stated"


def test_a_route_over_many_exchanges_is_cut_short() -> None:
    pools = [[{"exchange": f"exchange-number-{number}"} for number in range(9)]]
    named = AGGREGATOR.parse(a.changed(o.KYBERSWAP, *ROUTE, "route", to=pools), o.SELL_ONE).route
    assert named == "exchange-number-0, exchange-number-1, exchange-number-2 and others"


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"code": 4008, "message": "route not found", "details": None, "requestId": "0"}, Fault.ABSENT),
        ({"code": 4221, "message": "weth not configured"}, Fault.REFUSED),
        ({"code": 429, "message": "slow down"}, Fault.RATE_LIMITED),
        ({"code": "0", "data": {}}, Fault.GARBLED),
        ({"code": False, "data": {}}, Fault.GARBLED),
        ({"message": "Internal error"}, Fault.GARBLED),
    ],
)
def test_an_error_in_the_shape_of_an_answer_is_told_from_an_offer(payload: Any, fault: Fault) -> None:
    with pytest.raises(Garbled) as caught:
        AGGREGATOR.parse(a.answer(payload), o.SELL_ONE)
    assert caught.value.fault is fault


def test_an_amount_that_the_token_cannot_express_is_a_mistake() -> None:
    assert base_units(a.USDC, Decimal("0.000001")) == 1
    with pytest.raises(ValueError, match="6 decimals"):
        base_units(a.USDC, Decimal("0.0000001"))


async def test_it_is_asked_over_http_by_its_own_name() -> None:
    with Double() as double:
        source = KyberSwap(double.url("kyberswap"))
        async with httpx.AsyncClient(trust_env=False) as client:
            line = Line(source.card, client, FakeClock())
            offer = await line.ask(
                source.call(o.SELL_ONE), lambda payload, _call, _at: source.parse(payload, o.SELL_ONE)
            )
            assert (offer.pay, offer.gas_units) == (1, 195_000)
            assert 100 < offer.receive < 100_000
            double.misbehave("kyberswap", Mischief.ERROR_INSIDE)
            with pytest.raises(NoAnswer, match="route not found") as caught:
                await line.ask(source.call(o.SELL_ONE), lambda payload, _call, _at: source.parse(payload, o.SELL_ONE))
            assert caught.value.fault is Fault.ABSENT
