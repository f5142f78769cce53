"""The bot at work in a market that goes on by itself, and a rehearsal of the same ticks: the ten decide alike."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from math import exp
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from app.domain.bots import Limits
from app.domain.decisions import Opinion
from app.domain.prices import Pool, Reading
from app.domain.session import shadow_id
from app.domain.trades import Trade
from app.market.recording import Recording
from app.market.replay_quoter import DECLARED, ReplayQuoter
from app.store.trades import TradeFilter, trades
from app.trading.shadows import opinion_of
from app.trading.terms import terms_of
from tests.clock import START, FakeClock
from tests.recorded import ASSUMED, recording, stage_of
from tests.runtime.bots import M1, WETH, Ground, ground_of
from tests.runtime.demo_house import pit_of

BARS = 400
BEGIN = START + timedelta(days=1)
ASSET = WETH.key.address
TICK = timedelta(microseconds=1)


def ticks(seed: int) -> Iterator[str]:
    """Rows of bars that are one price each, a minute a bar: calm and wild stretches that drift up or down."""
    chance, price, drift, noise = Random(seed), 2000.0, 0.0, 0.0
    for index in range(BARS):
        if index % 40 == 0:
            drift, noise = chance.gauss(0.0005, 0.005), chance.choice((0.002, 0.006, 0.012))
        price *= exp(chance.gauss(drift, noise))
        yield f"{BEGIN + index * M1.length:%Y-%m-%dT%H:%M:%SZ}" + f",{price:.4f}" * 4


class Did(NamedTuple):
    """A trade of a level, with the index of the bar whose price it was made at."""

    bar: int
    level: int
    side: str
    reason: str


@dataclass
class Found:
    """What ten levels made of each bar, by its index, and what they traded."""

    opinions: list[list[tuple[int, str, str | None]]] = field(default_factory=list[list[tuple[int, str, str | None]]])
    trades: list[Did] = field(default_factory=list[Did])


def gist(opinions: tuple[Opinion, ...]) -> list[tuple[int, str, str | None]]:
    return [(each.level, each.verdict.value, each.first_failed) for each in opinions]


def did(bar: int, level: int, trade: Trade) -> Did:
    return Did(bar, level, trade.side.value, trade.reason)


def rehearsed(played: Recording) -> Found:
    stage, found = stage_of(played, terms=terms_of(Limits())), Found()
    for index in range(BARS):
        found.opinions.append(gist(tuple(opinion_of(decision) for decision in stage.play(index))))
        for shadow in stage.shadows.all:
            made = [change.trade for change in shadow.written.changes if change.trade]
            shadow.written.changes.clear()
            found.trades += [did(index, shadow.level.number, trade) for trade in made]
    return found


async def lived(played: Recording, ground: Ground, *, at_ticks: bool) -> Found:
    """Each price is up from its bar's beginning to its end. The bot looks once a bar has closed, before the next price,
    and where it says so once each price has come, too."""
    desk, clock, found = pit_of(ground.house).desk, ground.clock, Found()
    shown, bars = list[Reading](), dict[tuple[int, int], int]()
    quoter = ReplayQuoter(WETH, lambda: shown[-1] if shown else None, ASSUMED)
    desk.venue = replace(desk.venue, quoter=quoter, declared=DECLARED)

    def post(price: Decimal) -> None:
        pool = Pool("0x" + "1" * 40, "p", ASSUMED.depth_usd, ASSUMED.fee_bp)
        shown.append(Reading(WETH.key, price, "demo", clock.utc, clock.utc, pool))
        ground.house.floor.ticker.post(shown[-1:], clock.utc)

    clock.advance((BEGIN - clock.utc).total_seconds())
    for index, bar in enumerate(played.bars):
        assert clock.utc == bar.at
        post(bar.open)
        if at_ticks:
            await ground.think()
        clock.advance((M1.length - TICK).total_seconds())
        post(bar.close)
        clock.advance(TICK.total_seconds())
        await ground.think()
        look = ground.bot.look(ASSET)
        assert look is not None and look.bar_at == bar.at
        found.opinions.append(gist(look.opinions))
        for shadow in ground.bot.shadows.all:
            for number in range(2, shadow.books.account.version + 1):
                bars.setdefault((shadow.level.number, number), index)
    session = pit_of(ground.house).session.id
    for level in range(1, 11):
        for trade in trades(ground.house.store, shadow_id(session, level), TradeFilter(), 10_000, None)[::-1]:
            found.trades.append(did(bars[level, trade.number], level, trade))
    return found


def other_rests(live: Found, stage: Found) -> list[tuple[int, int, str | None, str | None]]:
    """Where the ten do not say the same, by bar and level, with the gate that failed live and in the rehearsal. A rest
    that ends one bar sooner in the one than in the other is all that it may be."""
    found: list[tuple[int, int, str | None, str | None]] = []
    for bar, (ours, theirs) in enumerate(zip(live.opinions, stage.opinions, strict=True)):
        for place, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            if mine == other:
                continue
            before, after = ({each.opinions[at][place][2] for each in (live, stage)} for at in (bar - 1, bar + 1))
            assert before == {"rest"}, (bar, mine, other)
            assert "rest" not in after, (bar, mine, other)
            found.append((bar, mine[0], mine[2], other[2]))
    return found


@pytest.mark.parametrize("at_ticks", [True, False], ids=["a look at every price too", "a look at every close"])
@pytest.mark.parametrize(
    ("seed", "reasons"),
    [(6, {"entry", "strength", "stop"}), (7, {"entry", "strength", "target 1", "target 2", "trailing stop"})],
)
async def test_live_ticks_and_a_rehearsal_of_them_agree(
    tmp_path: Path, seed: int, reasons: set[str], at_ticks: bool
) -> None:
    """All trades are the same, at the same bar's price and for the same reason, and so are all verdicts but for one
    thing that lies in what a bar can say (docs/decisions/0015). Live, a shadow trades when the bot looks: at the first
    tick, or at the close where it looks only then. A rehearsal does what waits at a bar's beginning, and since nobody
    knows when inside a bar a stop was touched, takes it to have been at its end. So a rest after a sale may end one
    bar sooner live, where the bot looks at every price, and one bar later where it looks only at closes."""
    played = recording(list(ticks(seed)), "timestamp,open,high,low,close")
    async with ground_of(tmp_path, FakeClock()) as ground:
        await ground.begin("stop")
        live = await lived(played, ground, at_ticks=at_ticks)
    stage = rehearsed(played)
    assert sorted(live.trades) == sorted(stage.trades)
    assert {trade.reason for trade in stage.trades} == reasons
    apart = other_rests(live, stage)
    assert len(apart) <= sum(trade.side == "sell" for trade in stage.trades)
    assert {other if at_ticks else mine for _, _, mine, other in apart} <= {"rest"}
