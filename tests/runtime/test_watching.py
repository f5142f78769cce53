"""What the alarms look at: the prices that a sale needs, and the disk now and then."""

from pathlib import Path

import pytest

from app.domain.alerts import AlertKind
from app.runtime.watching import DISK_SECONDS, Watching
from tests.clock import FakeClock
from tests.runtime.bots import ground_of, token_of
from tests.runtime.watch import ROOM, Watch


@pytest.mark.parametrize("paying", ["USDC", "WETH"])
async def test_what_pays_for_every_fill_is_watched_while_anything_is_held(tmp_path: Path, paying: str) -> None:
    clock = FakeClock()
    async with ground_of(tmp_path, clock, ("LINK",)) as ground:

        async def meanwhile() -> None:
            ground.post()
            ground.house.floor.ticker.settle(clock.utc)

        watch, all_others = Watch(ground.house, clock, meanwhile), ground._others  # pyright: ignore[reportPrivateUsage] # whom the test silences
        others = [it for it in all_others if it.token != token_of(paying).key]
        ground._others = others  # pyright: ignore[reportPrivateUsage] # as above
        await watch.looks(120)
        assert watch.standing == []
        ground._others = all_others  # pyright: ignore[reportPrivateUsage] # as above
        ground.post()
        await ground.buy("one", "500", "LINK")
        ground._others = others  # pyright: ignore[reportPrivateUsage] # as above
        await watch.looks(120)
        assert watch.standing == [(AlertKind.PRICE_STALE, paying)]
        assert "nothing can be bought or sold until it is live" in watch.alarms.standing[0].condition.sentence


async def test_the_disk_is_looked_at_twice_a_minute_however_often_the_rest_is(tmp_path: Path) -> None:
    clock, looked = FakeClock(), list[float]()

    def free(_folder: Path) -> tuple[int, int]:
        looked.append(clock.mono)
        return ROOM

    async with ground_of(tmp_path, clock) as ground:
        watching, began = Watching(ground.house, free), clock.mono
        for _ in range(13):
            disk = (await watching.look()).disk
            assert disk is not None and (disk.free, disk.total) == ROOM
            clock.advance(5)
    assert [at - began for at in looked] == [0, DISK_SECONDS, 2 * DISK_SECONDS]
