"""The bell: heard by all, and by each as one ring however many there were."""

import asyncio

from app.trading.bell import Bell, Topic


async def test_many_rings_are_heard_as_one_with_all_their_topics() -> None:
    bell = Bell()
    ear = bell.listener()
    for _ in range(100):
        bell.ring(Topic.PRICES)
    bell.ring(Topic.MARKET, Topic.BARS)
    assert await ear.wait() == {Topic.PRICES, Topic.MARKET, Topic.BARS}
    assert bell.event_seq == 101


async def test_a_slow_listener_holds_up_nobody() -> None:
    bell = Bell()
    bell.listener()
    quick = bell.listener()
    bell.ring(Topic.PRICES)
    assert await asyncio.wait_for(quick.wait(), 1) == {Topic.PRICES}


async def test_who_has_left_hears_nothing_and_who_waits_is_woken() -> None:
    bell = Bell()
    gone, waiting = bell.listener(), bell.listener()
    gone.leave()
    heard = asyncio.create_task(waiting.wait())
    await asyncio.sleep(0)
    assert not heard.done()
    bell.ring(Topic.WATCHLIST)
    assert await heard == {Topic.WATCHLIST}
