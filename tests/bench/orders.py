"""Orders: how many a second through REST, each on disk when it is answered, and what the desk itself takes for one.

The first is wrk with eight connections against the demo market; the desk's own time is that of market orders one after
the other in a house without a face, their quotes left out.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.domain.orders import Origin
from app.domain.tickets import Asked
from app.runtime.clock import WallClock
from app.trading.desk import Placed
from tests.bench.rig import Figure, Pauses, wait_for_quiet
from tests.bench.server import Stage, serving
from tests.bench.wrk import wrk
from tests.runtime.desk import settings_of
from tests.runtime.houses import opened_house

SECONDS = 10
LIMIT_PER_S = 300
LIMIT_MS = 10
SAMPLES = 600

_SCRIPT = """
local made = 0
request = function()
  made = made + 1
  local body = string.format('{"order_id":"%s-%d","token":"WETH","side":"buy","amount_usd":"1.25"}', PREFIX, made)
  return wrk.format("POST", "/api/orders", {["content-type"] = "application/json"}, body)
end
"""


def measure(_: Stage) -> Iterator[Figure]:
    with serving({"DRYDOCK_MARKET": "demo", "DRYDOCK_STARTING_BALANCE": "1000000"}) as server:
        server.wait_until_settled()
        wait_for_quiet()
        wrk(server.url, 2, f'PREFIX = "warm"{_SCRIPT}')
        with Pauses() as pauses:
            ran = wrk(server.url, SECONDS, f'PREFIX = "real"{_SCRIPT}')
    note = f"{ran.errors} errors; p95 {ran.p95_ms:.0f} ms; {pauses}"
    yield Figure("orders through REST", LIMIT_PER_S, "1/s", [ran.per_second], note=note, least=True)
    wait_for_quiet()
    seconds = asyncio.run(_desk_times())
    yield Figure("the desk's time for an order", LIMIT_MS, "ms", [one * 1000 for one in seconds], "p95")


async def _desk_times() -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        async with opened_house(settings_of(Path(folder), market="demo"), WallClock()) as house:
            assert house.pit is not None
            desk = house.pit.desk
            for number in range(SAMPLES):
                house.ring()
                placed = await desk.place(Asked(f"o{number}", "buy", amount_usd="1.5"), "WETH", Origin.API)
                assert isinstance(placed, Placed), placed
            return list(desk.repeats.seconds)
