"""Replay: recorded time, nothing from the future, and an end."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.bars import Interval, rolled_up
from app.domain.prices import PriceState
from app.domain.registry import on_chain
from app.domain.tokens import Token
from app.market.recording import read_recording
from app.runtime.house import House
from app.runtime.opening import recording_of
from app.runtime.replay import ReplayFeed
from app.runtime.settings import BadSetting, Settings
from app.trading.bell import Topic
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import opened_house, until

WETH = next(token for token in on_chain(8453) if token.symbol == "WETH")
BEGIN = datetime(2024, 3, 1, tzinfo=UTC)


def recording(folder: Path, *, count: int = 60, step_s: int = 3600, bad: Sequence[str] = ()) -> Path:
    """A file of `count` bars; the bar number n opens at 1000 + n and closes one higher."""
    lines = ["timestamp,open,high,low,close,volume", *bad]
    for number in range(count):
        at = BEGIN + timedelta(seconds=number * step_s)
        lines.append(f"{at.isoformat()},{1000 + number},{1002 + number},{999 + number},{1001 + number},10")
    file = folder / "hours.csv"
    file.write_text("\n".join(lines))
    return file


def settings_for(file: Path, **values: object) -> Settings:
    return settings_of(file.parent, market=f"replay:{file}", **values)


def feed_of(house: House) -> ReplayFeed:
    assert isinstance(house.feed, ReplayFeed)
    return house.feed


async def on(house: House, clock: FakeClock, seconds: float) -> None:
    pit = house.pit
    assert pit is not None
    # What the bot has to log of many bars holds the next ones back.
    await until(lambda: not pit.bot.is_busy())
    clock.advance(seconds)
    house.ring()
    await until(lambda: not pit.bot.is_busy())


async def test_recorded_time_goes_at_the_chosen_speed(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path), replay_speed=Decimal(600)), clock) as house:
        assert (house.feed.now(), house.feed.speed) == (BEGIN, 600)
        await on(house, clock, 3)
        assert house.feed.now() == BEGIN + timedelta(minutes=30)
        assert house.price(WETH).state is PriceState.NONE
        await on(house, clock, 3)
        assert house.feed.now() == BEGIN + timedelta(hours=1)
        held = house.price(WETH)
        assert (held.price, held.as_of, held.state) == (1001, BEGIN + timedelta(hours=1), PriceState.LIVE)


async def test_time_is_counted_from_the_opening_and_not_from_before(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path)), clock) as house:
        assert house.feed.now() == BEGIN
        assert clock.utc.year == 2026


@pytest.mark.parametrize("interval", list(Interval))
@pytest.mark.parametrize("speed", [Decimal(60), Decimal("12345.6"), "max"])
async def test_no_bar_knows_anything_of_what_comes_after_the_recorded_moment(
    tmp_path: Path, speed: Decimal, interval: Interval
) -> None:
    clock = FakeClock()
    file = recording(tmp_path, count=700, step_s=300)
    everything = read_recording(file, "WETH").bars
    async with opened_house(settings_for(file, replay_speed=speed), clock) as house:
        for seconds in (0.5, 5, 7, 0, 61, 3600):
            await on(house, clock, seconds)
            closed = [bar for bar in everything if bar.at + timedelta(minutes=5) <= house.feed.now()]
            shown = await house.bars(WETH, interval, 500)
            wanted = rolled_up(closed, interval)[-500:] if interval is not Interval.M1 else []
            assert shown == wanted
            last = house.last_bar(WETH, interval)
            assert last == (wanted[-1] if wanted else None)
            for point in house.day(WETH).closes:
                assert point in {bar.close for bar in closed}


async def test_a_bar_that_is_open_holds_only_what_has_closed(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path, step_s=900), replay_speed=Decimal(900)), clock) as house:
        await on(house, clock, 6.5)
        first, second = await house.bars(WETH, Interval.H1, 10)
        assert (first.open, first.high, first.low, first.close, first.volume) == (1000, 1005, 999, 1004, 40)
        assert (second.open, second.high, second.low, second.close, second.volume) == (1004, 1007, 1003, 1006, 20)


async def test_an_hourly_recording_has_no_shorter_bars_and_says_which_it_has(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path), replay_speed=Decimal(3600)), clock) as house:
        await on(house, clock, 30)
        assert [house.feed.shortest(interval) for interval in Interval] == [*[Interval.H1] * 4, Interval.D1]
        assert await house.bars(WETH, Interval.M1, 50) == []
        assert len(await house.bars(WETH, house.feed.shortest(Interval.M1), 50)) == 30


async def test_a_recording_of_an_odd_interval_is_shown_in_the_next_longer_one(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path, step_s=150), replay_speed=Decimal(150)), clock) as house:
        await on(house, clock, 40)
        assert house.feed.shortest(Interval.M1) is Interval.M5
        bars = await house.bars(WETH, Interval.M5, 50)
        assert [bar.close for bar in bars] == [1000 + 2 * number for number in range(1, 21)]
        assert house.last_bar(WETH, Interval.M5) == bars[-1]


async def test_the_newest_bars_are_told_where_more_are_recorded_than_asked_for(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path), replay_speed=Decimal(3600)), clock) as house:
        await on(house, clock, 40)
        assert [bar.close for bar in await house.bars(WETH, Interval.H1, 3)] == [1038, 1039, 1040]


async def test_at_the_end_of_the_file_the_replay_has_ended_and_its_last_price_grows_old(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path), replay_speed=Decimal(3600)), clock) as house:
        await on(house, clock, 59)
        assert house.feed.state == "running"
        ear = house.bell.listener()
        await on(house, clock, 1)
        assert house.feed.state == "ended"
        assert Topic.MARKET in await ear.wait()
        end = BEGIN + timedelta(hours=60)
        assert house.price(WETH).state is PriceState.LIVE
        await on(house, clock, 86400)
        held = house.price(WETH)
        assert (house.feed.state, held.price, held.as_of, held.state) == ("ended", 1060, end, PriceState.STALE)
        assert (await house.bars(WETH, Interval.H1, 500))[-1].at + Interval.H1.length == end


async def test_at_full_speed_the_bars_come_in_portions_and_end(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path, count=900), replay_speed="max"), clock) as house:
        counts = list[int]()
        while house.feed.state == "running":
            counts.append(len(await house.bars(WETH, Interval.H1, 1000)))
            await on(house, clock, 0)
        assert counts == [200, 400, 600, 800]
        assert len(await house.bars(WETH, Interval.H1, 1000)) == 900
        assert house.feed.now() == BEGIN + timedelta(hours=900)


async def test_the_change_over_a_day_is_a_recorded_day(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path), replay_speed=Decimal(3600)), clock) as house:
        await on(house, clock, 30)
        await house.look_back()
        change = house.day(WETH).change_pct(house.price(WETH).price)
        assert change is not None
        # 1030 now, and 1006 when the bar that ended 24 recorded hours ago closed.
        assert change.quantize(Decimal("0.000001")) == Decimal("2.385686")


async def test_nothing_of_a_replay_is_put_into_the_store(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path), replay_speed=Decimal(3600)), clock) as house:
        await on(house, clock, 30)
        await house.write_down()
        assert house.trouble == ""
        assert await house.floor.bars(WETH.key, Interval.H1, 10) == []


async def test_what_was_wrong_with_the_file_is_said(tmp_path: Path) -> None:
    bad = ["nonsense", f"{BEGIN.isoformat()},1,2,3,1,1", f"{BEGIN.isoformat()},0,1,0,1,1", "2024-03-01,9,9,9,9,9"]
    async with opened_house(settings_for(recording(tmp_path, bad=bad)), FakeClock()) as house:
        assert "60 bars of 1 h for WETH" in house.floor.why
        for part in ("rows dropped: 4", "1 columns", "1 high below low", "1 not positive", "1 duplicate"):
            assert part in house.floor.why
        assert house.floor.why.endswith(".")


@pytest.mark.parametrize("content", [None, "", "timestamp,open\n1,2\n", "timestamp,open,high,low,close\n0,1,1,1,1\n"])
def test_a_file_that_is_no_recording_is_a_bad_setting(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "bad.csv"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadSetting) as refusal:
        recording_of(settings_for(file))
    assert str(refusal.value).startswith("DRYDOCK_MARKET: ")
    assert "bad.csv" in str(refusal.value)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(("chain_id", "symbol"), [(8453, "WETH"), (84532, "WETH"), (8453, "SOL"), (84532, "SOL")])
async def test_any_token_can_be_replayed_on_any_chain(tmp_path: Path, chain_id: int, symbol: str) -> None:
    clock = FakeClock()
    settings = settings_for(recording(tmp_path), chain_id=chain_id, replay_symbol=symbol, replay_speed=Decimal(3600))
    async with opened_house(settings, clock) as house:
        (entry,) = house.floor.watchlist
        await on(house, clock, 30)
        await house.look_back()
        assert entry.token.symbol == symbol
        assert house.price(entry.token).price == 1030
        assert len(await house.bars(entry.token, Interval.H1, 50)) == 30
        assert house.day(entry.token).change_pct(Decimal(1030)) is not None


async def test_another_token_has_no_recorded_bars(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path), replay_speed=Decimal(3600)), clock) as house:
        await on(house, clock, 30)
        other = Token(8453, "0x" + "1" * 40, "OTHER", "Other", 18)
        assert await house.bars(other, Interval.H1, 50) == []
        assert house.price(other).state is PriceState.NONE


async def test_a_replay_is_its_own_source_and_needs_no_budget(tmp_path: Path) -> None:
    clock = FakeClock()
    async with opened_house(settings_for(recording(tmp_path), replay_speed=Decimal(3600)), clock) as house:
        assert [status.state for status in feed_of(house).statuses()] == ["waiting"]
        await on(house, clock, 2)
        (status,) = house.feed.statuses()
        assert (status.name, status.state, status.requests, status.budget) == ("replay", "live", 0, ())


async def test_a_price_grows_old_in_recorded_time_over_a_gap(tmp_path: Path) -> None:
    file = recording(tmp_path, count=10)
    later = BEGIN + timedelta(hours=40)
    with file.open("a") as appended:
        appended.write(f"\n{later.isoformat()},5,5,5,5,1\n")
    clock = FakeClock()
    async with opened_house(settings_for(file, replay_speed=Decimal(3600)), clock) as house:
        await on(house, clock, 12)
        assert house.price(WETH).state is PriceState.LIVE
        await on(house, clock, 1)
        assert house.price(WETH).state is PriceState.STALE
        await on(house, clock, 28)
        assert (house.price(WETH).price, house.price(WETH).state) == (5, PriceState.LIVE)
