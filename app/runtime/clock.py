"""The machine's clocks: everything else is told the time by one of these."""

import asyncio
import time
from datetime import UTC, datetime

from app.market.budget import Instant


class WallClock:
    """The real time, and real waiting."""

    def instant(self) -> Instant:
        return Instant(time.monotonic(), datetime.now(UTC))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
