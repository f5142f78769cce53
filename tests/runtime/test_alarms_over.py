"""How alarms of a real house end where what they were about is looked at no more: with a sentence that is true."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.alerts import AlertKind
from app.domain.session import Session
from app.runtime.house import House
from app.runtime.sessions import new_session
from app.store.alerts import AlertFilter, alerts
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.bots import Ground, ground_of
from tests.runtime.demo_house import pit_of
from tests.runtime.houses import at_rest, opened_house, settings_on
from tests.runtime.watch import Watch

K = AlertKind
ANOTHER = "Another session is open."


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def ground(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Ground]:
    async with ground_of(tmp_path, clock) as made:
        yield made


@pytest.fixture
def watch(ground: Ground, clock: FakeClock) -> Watch:
    """No price comes and the bot does not think, unless a test says so."""
    return Watch(ground.house, clock, lambda: silence(ground))


async def silence(ground: Ground) -> None:
    ground.house.floor.ticker.settle(ground.clock.utc)


def endings(watch: Watch) -> list[tuple[AlertKind, str]]:
    """With what alerts have ended, as pages and the webhook were told, and as disk has it."""
    ended = [news.alert for news in watch.alarms.news if news.event == "recovered"]
    assert {alert.id: alert for alert in alerts(watch.house.store, AlertFilter(standing=False), 100)} == {
        alert.id: alert for alert in ended
    }
    return [(alert.condition.kind, alert.condition.recovery) for alert in ended]


async def test_prices_that_a_new_session_does_not_need_have_not_come_back(watch: Watch, ground: Ground) -> None:
    await ground.buy("one", "500")
    await watch.looks(400)
    assert sorted(watch.standing) == [(K.PRICE_STALE, "USDC"), (K.PRICE_STALE, "WETH")]
    await new_session(ground.house)
    await watch.looks(40)
    assert endings(watch) == [(K.PRICE_STALE, ANOTHER)] * 2


async def test_books_of_a_session_that_was_left_do_not_balance_again(watch: Watch, ground: Ground) -> None:
    rounds, books = ground.house.rounds, pit_of(ground.house).desk.books
    rounds._books["s1"] = replace(books, account=replace(books.account, cash=books.account.cash + 1))
    await watch.looks(5)
    assert watch.standing == [(K.BOOKS_OUT_OF_BALANCE, "s1")]
    await new_session(ground.house)
    await watch.looks(130)
    assert endings(watch) == [(K.BOOKS_OUT_OF_BALANCE, ANOTHER)]


async def test_a_bot_that_is_stopped_while_it_stands_still_does_not_look_again(watch: Watch, ground: Ground) -> None:
    await ground.begin()
    await watch.looks(70)
    assert watch.standing == [(K.BOT_STALLED, "")]
    await ground.bot.command("stop")
    await watch.looks(40)
    assert endings(watch) == [(K.BOT_STALLED, "The bot was stopped.")]


async def test_after_a_restart_a_bot_looks_again_only_once_it_has(tmp_path: Path, clock: FakeClock) -> None:
    async with ground_of(tmp_path, clock) as ground:
        await ground.begin()
        await Watch(ground.house, clock).looks(70)
    async with ground_of(tmp_path, clock) as ground:
        watch = Watch(ground.house, clock)
        await watch.looks(100)
        assert (watch.standing, endings(watch)) == ([(K.BOT_STALLED, "")], [])
        await ground.think()
        await watch.looks(20)
        assert endings(watch) == [(K.BOT_STALLED, "The bot looks at the market again.")]


async def test_a_live_market_that_was_left_and_its_sources_do_not_answer_again(
    tmp_path: Path, clock: FakeClock
) -> None:
    with Double(now=lambda: clock.utc, hang_s=2) as double:
        settings = settings_on(double, tmp_path, market="live", watchlist="WETH", sources="coinbase,kraken")
        async with opened_house(settings, clock) as house:
            watch = Watch(house, clock, lambda: rung(house))
            double.misbehave("kraken", Mischief.RATE_LIMITED)
            double.misbehave("coinbase", Mischief.REFUSE)
            await watch.looks(150)
            assert sorted(watch.standing) == [(K.FEED_DOWN, "live"), (K.RATE_LIMITED, "kraken")]
        async with opened_house(settings, clock) as house:
            watch = Watch(house, clock, lambda: rung(house))
            await watch.looks(30)
            assert len(watch.standing) == 2
            assert isinstance(await new_session(house, market="demo"), Session)
            await house.feed.stop()
            watch.meanwhile = None
            await watch.looks(30)
            assert sorted(endings(watch)) == [
                (kind, "The live market was left.") for kind in (K.FEED_DOWN, K.RATE_LIMITED)
            ]


async def rung(house: House) -> None:
    house.ring()
    await at_rest(house)
