"""How a decision turned out: from the bars that were recorded, as near to the time as they come, or not at all."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.bars import PART, Bar, Interval
from app.domain.decisions import Logged
from app.domain.money import plain
from app.domain.performance import Figure
from app.domain.tokens import Token
from app.runtime.house import House
from app.runtime.outcomes import Outcome, all_outcomes, outcome_of, outcomes
from app.store.bars import SeriesKey, write_bars
from app.store.sessions import open_session
from tests.clock import START, FakeClock
from tests.runtime.demo_house import pit_of
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, opened_house
from tests.store.drawn import draft
from tests.store.drawn_decisions import a_decision

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TIME_AHEAD = Figure(None, "So much time has not passed yet.")
NO_BAR = Figure(None, "No bar that is kept ended near that time.")
FIRST = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def house(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH,LINK"), clock) as opened:
        yield opened


def unknown(number: int) -> Token:
    """A token that the demo market has no bars of."""
    return Token(8453, f"0x{number:040x}", f"T{number}", "A token", 18)


def at(time: datetime, house: House, token: Token, price: str | None = "100") -> Logged:
    """A decision of the session at work."""
    logged = a_decision(pit_of(house).session.id, time, token)
    return replace(logged, price=Decimal(price) if price is not None else None)


def closing(time: datetime, close: str, interval: Interval = Interval.M1, origin: str = "demo") -> Bar:
    """A bar that ends then."""
    price = Decimal(close)
    return Bar(time - interval.length, price, price, price, price, origin=origin)


def keep(house: House, token: Token, *items: tuple[Interval, Bar], market: str = "demo") -> None:
    write_bars(house.store, [(SeriesKey(market, *token.key), *item) for item in items])


def percents(outcome: Outcome) -> list[str | None]:
    figures = (outcome.after_5m, outcome.after_1h, outcome.after_24h)
    return [plain(figure.value) if figure.value is not None else None for figure in figures]


def test_the_change_is_from_the_decisions_price_and_signed() -> None:
    logged = replace(a_decision("s1", START), price=Decimal(100))
    closes = {5 * MINUTE: Decimal("101.5"), HOUR: Decimal("99.75"), DAY: Decimal(300)}
    found = outcome_of(logged, START + DAY, lambda time, _slack: closes[time - START])
    assert percents(found) == ["1.5", "-0.25", "200"]


def test_what_is_still_to_come_is_not_known_and_is_not_asked_for() -> None:
    logged = replace(a_decision("s1", START), price=Decimal(100))
    found = outcome_of(
        logged, START + HOUR - MINUTE, lambda time, _slack: Decimal(100) if time < START + HOUR else None
    )
    assert percents(found) == ["0", None, None]
    assert found.after_1h == found.after_24h == TIME_AHEAD


@pytest.mark.parametrize("price", [None, Decimal(0)])
def test_without_a_price_at_the_decision_there_is_no_change(price: Decimal | None) -> None:
    found = outcome_of(replace(a_decision("s1", START), price=price), START + DAY, lambda _time, _slack: Decimal(1))
    assert found == Outcome(*[Figure(None, "There was no price when it was decided.")] * 3)


async def test_prices_are_those_at_which_the_minutes_ended(house: House) -> None:
    token, time = unknown(1), START - 2 * DAY
    for wait, price in ((5 * MINUTE, "101"), (HOUR, "102"), (DAY, "97")):
        end = time + wait
        later = closing(end + MINUTE, "500")
        keep(house, token, (Interval.M1, closing(end, price)), (Interval.M1, later))
    assert percents(await outcomes(house, at(time, house, token))) == ["1", "2", "-3"]
    assert percents(await outcomes(house, at(time + 30 * timedelta(seconds=1), house, token))) == ["1", "2", "-3"]


async def test_a_shorter_bar_tells_before_a_longer_one_and_a_longer_one_where_there_is_none(house: House) -> None:
    token, time = unknown(2), START - 2 * DAY
    keep(house, token, (Interval.H1, closing(time + HOUR, "300", Interval.H1)))
    keep(house, token, (Interval.M5, closing(time + HOUR, "110", Interval.M5)))
    keep(house, token, (Interval.H1, closing(time + DAY, "120", Interval.H1)))
    assert percents(await outcomes(house, at(time, house, token))) == [None, "10", "20"]


async def test_a_bar_that_ended_too_long_before_says_nothing(house: House) -> None:
    token, time = unknown(3), START - 2 * DAY
    # After five minutes a bar of a minute before would be the price after four; an hour allows for twelve.
    keep(house, token, (Interval.M1, closing(time + 4 * MINUTE, "101")))
    keep(house, token, (Interval.M1, closing(time + 49 * MINUTE, "102")))
    found = await outcomes(house, at(time, house, token))
    assert found.after_5m == NO_BAR
    assert percents(found) == [None, "2", None]
    assert percents(await outcomes(house, at(time + 2 * MINUTE, house, token))) == [None, None, None]


async def test_no_bar_of_a_later_time_is_looked_at(house: House) -> None:
    token, time = unknown(4), START - 2 * DAY
    keep(house, token, (Interval.M5, closing(time + 6 * MINUTE, "200", Interval.M5)))
    assert (await outcomes(house, at(time, house, token))).after_5m == NO_BAR


async def test_what_is_not_on_disk_yet_is_known_too(house: House) -> None:
    token, time = unknown(5), START - HOUR
    keep(house, token, (Interval.M1, closing(time + 5 * MINUTE, "101")))
    house.floor.tape.put(token.key, Interval.M1, closing(time + 4 * MINUTE, "103"))
    assert percents(await outcomes(house, at(time, house, token)))[0] == "1"
    house.floor.tape.put(token.key, Interval.M1, closing(time + 5 * MINUTE, "102", origin=PART))
    house.floor.tape.put(token.key, Interval.M1, closing(time + 6 * MINUTE, "109"))
    assert percents(await outcomes(house, at(time, house, token))) == ["2", None, None]


async def test_of_another_market_only_its_own_bars_count(house: House) -> None:
    token, time = unknown(6), START - 2 * DAY
    elsewhere = open_session(house.store, draft("live"), START)
    logged = replace(at(time, house, token), session_id=elsewhere.id)
    keep(house, token, (Interval.M1, closing(time + HOUR, "200")))
    house.floor.tape.put(token.key, Interval.M1, closing(time + 5 * MINUTE, "200"))
    assert percents(await outcomes(house, logged)) == [None, None, None]
    keep(house, token, (Interval.M1, closing(time + HOUR, "101")), market="live")
    assert percents(await outcomes(house, logged)) == [None, "1", None]


async def test_many_at_once_are_what_they_are_one_by_one(house: House) -> None:
    tokens = [unknown(7), unknown(8), WETH]
    times = [START - step * 37 * MINUTE for step in range(40)]
    for step, time in enumerate(times):
        keep(house, tokens[step % 2], (Interval.M1, closing(time + HOUR, str(90 + step))))
    rows = [at(time, house, tokens[step % 3]) for step, time in enumerate(times)]
    together = await all_outcomes(house, rows)
    assert together == [await outcomes(house, row) for row in rows]
    assert len({outcome.after_1h for outcome in together}) > 10
    assert await all_outcomes(house, []) == []


async def test_a_replay_tells_from_its_recording_and_never_of_what_it_has_not_shown(tmp_path: Path) -> None:
    lines = [f"{(FIRST + step * MINUTE):%Y-%m-%dT%H:%M}:00Z,100,200,50,{100 + step},5" for step in range(180)]
    file = tmp_path / "day.csv"
    file.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(lines))
    clock, settings = FakeClock(), settings_of(tmp_path, market=f"replay:{file}", replay_speed=Decimal(60))
    async with opened_house(settings, clock) as house:
        clock.advance(100)
        house.ring()
        logged = at(FIRST + 10 * MINUTE, house, WETH, "100")
        now = house.feed.now()
        # The bar that ends after fifteen minutes closed at 114, and that after seventy at 169.
        assert percents(await outcomes(house, logged)) == ["14", "69", None]
        assert (await outcomes(house, at(now - 4 * MINUTE, house, WETH))).after_5m == TIME_AHEAD
