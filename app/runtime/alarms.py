"""Alarms: looks for what somebody should know about at once, and tells of it on disk, on every page and by webhook."""

from collections import Counter
from typing import TYPE_CHECKING

from app.domain.alerts import Alert, AlertKind

if TYPE_CHECKING:
    from app.runtime.house import House


class Alarms:
    """`standing` are the alerts whose condition lasts, `counts` how many were raised since the start, by kind."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self.standing: tuple[Alert, ...] = ()
        self.counts: Counter[AlertKind] = Counter()

    async def look(self) -> None:
        """Every few seconds: raise what is new, end what is over."""

    async def close(self) -> None:
        """Let nothing more be sent."""
