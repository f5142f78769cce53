"""The ten levels over REST: their data, what each would do now, and its shadow ledger's figures."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from app.api.bot_answers import LevelShape
from app.bot.levels import LEVELS, Level
from app.bot.words import meaning
from app.domain.money import plain
from app.runtime.house import House
from tests.api.ledger import got, pit_of
from tests.api.test_shapes import is_as
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import opened_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Spelled otherwise here, or beside its like among the shadow's figures.
RENAMED = {"number": "level", "positions": "max_positions"}


@pytest_asyncio.fixture(loop_scope="module")
async def thinking(demo: House) -> House:
    """The bot has looked at the market."""
    await demo.think()
    return demo


async def test_there_are_ten_by_number_in_the_shape_of_the_document(thinking: House) -> None:
    found = await got("/levels")
    is_as(list[LevelShape], found)
    assert [row["level"] for row in found] == list(range(1, 11))
    assert found == await got("/levels/")


async def test_each_has_all_that_a_level_is(thinking: House) -> None:
    for row, level in zip(await got("/levels"), LEVELS, strict=True):
        assert {RENAMED.get(field.name, field.name) for field in fields(Level)} <= row.keys()
        assert (row["name"], row["meaning"], row["bid"]) == (level.name, meaning(level), level.bid)
        assert row["max_positions"] == level.positions
        assert float(row["risk"]) == level.risk
        assert float(row["edge_share"]) == level.edge_share
        assert row["stop_pct"] == (None if level.stop_pct is None else plain(Decimal(level.stop_pct)))
        assert [(float(it["gain_pct"]), float(it["share_pct"]) / 100) for it in row["targets"]] == list(level.targets)
        for field in fields(level.weights):
            assert float(row["weights"][field.name]) == round(getattr(level.weights, field.name), 4)


async def test_each_says_what_it_would_do_with_every_token_now(thinking: House) -> None:
    looks = pit_of(thinking).bot.looks()
    assert [look.token.symbol for look in looks] == ["WETH", "LINK"]
    for row in await got("/levels"):
        assert [(now["symbol"], now["token_address"]) for now in row["now"]] == [
            (look.token.symbol, look.token.address) for look in looks
        ]
        for now, look in zip(row["now"], looks, strict=True):
            opinion = look.opinions[row["level"] - 1]
            assert (now["verdict"], now["first_failed"]) == (opinion.verdict, opinion.first_failed)


async def test_each_has_what_its_shadow_ledger_has_come_to(thinking: House) -> None:
    lines = pit_of(thinking).bot.lines()
    for row, line in zip(await got("/levels"), lines, strict=True):
        assert row["level"] == line.level
        assert [row[name] for name in ("equity", "return_pct", "max_drawdown_pct")] == [
            plain(amount) for amount in (line.equity, line.return_pct, line.max_drawdown_pct)
        ]
        assert (row["trades"], row["positions"]) == (line.trades, line.positions)
        assert row["costs"] == {"gas": plain(line.gas), "fees": plain(line.fees), "impact": plain(line.impact)}


async def test_before_the_first_tick_the_shadows_hold_what_they_began_with(tmp_path: Path, clock: FakeClock) -> None:
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH", starting_balance=2500), clock):
        for row in await got("/levels"):
            assert (row["equity"], row["return_pct"], row["max_drawdown_pct"]) == ("2500", "0", "0")
            assert (row["trades"], row["positions"]) == (0, 0)
            assert row["costs"] == {"gas": "0", "fees": "0", "impact": "0"}
