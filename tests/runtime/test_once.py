"""What lasts is said once: when it begins, when it becomes something else, and that it is over."""

import logging
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from app.domain.prices import Reading
from app.market.decode import Json
from app.market.line import Line, NoAnswer, T
from app.market.source import Answer, Call
from app.runtime.once import Once
from app.runtime.poller import Poller
from tests.clock import START, FakeClock
from tests.runtime.bots import ground_of
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, go_on, opened_house
from tests.runtime.test_poller import source_named
from tests.store.held import held

KRAKEN = source_named("kraken")


class Picky:
    """A source that has one price, and refuses what it is told to."""

    card, covers, plan = KRAKEN.card, KRAKEN.covers, KRAKEN.plan

    def __init__(self) -> None:
        self.refuses: tuple[str, ...] = ()

    def parse(self, payload: object, call: Call, at: datetime) -> Answer:
        assert payload is None
        return Answer((Reading(call.tokens[0].key, Decimal(1), "kraken", at),), self.refuses)


class Short(Line):
    """A line that asks nobody."""

    silent = False

    async def ask(self, call: Call, read: Callable[[Json, Call, datetime], T], *, reserve: int = 0) -> T:
        if self.silent:
            raise NoAnswer("the source rests after faults", None)
        return read(None, call, START)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said since this was asked last."""
    said = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return said


def test_what_was_wrong_at_the_last_turn_is_no_news_and_what_is_over_can_be_again() -> None:
    once = Once()
    assert not once.over()
    assert [once.news("full"), once.news("full"), once.news("locked"), once.news("full", "locked", "full")] == [
        ["full"], [], ["locked"], ["full"],
    ]  # fmt: skip
    assert [once.over(), once.over()] == [True, False]
    assert once.news("full") == ["full"]


async def test_a_price_that_a_source_always_garbles_is_told_once_and_counted_every_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, source = FakeClock(), Picky()
    async with httpx.AsyncClient(trust_env=False) as client:
        line = Short(source.card, client, clock)
        poller = Poller(source, 0, line, clock, refresh=15)

        async def turns(*refused: str) -> list[str]:
            source.refuses = refused
            for _ in range(3):
                await poller.poll([WETH], lambda _readings: None)
            return lines(caplog)

        assert await turns("AERO: no text") == ["[PRICE] source=kraken rejected='AERO: no text'"]
        assert await turns("AERO: no text", "cbBTC: no price") == ["[PRICE] source=kraken rejected='cbBTC: no price'"]
        line.silent = True
        assert await turns() == []
        line.silent = False
        assert await turns("cbBTC: no price", "AERO: no text") == []
        assert await turns() == []
        assert await turns("AERO: no text") == ["[PRICE] source=kraken rejected='AERO: no text'"]
        assert (line.meter.rejected, line.meter.last_fault) == (18, "AERO: no text")


async def test_what_the_disk_refuses_is_told_once_of_each_and_that_it_is_written_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        pit = house.pit
        assert pit is not None

        async def turns() -> list[str]:
            for _ in range(3):
                await go_on(house, clock, 60)
                pit.bot.shadows.all[0].written.remembers = True
                await house.write_down()
                await house.mark()
                await house.think()
            said = [line.partition(" why=")[0] for line in lines(caplog)]
            return sorted(line for line in said if line.startswith("[SESSION]"))

        with caplog.at_level(logging.INFO, logger="drydock"):
            assert await turns() == []
            with held(house.store):
                assert await turns() == [
                    "[SESSION] marks=unwritten of=account",
                    "[SESSION] marks=unwritten of=shadows",
                    "[SESSION] shadows=refused",
                    "[SESSION] store=refused",
                ]
            assert await turns() == [
                "[SESSION] marks=written_again of=account",
                "[SESSION] marks=written_again of=shadows",
                "[SESSION] shadows=written_again",
                "[SESSION] store=written",
            ]
            assert await turns() == []


async def test_decisions_that_the_disk_refuses_are_told_once_and_that_they_are_written_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    async with ground_of(tmp_path, clock) as ground:

        async def turns() -> list[str]:
            for _ in range(3):
                await ground.after(15)
                await ground.think()
            said = [line.partition(" why=")[0] for line in lines(caplog)]
            return [line for line in said if line.startswith("[DECISION] log")]

        with caplog.at_level(logging.INFO, logger="drydock"):
            with held(ground.house.store):
                assert await turns() == ["[DECISION] log=refused"]
            assert await turns() == ["[DECISION] log=written_again"]
            assert await turns() == []
