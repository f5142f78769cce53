"""The reach of the chain: a desk whose nodes are all silent says so, until one answers again."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from app.domain.orders import Side
from app.domain.refusal import Refusal
from app.runtime.house import House
from app.runtime.reach import Reach, unreachable
from app.trading.bell import Topic
from tests.api.doors import caller
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.houses import WETH, opened_house, settings_on

SAID = "No usable node for Base answers, so nothing can be bought or sold."


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def double(clock: FakeClock) -> Iterator[Double]:
    with Double(now=lambda: clock.utc) as running:
        yield running


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with caller() as made:
        yield made


async def quoted(house: House) -> str:
    """What a quote is refused as, '' where there is one."""
    assert house.pit is not None
    venue = house.pit.desk.venue
    found = await venue.quoter.quote(venue.paying(WETH, Side.BUY, Decimal(10)))
    return found.code if isinstance(found, Refusal) else ""


async def test_while_no_node_answers_the_desk_is_degraded_and_says_why(
    tmp_path: Path, double: Double, clock: FakeClock, client: httpx.AsyncClient
) -> None:
    async def health() -> tuple[str, str]:
        found = (await client.get("/api/health")).json()
        return found["status"], found["nodes"]

    async with opened_house(settings_on(double, tmp_path, market="live", watchlist="WETH"), clock) as house:
        reach = Reach(house)
        assert (await quoted(house), await health()) == ("", ("ok", "ok"))
        double.misbehave("rpc", Mischief.SERVER_ERROR)
        # Once may be a slip of a node that is well.
        assert (await quoted(house), await health()) == ("rpc_unreachable", ("ok", "ok"))
        heard = house.bell.listener()
        await reach.look()
        assert Topic.MARKET in await heard.wait()
        assert await health() == ("degraded", SAID)
        # Nobody asks for a quote meanwhile.
        double.behave()
        clock.advance(15)
        await reach.look()
        assert Topic.MARKET in await heard.wait()
        heard.leave()
        assert (await health(), await quoted(house)) == (("ok", "ok"), "")


async def test_a_node_that_dies_while_nobody_asks_for_a_quote_is_found_out(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    async with opened_house(settings_on(double, tmp_path, market="live", watchlist="WETH"), clock) as house:
        double.misbehave("rpc", Mischief.SERVER_ERROR)
        assert unreachable(house) == ""
        reach = Reach(house)
        for said in ("", SAID):
            await reach.look()
            assert unreachable(house) == said


async def test_a_market_without_nodes_lacks_none_and_asks_nobody(
    tmp_path: Path, double: Double, clock: FakeClock
) -> None:
    double.misbehave("rpc", Mischief.SERVER_ERROR)
    async with opened_house(settings_on(double, tmp_path, market="demo", watchlist="WETH"), clock) as house:
        await Reach(house).look()
        assert unreachable(house) == ""
