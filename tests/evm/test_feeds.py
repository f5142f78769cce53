"""Chainlink's proxies and Multicall3 as they stand on the chains, read by the product over real HTTP."""

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from app.domain.registry import on_chain
from app.domain.tokens import Token
from app.market.chainlink import Chainlink
from app.market.line import Line, NoAnswer
from app.market.rpc import MULTICALL3
from app.market.source import Answer, Fault
from tests.clock import START, FakeClock
from tests.evm.contracts import Feed, Lab, call_data

STATED = START - timedelta(minutes=7)


def tokens_of(source: Chainlink) -> list[Token]:
    return [token for token in on_chain(source.chain_id) if source.covers(token)]


def feed_of(lab: Lab, token: Token) -> Feed:
    return lab.feeds[token.coingecko_id or ""]


def price_of(number: int) -> int:
    """A price of its own for each feed, in the feed's units: 100.00000001 dollars and up."""
    return (100 + number) * 10**8 + 1


def all_speak(lab: Lab) -> dict[str, Decimal]:
    """Have every feed of the chain state a price of its own; prices by asset."""
    for number, feed in enumerate(lab.feeds.values()):
        feed.says(price_of(number), STATED)
    return {asset: Decimal(price_of(number)).scaleb(-8) for number, asset in enumerate(lab.feeds)}


class Desk:
    """Chainlink's source of one chain on a line to one node."""

    def __init__(self, client: httpx.AsyncClient, clock: FakeClock, url: str, chain_id: int = 8453) -> None:
        self.source = Chainlink(chain_id, (url,))
        self.line = Line(self.source.card, client, clock)

    async def read(self, tokens: Iterable[Token] | None = None) -> Answer:
        (call,) = self.source.plan(tokens_of(self.source) if tokens is None else list(tokens))
        return await self.line.ask(call, self.source.parse)

    async def fault(self) -> Fault | None:
        with pytest.raises(NoAnswer) as caught:
            await self.read()
        return caught.value.fault


@pytest.fixture
def desk(base: Lab, client: httpx.AsyncClient, clock: FakeClock) -> Desk:
    return Desk(client, clock, base.anvil.url)


def shown(answer: Answer) -> dict[str, tuple[Decimal, object]]:
    by_key = {token.key: token.symbol for token in (*on_chain(8453), *on_chain(1))}
    return {by_key[reading.token]: (reading.price, reading.as_of) for reading in answer.readings}


@pytest.mark.parametrize(("name", "chain_id"), [("base", 8453), ("ethereum", 1)])
async def test_every_feed_of_a_chain_is_read_in_one_request(
    request: pytest.FixtureRequest, client: httpx.AsyncClient, clock: FakeClock, name: str, chain_id: int
) -> None:
    lab: Lab = request.getfixturevalue(name)
    desk = Desk(client, clock, lab.anvil.url, chain_id)
    prices = all_speak(lab)
    answer = await desk.read()
    tokens = tokens_of(desk.source)
    assert {token.coingecko_id for token in tokens} == prices.keys() & {t.coingecko_id for t in on_chain(chain_id)}
    assert shown(answer) == {token.symbol: (prices[token.coingecko_id or ""], STATED) for token in tokens}
    assert (answer.rejected, desk.line.meter.requests) == ((), 1)
    assert {reading.fetched_at for reading in answer.readings} == {START}


async def test_without_multicall3_each_feed_by_itself_gives_the_same_readings(base: Lab, desk: Desk) -> None:
    all_speak(base)
    together = await desk.read()
    base.place(MULTICALL3, "0x")
    assert await desk.read() == together
    assert desk.line.meter.requests == 3
    assert desk.line.meter.errors == 0


