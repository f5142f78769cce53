"""The bell: rung when something that people can see has changed."""

import asyncio
from collections.abc import Callable
from enum import StrEnum


class Topic(StrEnum):
    """What has changed, as coarse as the views that show it."""

    PRICES = "prices"
    MARKET = "market"
    WATCHLIST = "watchlist"
    BARS = "bars"
    FEED = "feed"
    ACCOUNT = "account"
    SESSION = "session"
    BOT = "bot"
    DECISION = "decision"
    ALERT = "alert"
    LOG = "log"


class Bell:
    """Counts every ring in one growing `event_seq` and wakes whoever listens.

    Many rings while a listener is busy are heard as one, so that no listener can fall behind.
    """

    def __init__(self) -> None:
        self.event_seq = 0
        self._listeners: dict[asyncio.Event, set[Topic]] = {}

    def ring(self, *topics: Topic) -> None:
        """Tell all listeners; to be called on the event loop."""
        self.event_seq += 1
        for event, heard in self._listeners.items():
            heard.update(topics)
            event.set()

    def listener(self) -> "Listener":
        event, heard = asyncio.Event(), set[Topic]()
        self._listeners[event] = heard
        return Listener(event, heard, lambda: self._listeners.pop(event, None))


class Listener:
    """One ear at the bell."""

    def __init__(self, event: asyncio.Event, heard: set[Topic], leave: Callable[[], object]) -> None:
        self._event = event
        self._heard = heard
        self.leave = leave

    async def wait(self) -> frozenset[Topic]:
        """The topics rung since the last call; waits for the first."""
        await self._event.wait()
        self._event.clear()
        heard = frozenset(self._heard)
        self._heard.clear()
        return heard
