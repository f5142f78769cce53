"""Readers who are let go of: counted by why, written down once in a while, and told in the metrics."""

import logging

import pytest

from app.api.cable import Cable
from app.api.exposition import Exposition
from app.runtime.house import House
from app.trading.bell import Topic
from tests.api.listeners import heard, small
from tests.clock import FakeClock
from tests.runtime.houses import go_on

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_drop_is_counted_and_written_down_once_in_a_while(
    demo: House, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    cable = Cable(demo, small(chunks=0))
    for _ in range(3):
        await heard(await cable.reader())
    with caplog.at_level(logging.WARNING, logger="drydock"):
        await go_on(demo, clock, 1)
        await cable.hear({Topic.PRICES})
        clock.advance(11)
        await heard(await cable.reader())
        await go_on(demo, clock, 1)
        await cable.hear({Topic.PRICES})
    lines = [record.getMessage() for record in caplog.records if "stream=" in record.getMessage()]
    said = "[SESSION] stream=dropped code=too_slow dropped="
    assert lines == [f"{said}1", f"{said}4"]
    cable.hang_up()
    assert dict(cable.dropped) == {"too_slow": 4}
    found = {family.name: family for family in Exposition(lambda: cable).collect()}
    told = {sample.labels["code"]: sample.value for sample in found["drydock_stream_dropped"].samples}
    assert told == {"too_slow": 4, "took_nothing": 0, "closing": 0}


async def test_those_who_are_told_that_the_desk_closes_are_counted_and_nothing_is_written(
    demo: House, caplog: pytest.LogCaptureFixture
) -> None:
    cable = Cable(demo, small())
    await cable.reader()
    with caplog.at_level(logging.WARNING, logger="drydock"):
        cable.hang_up()
    assert (dict(cable.dropped), caplog.messages) == ({"closing": 1}, [])
