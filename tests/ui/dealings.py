"""What tests do with a desk: buy, sell, and press a button as a browser does."""

from itertools import count

from app.domain.orders import Origin
from app.domain.tickets import Asked
from app.domain.trades import Trade
from app.runtime.house import House
from app.runtime.pit import Pit
from app.trading.desk import Placed
from app.ui.state.view import server_ms

_ids = count(1)


def pit_of(house: House) -> Pit:
    """The session at work, which there has to be."""
    assert house.pit is not None
    return house.pit


def press() -> tuple[str, float]:
    """What a press of a button says of itself: a new order id, and that it was made now."""
    return f"press-{next(_ids)}", float(server_ms())


async def placed(house: House, side: str, symbol: str, **size: str) -> Placed:
    """An order that the desk has taken."""
    asked = Asked(f"test-{next(_ids)}", side, **size)  # pyright: ignore[reportArgumentType] # all of them are texts
    outcome = await pit_of(house).desk.place(asked, symbol, Origin.HAND)
    assert isinstance(outcome, Placed), outcome
    return outcome


async def bought(house: House, symbol: str = "WETH", usd: str = "1000") -> Trade:
    trade = (await placed(house, "buy", symbol, amount_usd=usd)).trade
    assert trade is not None
    return trade


async def sold(house: House, symbol: str = "WETH", share: str = "100") -> Trade:
    trade = (await placed(house, "sell", symbol, share_pct=share)).trade
    assert trade is not None
    return trade
