"""What a trade pays for gas: its bid, by the chain's tips where they are known and by what it states elsewhere."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.bot.bids import bid_of
from app.bot.exits import Exit
from app.bot.indicators import Z_SHORT, Row
from app.bot.levels import level
from app.bot.market import Market, blank_market
from app.domain.bids import PERCENTILES, Bid, Fare
from app.domain.bots import BotState
from app.domain.decisions import Decision, Verdict, at_least
from app.domain.orders import Origin, Ticket
from app.domain.quotes import Gas
from app.domain.tickets import Asked
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.trading.desk import Placed
from app.trading.keeping import memory_of, recall
from app.trading.shadow import Intent
from app.trading.tallies import rehearsed
from app.trading.terms import Terms
from app.trading.trader import Trader
from tests.recorded import BEGIN, WETH, invented_rows, recording, stage_of
from tests.trading.floor import TradingFloor

ASSET = WETH.key.address
UNITS, L1_WEI, NATIVE_USD = 150_000, 3 * 10**12, Decimal(2500)
# A tip of so many hundredths of a gwei as its percentile, on a base fee of one gwei.
FARES = tuple(Fare(percentile, 10**9 + percentile * 10**7, L1_WEI) for percentile in PERCENTILES)
TOLD = Gas(UNITS, FARES[2].unit_wei, L1_WEI, "estimate", fares=FARES)


def usd(percentile: int, native_usd: Decimal = NATIVE_USD) -> Decimal:
    """What the gas of a fill costs at this percentile, in dollars."""
    return (UNITS * (10**9 + percentile * 10**7) + L1_WEI) * native_usd / 10**18


async def bought(floor: TradingFloor, order_id: str, bid: Bid | None) -> Trade:
    def terms(ticket: Ticket) -> Ticket:
        return replace(ticket, bid=bid)

    asked, way = Asked(order_id, "buy", amount_usd="100"), Origin.BOT if bid else Origin.HAND
    placed = await floor.desk.place(asked, "WETH", way, terms=terms)
    assert isinstance(placed, Placed) and placed.trade, placed
    return placed.trade


async def test_an_urgent_fill_costs_the_tips_difference_times_its_units_more_than_a_minimal_one(
    floor: TradingFloor,
) -> None:
    floor.pools.told = TOLD
    minimal, urgent = await bought(floor, "a", Bid.MINIMAL), await bought(floor, "b", Bid.URGENT)
    assert urgent.gas_usd - minimal.gas_usd == UNITS * 80 * 10**7 * NATIVE_USD / 10**18
    account = floor.desk.books.account
    assert account.gas == minimal.gas_usd + urgent.gas_usd and account.residual == 0


async def test_a_person_pays_what_was_quoted(floor: TradingFloor) -> None:
    floor.pools.told = TOLD
    assert (await bought(floor, "a", None)).gas_usd == (await bought(floor, "b", Bid.STANDARD)).gas_usd == usd(50)
    floor.pools.told = None
    assert (await bought(floor, "c", None)).gas_usd == floor.pools.gas_usd


async def test_where_nobody_tips_a_fill_costs_as_many_times_as_its_bid_states(floor: TradingFloor) -> None:
    for bid in Bid:
        assert (await bought(floor, bid.name, bid)).gas_usd == floor.pools.gas_usd * bid.factor


def moved(deviations: float) -> Market:
    """The market after a short move of so many standard deviations."""
    row = [0.01] * 10
    row[Z_SHORT] = deviations
    return blank_market(ASSET)._replace(row=tuple(row))


def decided(verdict: Verdict, number: int) -> Decision:
    gate = at_least("strength", 0.0, 1.0, keeps=True)
    return Decision(number, verdict, (gate,), Decimal(100), 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("number", "deviations", "percentile"),
    [(1, 2.0, 10), (2, 0.0, 25), (5, 2.0, 50), (8, 2.0, 75), (9, 0.0, 90), (10, 0.5, 75), (10, -1.5, 90)],
)
async def test_the_bot_bids_as_its_level_does_and_the_tenth_as_the_market_moves(
    floor: TradingFloor, number: int, deviations: float, percentile: int
) -> None:
    floor.pools.told = TOLD
    trader = Trader(floor.desk, Terms())
    trader.state, trader.level = BotState.RUNNING, level(number)
    floor.desk.heard.append(trader.hear)
    for verdict, decision_id in ((Verdict.BUY, "d1"), (Verdict.SELL, "d2")):
        placed = await trader.act(WETH, moved(deviations), decided(verdict, number), decision_id)
        assert isinstance(placed, Placed) and placed.trade, placed
        assert placed.trade.gas_usd == usd(percentile)


async def test_a_stop_of_the_tenth_level_is_urgent(floor: TradingFloor) -> None:
    floor.pools.told = TOLD
    trader, said = Trader(floor.desk, Terms()), list[Trade]()
    trader.state, trader.level = BotState.RUNNING, level(10)
    floor.desk.heard += [trader.hear, said.append]
    await trader.act(WETH, moved(0.0), decided(Verdict.BUY, 10), "d1")

    async def log(_token: Token, _sale: Exit) -> str:
        return "d2"

    floor.clock.advance(1)
    floor.tick(WETH="2000")
    trader.notice([WETH.key])
    await trader.work(log)
    assert [(trade.reason, trade.gas_usd) for trade in said] == [
        ("entry", usd(75)),
        ("stop", usd(90, Decimal(2000))),
    ]


def test_what_the_tenth_shadow_decides_at_a_close_is_bid_by_the_row_it_was_decided_on() -> None:
    played = recording(invented_rows(900))
    stage = stage_of(played, numbers=(10,))
    trades = rehearsed(stage, lambda _: None)[0].trades
    at_a_close = [trade for trade in trades if trade.reason in ("entry", "strength", "patience")]
    bids = {trade.id: bid_of(level(10), row_before(stage.market, trade)) for trade in at_a_close}
    assert set(bids.values()) == {Bid.RAISED, Bid.URGENT}
    assert all(trade.gas_usd == Decimal("0.02") * bids[trade.id].factor for trade in at_a_close)
    on_the_way = [trade for trade in trades if trade.id not in bids]
    assert on_the_way and {trade.gas_usd for trade in on_the_way} == {Decimal("0.025")}


def row_before(market: Callable[[int], Market], trade: Trade) -> Row | None:
    """The row of the bar that closed when the trade's bar opened."""
    return market((trade.at - BEGIN) // timedelta(hours=1) - 1).row


@pytest.mark.parametrize("bid", [None, *Bid])
def test_what_a_shadow_has_decided_keeps_its_bid_over_a_restart(bid: Bid | None) -> None:
    stage = stage_of(recording(invented_rows(3)))
    before, after = stage.shadows.all[:2]
    before.intents = {ASSET: Intent(Decimal(500), BEGIN, "entry", 5.0, bid), "0x1": Intent(None, BEGIN, "patience")}
    kept = memory_of(before, {})
    recall(after, json.loads(kept))
    assert after.intents == before.intents
