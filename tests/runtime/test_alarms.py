"""The alarms of a real house: each kind of alert is provoked, raised once, told, and ended once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.alerts import AlertKind
from app.domain.ledger import Account
from app.domain.prices import Reading, SourceRule
from tests.clock import FakeClock
from tests.runtime.bots import WETH, Ground, ground_of
from tests.runtime.demo_house import pit_of
from tests.runtime.watch import Watch

K = AlertKind


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def ground(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Ground]:
    """An invented market whose prices are what the test posts."""
    async with ground_of(tmp_path, clock) as made:
        yield made


@pytest.fixture
def watch(ground: Ground, clock: FakeClock) -> Watch:
    """The ground's house; prices go on and the bot thinks between two looks."""

    async def meanwhile() -> None:
        ground.post()
        await ground.think()

    return Watch(ground.house, clock, meanwhile)


# -- one kind after another


async def test_nothing_is_told_of_a_desk_that_is_well(watch: Watch) -> None:
    await watch.looks(120)
    assert (watch.told, watch.on_disk(), watch.alarms.counts) == ([], [], {})


async def test_a_disk_that_fills_is_told_once_and_so_is_that_it_has_room_again(watch: Watch) -> None:
    watch.room = (1000, 10**12)
    await watch.looks(60)
    assert watch.standing == [(K.DISK_NEARLY_FULL, "")]
    watch.room = (10**12, 2 * 10**12)
    await watch.looks(120)
    assert watch.told == [("raised", K.DISK_NEARLY_FULL), ("recovered", K.DISK_NEARLY_FULL)]
    assert watch.on_disk() == [("a1", K.DISK_NEARLY_FULL, False)]
    assert watch.alarms.counts == {K.DISK_NEARLY_FULL: 1}


async def test_a_disk_that_nobody_can_look_at_says_nothing_new(watch: Watch) -> None:
    watch.room = (1000, 10**12)
    await watch.looks(20)
    watch.unreadable = True
    await watch.looks(120)
    assert watch.told == [("raised", K.DISK_NEARLY_FULL)]


async def test_a_bot_that_does_not_tick_is_told_and_that_it_ticks_again(watch: Watch, ground: Ground) -> None:
    await ground.begin()
    await watch.looks(60)
    think, watch.meanwhile = watch.meanwhile, None
    await watch.looks(70)
    assert watch.standing == [(K.BOT_STALLED, "")]
    watch.meanwhile = think
    await watch.looks(20)
    assert watch.told == [("raised", K.BOT_STALLED), ("recovered", K.BOT_STALLED)]


async def test_a_bot_that_is_stopped_need_not_tick(watch: Watch) -> None:
    watch.meanwhile = None
    await watch.looks(300)
    assert watch.told == []


async def test_a_price_that_grows_old_is_told_only_while_the_token_is_held(watch: Watch, ground: Ground) -> None:
    watch.meanwhile = silence(ground)
    await watch.looks(400)
    assert watch.standing == []
    ground.post()
    await ground.buy("one", "500")
    await watch.looks(400)
    # What pays for every fill is silent too.
    assert sorted(watch.standing) == [(K.PRICE_STALE, "USDC"), (K.PRICE_STALE, "WETH")]
    watch.meanwhile = None
    ground.post()
    await watch.looks(30)
    assert sorted(watch.told) == [*[("raised", K.PRICE_STALE)] * 2, *[("recovered", K.PRICE_STALE)] * 2]


async def test_a_price_of_what_is_held_that_sources_dispute_is_told(
    watch: Watch, ground: Ground, clock: FakeClock
) -> None:
    await ground.buy("one", "500")
    ground.house.board.rules["other"] = SourceRule("other", 1, "other", timedelta(seconds=60))
    apart = Decimal("1.1")

    async def disputed() -> None:
        ground.post()
        other = Reading(WETH.key, ground.price() * apart, "other", clock.utc, clock.utc)
        ground.house.floor.ticker.post([other], clock.utc)

    watch.meanwhile = disputed
    await watch.looks(60)
    assert watch.standing == [(K.PRICE_DISPUTED, "WETH")]
    apart = Decimal(1)
    await watch.looks(60)
    assert watch.told == [("raised", K.PRICE_DISPUTED), ("recovered", K.PRICE_DISPUTED)]


async def test_a_daily_loss_that_is_reached_is_told_and_over_with_the_day(
    watch: Watch, ground: Ground, clock: FakeClock
) -> None:
    await ground.begin("pause", daily_loss_pct="3")
    await watch.looks(10)
    await ground.buy("one", "9000")
    ground.post(WETH="0.9")
    await watch.looks(30)
    assert watch.standing == [(K.DAILY_LOSS, "")]
    clock.advance(13 * 3600)
    await watch.looks(10)
    assert watch.told == [("raised", K.DAILY_LOSS), ("recovered", K.DAILY_LOSS)]


async def test_books_whose_memory_is_not_what_disk_says_are_told_at_the_next_audit(
    watch: Watch, ground: Ground
) -> None:
    await watch.looks(65)
    true = pit_of(ground.house).account
    # Consistent in itself, so that only the ledger on disk can tell.
    corrupt(ground, replace(true, cash=true.cash + 1, deposits=true.deposits + 1))
    await watch.looks(50)
    assert watch.standing == []
    await watch.looks(5)
    assert watch.standing == [(K.BOOKS_OUT_OF_BALANCE, "s1")]
    assert watch.alarms.standing[0].condition.sentence == ("The books do not balance: the audit found memory off by 2.")
    corrupt(ground, true)
    await watch.looks(70)
    assert watch.told == [("raised", K.BOOKS_OUT_OF_BALANCE), ("recovered", K.BOOKS_OUT_OF_BALANCE)]


async def test_books_that_are_off_in_memory_are_told_at_once(watch: Watch, ground: Ground) -> None:
    true = pit_of(ground.house).account
    corrupt(ground, replace(true, cash=true.cash + 1))
    await watch.looks(5)
    assert watch.standing == [(K.BOOKS_OUT_OF_BALANCE, "s1")]
    assert "off by 1 dollars" in watch.alarms.standing[0].condition.sentence


def silence(ground: Ground) -> Callable[[], Awaitable[None]]:
    async def settle() -> None:
        ground.house.floor.ticker.settle(ground.clock.utc)
        await ground.think()

    return settle


def corrupt(ground: Ground, account: Account) -> None:
    """Have the desk's memory say this of its account."""
    rounds, books = ground.house.rounds, pit_of(ground.house).desk.books
    rounds._books[account.id] = replace(books, account=account)
