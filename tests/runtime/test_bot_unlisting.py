"""What the bot's ledgers do with a token that is taken off the watchlist: they sell it, or it stays."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.orders import Side
from app.domain.refusal import Refusal
from app.domain.session import shadow_id
from app.runtime.listing import unlist_token
from app.store.trades import TradeFilter, trades
from app.trading.shadow import Shadow
from tests.clock import FakeClock
from tests.runtime.bots import WETH, Ground, ground_of
from tests.runtime.demo_house import pit_of
from tests.store.held import held

ASSET = WETH.key.address


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def ground(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Ground]:
    """The ledgers hold both tokens, the account none."""
    async with ground_of(tmp_path, clock, ("WETH", "LINK")) as opened:
        await opened.begin("stop")
        await opened.think()
        await opened.after(15)
        await opened.think()
        assert holders(opened)
        yield opened


def holders(ground: Ground) -> list[Shadow]:
    return [shadow for shadow in ground.bot.shadows.all if ASSET in shadow.holdings]


async def unlisted(ground: Ground) -> str:
    """The code of the refusal, empty where it was taken off."""
    found = await unlist_token(ground.house, "WETH")
    return found.code if isinstance(found, Refusal) else ""


async def test_the_ledgers_sell_what_they_hold_of_it_at_once(ground: Ground, clock: FakeClock) -> None:
    before = holders(ground)
    clock.advance(3)
    assert await unlisted(ground) == ""
    assert holders(ground) == []
    session = pit_of(ground.house).session.id
    for shadow in before:
        kept = trades(ground.house.store, shadow_id(session, shadow.level.number), TradeFilter(address=ASSET), 9, None)
        assert (kept[0].side, kept[0].reason, kept[0].at) == (Side.SELL, "unlisted", clock.utc)
        assert shadow.books.account.held(ASSET) == 0
        assert float(kept[0].price / ground.price()) == pytest.approx(1, rel=0.005)


async def test_their_place_is_free_and_their_worth_goes_on(ground: Ground) -> None:
    before = ground.bot.lines()[8]
    await unlisted(ground)
    for _ in range(2):
        await ground.close_a_bar(LINK="0.97")
    after = ground.bot.lines()[8]
    assert [look.token.symbol for look in ground.bot.looks()] == ["LINK"]
    assert (before.positions, after.positions) == (2, 1)
    for shadow in ground.bot.shadows.all:
        assert not shadow.marks.valued(shadow.account_id).stale_value


async def test_what_was_decided_and_not_yet_done_comes_to_nothing(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock, ("WETH", "LINK")) as ground:
        await ground.begin("stop")
        await ground.think()
        assert any(ASSET in shadow.intents for shadow in ground.bot.shadows.all)
        assert await unlisted(ground) == ""
        assert not any(ASSET in shadow.intents for shadow in ground.bot.shadows.all)
        assert holders(ground) == []


@pytest.mark.parametrize("silent_s", [0, 600], ids=["pools do not answer", "nobody has looked for long"])
async def test_where_nobody_quotes_it_it_stays_and_the_refusal_says_so(
    ground: Ground, clock: FakeClock, silent_s: int
) -> None:
    before = holders(ground)
    if silent_s:
        clock.advance(silent_s)
    else:
        ground.pools.instead = lambda ask: Refusal("no_answer", "No node answers.")
        await ground.think()
    found = await unlist_token(ground.house, "WETH")
    assert isinstance(found, Refusal)
    assert (found.code, found.sentence.count(".")) == ("not_quoted", 1)
    assert "WETH" in found.sentence
    assert [entry.token.symbol for entry in ground.house.floor.watchlist] == ["WETH", "LINK"]
    assert holders(ground) == before
    ground.pools.instead = None
    ground.post()
    await ground.think()
    assert await unlisted(ground) == ""


async def test_a_list_that_cannot_be_written_sells_nothing(ground: Ground) -> None:
    before = [shadow.books.account.version for shadow in ground.bot.shadows.all]
    with held(ground.house.store):
        assert await unlisted(ground) == "database_refused"
    assert holders(ground)
    assert [shadow.books.account.version for shadow in ground.bot.shadows.all] == before


async def test_what_the_account_holds_stays_and_nothing_is_sold(ground: Ground) -> None:
    await ground.buy("b1", "300")
    before = holders(ground)
    assert await unlisted(ground) == "held"
    assert holders(ground) == before
