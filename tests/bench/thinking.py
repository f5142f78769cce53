"""Thinking: one tick of the bot, ten levels on fifty tokens, and what ten shadow accounts take of the memory.

The ticks are those of a house in the demo market whose clock is turned by hand; nothing is left out, neither the log
nor the shadows' books. The memory is that of a process of its own before and after it has opened shadows that have
traded for long: python -m tests.bench.thinking FOLDER.
"""

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from app.bot.ladder import Ladder
from app.domain.ladder import Steps
from app.domain.prices import Pool
from app.domain.quotes import Ask, Gas, Swap
from app.domain.refusal import Refusal
from app.domain.registry import on_chain, usdc_of
from app.domain.session import Session
from app.domain.tokens import Token
from app.market.modelled import Reserves, modelled
from app.market.replay import NO_ADDRESS
from app.market.replay_quoter import DECLARED
from app.runtime.house import House
from app.runtime.ledgers import Ledgers
from app.runtime.mind import Mind, Thought
from app.store.books import write
from app.store.database import Store, open_store
from app.store.equity import Mark, mark
from app.store.sessions import last_open, open_session
from app.store.watchlist import WatchedToken, replace_watched
from app.trading.bell import Topic
from app.trading.keeping import batches, open_shadows, taken
from app.trading.shadow import Intent, Shadow, Stand
from app.trading.terms import Terms
from app.trading.watchlist import LONGEST
from tests.bench.rig import ROOT, Figure, Pauses, environment, wait_for_quiet
from tests.bench.server import Stage
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import opened_house, until
from tests.store.fresh import with_database

CHAIN = 8453
LIMIT_MS = 50
LIMIT_MB = 20
TICKS = 240
TICK_S = 15
TRADES, OPEN = 1000, 20
MARKS = 3000
_WARM = 8


class Took(NamedTuple):
    """One part of a tick in milliseconds: by the clock on the wall, and of a core."""

    wall_ms: float
    core_ms: float


class TimedMind(Mind):
    """A mind that notes how long it takes, at ticks where bars close and at ticks between them."""

    def __init__(self, house: House) -> None:
        assert house.pit is not None
        super().__init__(house.pit.bot)
        self.closing: list[Took] = []
        self.between: list[Took] = []
        self.quoting: list[Took] = []

    async def costs(self, tokens: Sequence[Token]) -> list[tuple[Steps, Ladder] | None]:
        began = _now()
        found = await super().costs(tokens)
        self.quoting.append(_since(began))
        return found

    def think(
        self, tokens: Sequence[Token], closed: Sequence[bool], costs: Sequence[tuple[Steps, Ladder] | None]
    ) -> list[Thought]:
        began = _now()
        found = super().think(tokens, closed, costs)
        took = _since(began)
        assert len(found) == LONGEST and all(thought.market.row for thought in found)
        (self.closing if all(closed) else self.between).append(took)
        return found


def measure(_: Stage) -> Iterator[Figure]:
    wait_for_quiet()
    with Pauses() as pauses:
        mind, whole = asyncio.run(_ticks())
    note = f"{len(whole)} ticks of {LONGEST} tokens; {pauses}"
    yield Figure("ten levels, fifty bars that close", LIMIT_MS, "ms", [t.wall_ms for t in mind.closing], "p95", note)
    yield Figure("  of a core", None, "ms", [took.core_ms for took in mind.closing], "p95")
    yield Figure("ten levels, fifty prices between", LIMIT_MS, "ms", [t.wall_ms for t in mind.between], "p95")
    yield Figure("  of a core", None, "ms", [took.core_ms for took in mind.between], "p95")
    yield Figure("the ladders of fifty tokens", None, "ms", [took.wall_ms for took in mind.quoting], "p95")
    yield Figure("  of a core", None, "ms", [took.core_ms for took in mind.quoting], "p95")
    yield Figure("the whole tick, log and books", None, "ms", [took.wall_ms for took in whole], "p95")
    yield Figure("  of a core", None, "ms", [took.core_ms for took in whole], "p95")
    with tempfile.TemporaryDirectory() as name:
        folder = with_database(Path(name))
        _trade_long(folder)
        added = _shadow_mb(folder)
    note = f"{TRADES} trades each, {OPEN} positions open"
    yield Figure("ten shadow accounts", LIMIT_MB, "MB", [added], note=note)


# -- ticks