class Shuffling(httpx.AsyncHTTPTransport):
    """Real answers of a real node, the last one first: no order of a batch is promised."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        await response.aread()
        answer = json.dumps(response.json()[::-1])
        return httpx.Response(response.status_code, stream=httpx.ByteStream(answer.encode()))


@pytest.mark.parametrize("aggregates", [True, False])
async def test_answers_are_matched_to_their_calls_by_id(
    base: Lab, desk: Desk, clock: FakeClock, aggregates: bool
) -> None:
    all_speak(base)
    if not aggregates:
        base.place(MULTICALL3, "0x")
    async with httpx.AsyncClient(transport=Shuffling()) as client:
        assert await Desk(client, clock, base.anvil.url).read() == await desk.read()


def states(answer: int, complete: bool = True) -> Callable[[Lab, Feed], None]:
    return lambda lab, feed: feed.says(answer, STATED if complete else None)


def loses_its_aggregator(lab: Lab, feed: Feed) -> None:
    lab.place(feed.aggregator, "0x")


def is_removed(lab: Lab, feed: Feed) -> None:
    lab.place(feed.proxy, "0x")


def admits_nobody(lab: Lab, feed: Feed) -> None:
    lab.anvil.send(feed.proxy, call_data("setController(address)", lab.sequencer and lab.sequencer.proxy))


@pytest.mark.parametrize("aggregates", [True, False])
@pytest.mark.parametrize(
    "happens",
    [
        states(0),
        states(-1),
        states(-(2**255)),
        states(2**255 - 1),
        states(5, complete=False),
        loses_its_aggregator,
        is_removed,
        admits_nobody,
    ],
    ids=["zero", "negative", "least", "largest", "no round", "no aggregator", "no contract", "no access"],
)
async def test_a_feed_without_a_usable_answer_is_rejected_and_the_others_stand(
    base: Lab, desk: Desk, happens: Callable[[Lab, Feed], None], aggregates: bool
) -> None:
    all_speak(base)
    expected = shown(await desk.read())
    link = next(token for token in tokens_of(desk.source) if token.symbol == "LINK")
    happens(base, feed_of(base, link))
    if not aggregates:
        base.place(MULTICALL3, "0x")
    answer = await desk.read()
    del expected["LINK"]
    assert shown(answer) == expected
    assert [line.split(":")[0] for line in answer.rejected] == ["LINK"]


async def test_a_feed_that_moves_to_another_aggregator_is_still_read(base: Lab, desk: Desk) -> None:
    all_speak(base)
    link = next(token for token in tokens_of(desk.source) if token.symbol == "LINK")
    successor = Feed(base.anvil, feed_of(base, link).proxy, base.deployed(base.aggregator()))
    for step in ("proposeAggregator(address)", "confirmAggregator(address)"):
        base.anvil.send(successor.proxy, call_data(step, successor.aggregator))
    successor.says(1425000000, START)
    assert shown(await desk.read([link])) == {"LINK": (Decimal("14.25"), START)}


@pytest.mark.parametrize("aggregates", [True, False])
async def test_nothing_is_read_while_the_sequencer_is_down(base: Lab, desk: Desk, aggregates: bool) -> None:
    all_speak(base)
    assert base.sequencer
    if not aggregates:
        base.place(MULTICALL3, "0x")
    base.sequencer.says(1, START)
    assert await desk.fault() is Fault.REFUSED
    base.sequencer.says(0, START)
    assert len((await desk.read()).readings) == len(tokens_of(desk.source))


async def test_nothing_is_read_where_the_sequencers_feed_is_missing(base: Lab, desk: Desk) -> None:
    all_speak(base)
    assert base.sequencer
    base.place(base.sequencer.proxy, "0x")
    assert await desk.fault() is Fault.GARBLED


async def test_a_node_of_another_chain_is_refused(
    ethereum: Lab, base: Lab, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    all_speak(ethereum)
    assert await Desk(client, clock, ethereum.anvil.url).fault() is Fault.REFUSED
    assert await Desk(client, clock, base.anvil.url, 1).fault() is Fault.REFUSED


async def test_a_node_that_is_refused_gives_way_to_the_next(
    base: Lab, ethereum: Lab, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    prices = all_speak(base)
    source = Chainlink(8453, (ethereum.anvil.url, base.anvil.url))
    line = Line(source.card, client, clock)
    weth = on_chain(8453)[0]
    (call,) = source.plan([weth])
    with pytest.raises(NoAnswer):
        await line.ask(call, source.parse)
    assert [reading.price for reading in (await line.ask(call, source.parse)).readings] == [prices["weth"]]
