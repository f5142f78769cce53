"""A replay of the same ticks gives the same decisions and trades: the server plays as the terminal does."""

import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.ledger import folded
from app.domain.orders import Origin
from app.domain.session import shadow_id
from app.runtime.house import House
from app.store.books import entries
from app.store.equity import Mark, mark
from app.trading.rehearsal import Stage
from tests.clock import FakeClock
from tests.recorded import BALANCE, BTC, CRASH, DATA, recorded
from tests.runtime.bot_replays import (
    Played,
    bot_of,
    feed_of,
    kept,
    of,
    play_on,
    playing,
    rehearsal,
    settings_for,
    settled,
    walk_rows,
    written,
)
from tests.runtime.demo_house import pit_of

BARS = 1200


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("walk"), walk_rows(BARS))


@pytest.fixture(scope="module")
def rehearsed(walk: Path) -> tuple[Played, Stage]:
    found, stage = rehearsal(walk)
    assert {level for level, made in found.trades.items() if made} == set(range(1, 11))
    assert {trade.reason for made in found.trades.values() for trade in made} >= {"entry", "stop", "target 1"}
    return found, stage


def balanced(house: House) -> None:
    """What is on disk of the ten ledgers adds up, trade by trade."""
    for level in range(1, 11):
        name = shadow_id(pit_of(house).session.id, level)
        account = folded(name, entries(house.store, name))
        assert account.residual == 0
        assert [trade.number for trade in of(house.store, name)] == list(range(2, account.version + 1))


async def test_the_server_makes_the_trades_and_verdicts_of_the_terminals_rehearsal(
    walk: Path, rehearsed: tuple[Played, Stage], tmp_path: Path
) -> None:
    found = Played()
    async with playing(settings_for(walk, tmp_path), found) as house:
        await play_on(house)
        await settled(house)
        lines = bot_of(house).lines()
        found.trades = kept(house.store, pit_of(house).session.id)
        balanced(house)
    wanted, stage = rehearsed
    assert found == wanted
    assert [line.equity for line in lines] == [shadow.equity for shadow in stage.shadows.all]
    drawdowns = [float(shadow.drawdown.deepest_pct) for shadow in stage.shadows.all]
    assert [float(line.max_drawdown_pct) for line in lines] == pytest.approx(drawdowns)


async def test_a_restart_in_the_middle_changes_nothing(
    walk: Path, rehearsed: tuple[Played, Stage], tmp_path: Path
) -> None:
    found, settings = Played(), settings_for(walk, tmp_path)
    for bars in (400, 700, BARS):
        async with playing(settings, found) as house:
            await play_on(house, bars)
    async with playing(settings, found) as house:
        assert feed_of(house).shown == BARS
        found.trades = kept(house.store, pit_of(house).session.id)
        balanced(house)
    assert found == rehearsed[0]


@pytest.mark.parametrize("marked", [False, True], ids=["as the shadows were", "with a later mark of the account"])
async def test_a_kill_in_the_middle_loses_only_what_was_not_written_and_that_is_played_again(
    walk: Path, rehearsed: tuple[Played, Stage], tmp_path: Path, *, marked: bool
) -> None:
    alive, dead = tmp_path / "alive", tmp_path / "dead"
    alive.mkdir()
    lost, found = Played(), Played()
    async with playing(settings_for(walk, alive), lost) as house:
        await play_on(house, 600)
        await settled(house)
        feed_of(house).ring()
        # Nothing has waited since: what the last bars have done is in memory alone.
        assert feed_of(house).shown > 600
        if marked:
            worth = Mark(feed_of(house).now(), BALANCE, BALANCE, None)
            mark(house.store, [(pit_of(house).session.id, worth)])
        shutil.copytree(alive, dead)
    async with playing(settings_for(walk, dead), found) as house:
        before = kept(house.store, pit_of(house).session.id)
        assert all(made == rehearsed[0].trades[level][: len(made)] for level, made in before.items())
        await play_on(house)
        await settled(house)
        found.trades = kept(house.store, pit_of(house).session.id)
        balanced(house)
    assert found.trades == rehearsed[0].trades
    assert found.opinions
    assert found.opinions.items() <= rehearsed[0].opinions.items()


@pytest.mark.parametrize(
    ("name", "since", "bars"),
    [
        (CRASH, datetime(2023, 8, 17, 14, tzinfo=UTC), 600),
        (BTC, datetime(2022, 6, 1, tzinfo=UTC), 400),
    ],
    ids=["minutes of a crash", "hours"],
)
async def test_recorded_data_is_played_alike_too(name: str, since: datetime, bars: int, tmp_path: Path) -> None:
    file, found = slice_of(name, since, bars, tmp_path), Played()
    wanted, _ = rehearsal(file)
    assert any(wanted.trades.values())
    async with playing(settings_for(file, tmp_path), found) as house:
        await play_on(house)
        await settled(house)
        found.trades = kept(house.store, pit_of(house).session.id)
    assert found == wanted


def slice_of(name: str, since: datetime, bars: int, folder: Path) -> Path:
    """So many rows of a recorded file from a time on; the test is skipped where the data is not beside the project."""
    source = DATA / name
    if not source.is_file():
        pytest.skip(f"the recorded data is not beside the project: {name}")
    header, *rows = source.read_text().splitlines()
    recording = recorded(name)
    first = next(index for index, bar in enumerate(recording.bars) if bar.at >= since)
    return written(folder, rows[first : first + bars], header)


# -- the person's account


async def test_the_account_is_traded_too_and_the_replay_never_waits_for_ever(walk: Path, tmp_path: Path) -> None:
    settings = settings_for(walk, tmp_path)
    for bars in (700, BARS):
        async with playing(settings, Played()) as house:
            bot = bot_of(house)
            await bot.set_level(9)
            assert bot.record.level == 9
            assert await bot.command("start") is None
            await play_on(house, bars)
            await settled(house)
            account = pit_of(house).account
            held = {asset: holding.quantity for asset, holding in bot.trader.holdings.items()}
            assert held == {position.asset: position.quantity for position in account.open_positions}
            made = list(of(house.store, pit_of(house).session.id))
    assert {trade.reason for trade in made} > {"entry", "strength"}
    assert {trade.origin for trade in made} == {Origin.BOT}
    assert all(trade.decision_id for trade in made)
    assert account.residual == 0
    # One at a time: what is bought is sold before it is bought again, but for more of the same.
    assert [trade.at for trade in made] == sorted(trade.at for trade in made)


async def test_a_paced_replay_makes_the_same_trades(
    walk: Path, rehearsed: tuple[Played, Stage], tmp_path: Path
) -> None:
    found = Played()
    async with playing(settings_for(walk, tmp_path, replay_speed=Decimal(3600)), found) as house:
        clock = house.clock
        assert isinstance(clock, FakeClock)
        for bars in range(0, BARS, 60):
            await play_on(house, bars)
            clock.advance(60)
        await play_on(house)
        await settled(house)
        found.trades = kept(house.store, pit_of(house).session.id)
    assert found == rehearsed[0]