async def _ticks() -> tuple[TimedMind, list[Took]]:
    with tempfile.TemporaryDirectory() as name:
        folder, clock = with_database(Path(name)), FakeClock()
        _watch_fifty(folder)
        async with opened_house(settings_of(folder, market="demo", chain_id=CHAIN), clock) as house:
            assert house.pit is not None
            bot = house.pit.bot
            await bot.set_limits({"bar": "1m"})
            await bot.set_level(10)
            await bot.command("start")
            mind = TimedMind(house)
            # As the server does at its start.
            gc.collect()
            gc.freeze()
            for _ in range(_WARM):
                await _tick(house, mind, clock)
            for warm in (mind.closing, mind.between, mind.quoting):
                warm.clear()
            return mind, [await _tick(house, mind, clock) for _ in range(TICKS)]


async def _tick(house: House, mind: TimedMind, clock: FakeClock) -> Took:
    """One tick, until what was thought is logged, acted upon and on disk."""
    assert house.pit is not None
    bot = house.pit.bot
    clock.advance(TICK_S)
    house.ring()
    await house.write_down()
    await until(lambda: not bot.is_busy())
    listener, began = house.bell.listener(), _now()
    for thought in await mind.tick():
        bot.conclude(thought)
    while Topic.BOT not in await listener.wait():
        pass
    took = _since(began)
    listener.leave()
    return took


def _watch_fifty(folder: Path) -> None:
    """The chain's own tokens but the dollar, and as many invented ones as the list can hold: the market prices any."""
    known = [token for token in on_chain(CHAIN) if token.key != usdc_of(CHAIN).key]
    tokens = [*known, *map(_invented, range(1, LONGEST - len(known) + 1))]
    store = _opened(folder)
    replace_watched(store, "demo", CHAIN, [WatchedToken(token) for token in tokens])
    store.close()


def _invented(number: int) -> Token:
    return Token(CHAIN, f"0x{number:040x}", f"T{number}", f"Token {number}", 18)


# -- memory


def _trade_long(folder: Path) -> None:
    """A session whose shadows have bought and sold for long."""
    store = _opened(folder)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    session = open_session(store, Session("", "Long", "", "demo", CHAIN, Decimal(10_000), at), at)
    shadows = open_shadows(store, session, Terms(), at)
    for shadow in shadows.all:
        _trade(shadow, at)
        mark(store, [(shadow.account_id, _mark(shadow, at + timedelta(minutes=n))) for n in range(MARKS)])
    write(store, batches(taken(shadows), {}))
    store.close()


def _trade(shadow: Shadow, at: datetime) -> None:
    stands = [_stand(number, at) for number in range(1, OPEN + 1)]
    buy = Intent(Decimal(100), at, "entry", 5.0)
    for number in range(TRADES):
        stand = stands[number % OPEN]
        # Once round, every token is bought; from then on one is sold, and the same one is bought again.
        if number >= OPEN:
            stand = stands[(number - OPEN) // 2 % OPEN]
        sells = number >= OPEN and number % 2 == 0
        shadow.intents[stand.asset] = Intent(None, at, "strength") if sells else buy
        shadow.meet(stand, Decimal(2000) + number)
    assert (shadow.books.account.version, len(shadow.holdings)) == (TRADES + 1, OPEN), shadow.refused


def _stand(number: int, at: datetime) -> Stand:
    token = _invented(number)
    pool = Pool(NO_ADDRESS, "bench", Decimal(20_000_000), Decimal(5))
    gas = Gas(0, 0, basis="declared", declared_usd=Decimal("0.02"))

    def swap(ask: Ask, price: Decimal) -> Swap | Refusal:
        return modelled(ask, Reserves(pool, price, Decimal(1), at, "bench"), gas)

    return Stand(token, usdc_of(CHAIN), token.key.address, at, DECLARED, swap)


def _mark(shadow: Shadow, at: datetime) -> Mark:
    return Mark(at, shadow.equity, shadow.books.account.cash, None, shadow.equity, Decimal(0))


def _shadow_mb(folder: Path) -> float:
    words = [sys.executable, "-m", "tests.bench.thinking", str(folder)]
    done = subprocess.run(words, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True)
    return float(done.stdout)


async def _opening_mb(folder: Path) -> float:
    """How much larger this process is once it has opened the shadows and all that is shown of them."""
    store = _opened(folder)
    session = last_open(store, "demo")
    assert session is not None
    gc.collect()
    before = _resident_mb()
    shadows = open_shadows(store, session, Terms(), session.started_at)
    ledgers = Ledgers(session, store, shadows)
    await ledgers.open()
    lines = ledgers.lines()
    gc.collect()
    assert [line.positions for line in lines] == [OPEN] * 10
    after = _resident_mb()
    store.close()
    return after - before


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _opened(folder: Path) -> Store:
    return open_store(f"sqlite:///{folder / 'drydock.db'}")


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> Took:
    wall, core = _now()
    return Took((wall - began[0]) * 1000, (core - began[1]) * 1000)


if __name__ == "__main__":
    print(asyncio.run(_opening_mb(Path(sys.argv[1]))))
