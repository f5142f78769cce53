"""Grades: the chain first, an aggregator where it has no way, a model last, and nothing without a node."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal

import httpx
import pytest

from app.domain.orders import Side
from app.domain.quotes import Ask, Gas, Grade, Leg, Swap
from app.domain.refusal import Refusal
from app.market.graded import Broker, GradedQuoter, brokers
from app.market.source import Fault
from tests.clock import START, FakeClock
from tests.double import Double, Mischief
from tests.market import answers as a
from tests.market import offers as o

NO_POOL = Refusal("no_pool", "No pool of WETH is known to the chain.")
BEYOND = Refusal("beyond_liquidity", "The pools do not hold that much.")
FAILED = Refusal("quote_failed", "The quoter did not answer.")
UNREACHABLE = Refusal("rpc_unreachable", "No node answers.")
WRONG_CHAIN = Refusal("wrong_chain", "The node is on another chain.")
MODEL = o.swap_of(o.SELL_ONE, Grade.C)


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as session:
        yield session


@pytest.fixture
def lines(double: Double, client: httpx.AsyncClient) -> tuple[Broker, ...]:
    urls = {name: double.url(name) for name in ("kyberswap", "velora")}
    return brokers(urls, client, FakeClock())


def mid(double: Double) -> Decimal:
    return double.tape.price("weth") / double.tape.price("usd-coin")


def graded(
    chain: o.FakeQuoter, double: Double, lines: tuple[Broker, ...], model: Swap | Refusal = MODEL
) -> GradedQuoter:
    return GradedQuoter(chain, lines, o.FakeQuoter(model), lambda _ask: mid(double))


def asked(lines: tuple[Broker, ...]) -> list[int]:
    return [broker.line.meter.requests for broker in lines]


async def test_where_the_chain_has_a_way_nobody_else_is_asked(double: Double, lines: tuple[Broker, ...]) -> None:
    own = o.swap_of(o.SELL_ONE)
    assert await graded(o.FakeQuoter(own), double, lines).quote(o.SELL_ONE) == own
    assert asked(lines) == [0, 0]


@pytest.mark.parametrize("refusal", [UNREACHABLE, WRONG_CHAIN, Refusal("too_small", "Too small.")])
async def test_without_a_node_nothing_is_quoted(double: Double, lines: tuple[Broker, ...], refusal: Refusal) -> None:
    assert await graded(o.FakeQuoter(refusal), double, lines).quote(o.SELL_ONE) == refusal
    assert asked(lines) == [0, 0]


@pytest.mark.parametrize("refusal", [NO_POOL, BEYOND, FAILED])
async def test_where_the_chain_has_no_way_the_first_aggregator_has_one(
    double: Double, lines: tuple[Broker, ...], refusal: Refusal
) -> None:
    found = await graded(o.FakeQuoter(refusal), double, lines).quote(o.SELL_ONE)
    assert isinstance(found, Swap)
    assert (found.grade, found.source, found.ask) == (Grade.B, "KyberSwap", o.SELL_ONE)
    assert found.pay == 1
    assert found.receive == round(mid(double) * Decimal("0.9995"), 6)
    assert (found.spot, found.fee) == (mid(double), 0)
    assert found.gas == Gas(195_000, o.GAS.unit_wei, o.GAS.l1_wei, "aggregator")
    assert (found.at, found.block_number) == (START, None)
    assert asked(lines) == [1, 0]


async def test_a_buy_is_offered_too(double: Double, lines: tuple[Broker, ...]) -> None:
    found = await graded(o.FakeQuoter(NO_POOL), double, lines).quote(o.BUY_FOR_2000)
    assert isinstance(found, Swap)
    assert (found.grade, found.pay) == (Grade.B, 2000)
    assert abs(found.receive * mid(double) - 1999) < Decimal("0.001")


@pytest.mark.parametrize(
    "mischief", [Mischief.ERROR_INSIDE, Mischief.SERVER_ERROR, Mischief.HTML, Mischief.REFUSE, Mischief.RATE_LIMITED]
)
async def test_where_the_first_aggregator_fails_the_second_is_asked(
    double: Double, lines: tuple[Broker, ...], mischief: Mischief
) -> None:
    double.misbehave("kyberswap", mischief)
    found = await graded(o.FakeQuoter(NO_POOL), double, lines).quote(o.SELL_ONE)
    assert isinstance(found, Swap)
    assert (found.source, found.gas.units) == ("Velora", 180_000)
    assert asked(lines) == [1, 1]


async def test_an_offer_that_is_too_good_is_not_believed(double: Double, lines: tuple[Broker, ...]) -> None:
    for question in (o.SELL_ONE, o.BUY_FOR_2000):
        double.misbehave("kyberswap", Mischief.HUNDREDFOLD)
        found = await graded(o.FakeQuoter(NO_POOL), double, lines).quote(question)
        assert isinstance(found, Swap)
        assert found.source == "Velora"
    assert lines[0].line.meter.faults[Fault.GARBLED] == 2


@pytest.mark.parametrize(("percent", "believed"), [("1.019", "KyberSwap"), ("1.022", "Velora")])
async def test_two_percent_better_than_the_market_is_the_most_that_is_believed(
    double: Double, lines: tuple[Broker, ...], percent: str, believed: str
) -> None:
    double.skew("kyberswap", "weth", Decimal(percent))
    found = await graded(o.FakeQuoter(NO_POOL), double, lines).quote(o.SELL_ONE)
    assert isinstance(found, Swap)
    assert found.source == believed


async def test_an_exact_amount_received_is_not_asked_of_who_cannot_say(
    double: Double, lines: tuple[Broker, ...]
) -> None:
    # The double takes every question for a SELL, which is no answer to a BUY.
    found = await graded(o.FakeQuoter(NO_POOL), double, lines).quote(o.BUY_ONE)
    assert found == MODEL
    assert asked(lines) == [0, 1]
    assert lines[1].line.meter.faults[Fault.GARBLED] == 1


@pytest.mark.parametrize("refusal", [NO_POOL, FAILED])
async def test_where_no_aggregator_has_a_way_the_model_is_asked(
    double: Double, lines: tuple[Broker, ...], refusal: Refusal
) -> None:
    double.misbehave("kyberswap", Mischief.ERROR_INSIDE)
    double.misbehave("velora", Mischief.ERROR_INSIDE)
    assert await graded(o.FakeQuoter(refusal), double, lines).quote(o.SELL_ONE) == MODEL
    assert asked(lines) == [1, 1]


async def test_what_the_chain_says_is_beyond_its_pools_is_never_left_to_the_model(
    double: Double, lines: tuple[Broker, ...]
) -> None:
    double.misbehave("kyberswap", Mischief.ERROR_INSIDE)
    double.misbehave("velora", Mischief.ERROR_INSIDE)
    model = o.FakeQuoter(MODEL)
    quoter = GradedQuoter(o.FakeQuoter(BEYOND), lines, model, lambda _ask: mid(double))
    assert await quoter.quote(o.SELL_ONE) == BEYOND
    assert model.asks == []


async def test_where_the_model_knows_no_pool_either_the_chain_s_word_stands() -> None:
    quoter = GradedQuoter(o.FakeQuoter(FAILED), (), o.FakeQuoter(NO_POOL), lambda _ask: Decimal(2000))
    assert await quoter.quote(o.SELL_ONE) == FAILED
    quoter = GradedQuoter(o.FakeQuoter(FAILED), (), o.FakeQuoter(BEYOND), lambda _ask: Decimal(2000))
    assert await quoter.quote(o.SELL_ONE) == BEYOND


async def test_without_a_price_of_the_market_no_offer_is_asked_for(lines: tuple[Broker, ...]) -> None:
    quoter = GradedQuoter(o.FakeQuoter(NO_POOL), lines, o.FakeQuoter(NO_POOL), lambda _ask: None)
    assert await quoter.quote(o.SELL_ONE) == NO_POOL
    assert asked(lines) == [0, 0]


async def test_without_a_gas_price_nothing_is_invented(double: Double, lines: tuple[Broker, ...]) -> None:
    chain = o.FakeQuoter(NO_POOL, UNREACHABLE)
    assert await graded(chain, double, lines).quote(o.SELL_ONE) == UNREACHABLE
    assert asked(lines) == [0, 0]


async def test_a_token_of_a_testnet_is_not_asked_of_an_aggregator(double: Double, lines: tuple[Broker, ...]) -> None:
    token = a.Token(84532, a.WETH.address, "WETH", "Wrapped Ether", 18)
    assert await graded(o.FakeQuoter(NO_POOL), double, lines).quote(_ask_of(token)) == MODEL
    assert asked(lines) == [0, 0]


@pytest.mark.parametrize("refusal", [NO_POOL, BEYOND, FAILED])
async def test_at_a_block_of_the_past_only_the_chain_is_asked(
    double: Double, lines: tuple[Broker, ...], refusal: Refusal
) -> None:
    chain, model = o.FakeQuoter(refusal), o.FakeQuoter(MODEL)
    quoter = GradedQuoter(chain, lines, model, lambda _ask: mid(double))
    assert await quoter.quote(o.SELL_ONE, block=40_999_999) == refusal
    assert (chain.blocks, model.asks, asked(lines)) == ([40_999_999], [], [0, 0])


async def test_gas_and_head_are_the_chain_s(double: Double, lines: tuple[Broker, ...]) -> None:
    quoter = graded(o.FakeQuoter(NO_POOL), double, lines)
    assert await quoter.gas(a.WETH.address) == o.GAS
    assert await quoter.head() == 41_000_000


LADDER = [o.ask(side, Leg.PAY, amount) for side in Side for amount in ("1", "20", "400")]


def laddered(answers: o.FakeQuoter, lines: tuple[Broker, ...]) -> tuple[GradedQuoter, o.FakeQuoter]:
    model = o.FakeQuoter(lambda ask: o.swap_of(ask, Grade.C))
    return GradedQuoter(answers, lines, model, lambda _ask: Decimal(2000)), model


async def test_a_ladder_is_the_chain_s_though_not_every_size_can_be_had(lines: tuple[Broker, ...]) -> None:
    chain = o.FakeQuoter(lambda ask: BEYOND if ask.amount > 20 else o.swap_of(ask))
    quoter, model = laddered(chain, lines)
    found = await quoter.several(LADDER)
    assert found == [BEYOND if ask.amount > 20 else o.swap_of(ask) for ask in LADDER]
    assert (model.asks, asked(lines)) == ([], [0, 0])


@pytest.mark.parametrize("refusal", [NO_POOL, FAILED])
async def test_where_the_chain_has_no_pool_a_ladder_is_the_model_s_and_no_aggregator_is_asked(
    lines: tuple[Broker, ...], refusal: Refusal
) -> None:
    quoter, model = laddered(o.FakeQuoter(refusal), lines)
    found = await quoter.several(LADDER)
    assert found == [o.swap_of(ask, Grade.C) for ask in LADDER]
    assert (model.asks, asked(lines)) == (LADDER, [0, 0])


async def test_a_ladder_that_is_beyond_the_chain_s_pools_is_never_left_to_the_model(lines: tuple[Broker, ...]) -> None:
    quoter, model = laddered(o.FakeQuoter(BEYOND), lines)
    assert await quoter.several(LADDER) == [BEYOND] * 6
    assert model.asks == []


@pytest.mark.parametrize("refusal", [UNREACHABLE, WRONG_CHAIN])
async def test_without_a_node_there_is_no_ladder(lines: tuple[Broker, ...], refusal: Refusal) -> None:
    quoter, model = laddered(o.FakeQuoter(refusal), lines)
    assert await quoter.several(LADDER) == refusal
    assert model.asks == []


async def test_where_the_model_cannot_be_asked_either_the_chain_s_word_on_a_ladder_stands() -> None:
    quoter = GradedQuoter(o.FakeQuoter(NO_POOL), (), o.FakeQuoter(UNREACHABLE), lambda _ask: None)
    assert await quoter.several(LADDER) == [NO_POOL] * 6


def _ask_of(token: a.Token) -> Ask:
    return Ask(token, a.USDC, Side.SELL, Leg.PAY, Decimal(1))
