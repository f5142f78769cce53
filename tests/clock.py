"""A clock that stands still until it is told to go on, for everything that is told the time."""

from datetime import UTC, datetime, timedelta

from app.market.budget import Instant

START = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)


class FakeClock:
    """Both clocks go together, except where a test makes the wall clock jump."""

    def __init__(self, start: datetime = START) -> None:
        self.mono = 1000.0
        self.utc = start
        self.slept: list[float] = []

    def instant(self) -> Instant:
        return Instant(self.mono, self.utc)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.mono += seconds
        self.utc += timedelta(seconds=seconds)

    def jump(self, seconds: float) -> None:
        """The wall clock is set; the monotonic one knows nothing of it."""
        self.utc += timedelta(seconds=seconds)
