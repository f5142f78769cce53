"""Called off: who stops the bot while it is quoting buys nothing, and its order ids are nobody else's."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.bot.levels import level
from app.bot.market import Bounds
from app.domain.bots import BotState
from app.domain.decisions import Verdict
from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.trading.repeats import Placed
from app.trading.terms import Terms
from tests.trading.floor import AERO, trading_floor
from tests.trading.traders import ASSET, Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with trading_floor(tmp_path) as floor:
        yield Place(floor)


@pytest.mark.parametrize("state", [BotState.PAUSED, BotState.STOPPED])
async def test_a_purchase_that_is_called_off_while_it_is_quoted_is_not_made(place: Place, state: BotState) -> None:
    async def halt() -> None:
        place.trader.state = state

    place.floor.pools.meanwhile = halt
    outcome = await place.decide(Verdict.BUY, usd="1000")
    assert isinstance(outcome, Refusal) and outcome.code == "not_wanted"
    assert (place.made(), place.trader.holdings) == ([], {})


async def test_a_sale_goes_on_where_the_bot_is_paused_meanwhile(place: Place) -> None:
    await place.bought()

    async def pause() -> None:
        place.trader.state = BotState.PAUSED

    place.floor.pools.meanwhile = pause
    await place.tick(WETH="2200")
    assert place.reasons() == ["entry", "stop"]


@pytest.mark.parametrize(
    "terms",
    [
        Terms(block=frozenset({ASSET})),
        Terms(Bounds(max_trade_usd=20.0)),
        Terms(Bounds(max_trades_per_day=0)),
        Terms(worst_bps=Decimal(149)),
    ],
)
async def test_a_purchase_that_a_limit_forbids_while_it_is_quoted_is_not_made_and_why_is_told(
    tmp_path: Path, terms: Terms, caplog: pytest.LogCaptureFixture
) -> None:
    with trading_floor(tmp_path) as floor, caplog.at_level("INFO", "drydock.trade"):
        place = Place(floor, Terms(worst_bps=Decimal(150)))

        async def forbid() -> None:
            place.trader.terms = terms

        floor.pools.meanwhile = forbid
        outcome = await place.decide(Verdict.BUY, usd="1000")
        assert isinstance(outcome, Refusal) and outcome.code == "not_wanted"
        assert (place.made(), place.trader.holdings) == ([], {})
        assert f"order=bot-d1 refused=not_wanted why={outcome.sentence!r}" in caplog.text


async def test_no_limit_calls_a_sale_off(place: Place) -> None:
    await place.bought()

    async def forbid() -> None:
        bounds = Bounds(max_trade_usd=1.0, max_trades_per_day=0, min_liquidity_usd=1e15)
        place.trader.terms = Terms(bounds, block=frozenset({ASSET}), worst_bps=Decimal(0))

    place.floor.pools.meanwhile = forbid
    await place.tick(WETH="2200")
    assert place.reasons() == ["entry", "stop"]


async def test_a_purchase_is_the_level_s_that_decided_it_wherever_the_slider_is_moved_meanwhile(place: Place) -> None:
    async def slide() -> None:
        place.trader.level = level(1)

    place.floor.pools.meanwhile = slide
    await place.bought()
    place.trader.level = level(2)
    assert isinstance(await place.decide(Verdict.BUY, AERO, "100"), Placed)
    assert {holding.level for holding in place.trader.holdings.values()} == {8}
    stops = {round(holding.stop * holding.quantity / holding.cost, 6) for holding in place.trader.holdings.values()}
    assert stops == {Decimal("0.92")}


@pytest.mark.parametrize("order_id", ["bot-d2", "flat-1"])
async def test_nobody_else_takes_an_id_of_the_desks_own(place: Place, order_id: str) -> None:
    asked = Asked(order_id, "buy", amount_usd="10")
    for origin in (Origin.HAND, Origin.API):
        outcome = await place.floor.desk.place(asked, "WETH", origin)
        assert isinstance(outcome, Refusal) and outcome.code == "bad_order_id"
        outcome = await place.floor.desk.accept(order_id, "an offer", origin)
        assert isinstance(outcome, Refusal) and outcome.code == "bad_order_id"


async def test_what_no_pool_takes_is_the_persons_and_keeps_no_place(place: Place) -> None:
    await place.bought()
    held = place.floor.desk.books.account.held(ASSET)
    await place.by_hand("sell", quantity=f"{held - Decimal('1e-18'):f}")
    assert place.held == Decimal("1e-18")
    place.floor.pools.refusal = Refusal("too_small", "The pool would give nothing for it.")
    await place.tick(WETH="2200")
    assert place.trader.holdings == {}


async def test_a_profit_that_was_taken_is_known_from_its_trade(place: Place) -> None:
    await place.bought()
    memory = dict(place.trader.holdings)
    place.notice(WETH="2780")
    await place.trader.work(place.log)
    fresh = place.opened()
    fresh.holdings, fresh.upto = memory, place.made()[0].number
    for trade in place.made():
        fresh.hear(trade)
    assert fresh.holdings[ASSET].rungs == place.trader.holdings[ASSET].rungs == 1
