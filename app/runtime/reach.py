"""The reach of the chain: whether any of its nodes answers, without which nothing can be bought or sold."""

from typing import TYPE_CHECKING

from app.domain.chains import CHAINS
from app.trading.bell import Topic

if TYPE_CHECKING:
    from app.runtime.house import House


def unreachable(house: "House") -> str:
    """Why nothing can be bought or sold: a sentence while every node of the chain has failed twice in a row, empty
    otherwise, and in a market that has no nodes."""
    venue = house.pit.desk.venue if house.pit else None
    if venue is None or not venue.nodes or not all(line.breaker.faults > 1 for line in venue.nodes):
        return ""
    chain = CHAINS[venue.chain.reference_id].name
    return f"No usable node for {chain} answers, so nothing can be bought or sold."


class Reach:
    """Asks for the newest block now and then: an order should not be what finds out that no node answers, nor be
    needed to find out that one does again."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self._said = ""

    async def look(self) -> None:
        """Ask, where there are nodes, and tell the faces where it is no more as they were told."""
        pit = self._house.pit
        if pit is not None and pit.desk.venue.nodes:
            await pit.desk.venue.quoter.head()
        said = unreachable(self._house)
        if said != self._said:
            self._said = said
            self._house.bell.ring(Topic.MARKET)
