"""Uptime: what has become of every source and of the prices since the start, against what was promised."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.runtime.house import House


class Uptime:
    """The feed's service level."""

    def __init__(self, house: "House") -> None:
        self._house = house

    def look(self) -> None:
        """Once a second: note what has changed."""
