"""The hand of a trader: a browser tab with the ticket on it, and the presses of its buttons."""

from uuid import uuid4

from app.runtime.house import House
from app.runtime.pit import Pit
from app.ui.state.chart import ChartState
from app.ui.state.quote import QuoteState
from app.ui.state.ticket import TicketState
from app.ui.state.toasts import ToastState
from app.ui.state.view import server_ms
from tests.ui.tabs import Tab, call


class Hand:
    """A browser tab with the ticket on it, and the hand that presses its buttons."""

    def __init__(self, house: House) -> None:
        self.tab = Tab()
        assert house.pit is not None
        self.pit: Pit = house.pit
        self.ticket: TicketState
        self.quote: QuoteState
        self.chart: ChartState

    async def sits(self) -> "Hand":
        await self.tab.show_all()
        self.ticket, self.quote = await self.tab.get(TicketState), await self.tab.get(QuoteState)
        self.chart = await self.tab.get(ChartState)
        await call(self.ticket, "load")
        return self

    @property
    def version(self) -> int:
        return self.pit.account.version

    async def types(self, amount: str) -> None:
        await call(self.ticket, "write_amount", amount)

    async def presses(self, order_id: str = "", quote_id: str | None = None, token: str = "WETH", at: int = 0) -> None:
        shown = self.quote.quote_id if quote_id is None else quote_id
        await call(self.ticket, "press", order_id or uuid4().hex, at or server_ms(), shown, token)

    async def taps(self, name: str, *, armed: bool, token: str = "WETH", at: int = 0) -> None:
        await call(self.ticket, "preset", name, armed, token, uuid4().hex, at or server_ms())

    async def hits(self, side: str, *, armed: bool = True) -> None:
        await call(self.ticket, "hit", side, armed, self.chart.chosen, uuid4().hex, server_ms())

    async def arms(self) -> None:
        await call(self.ticket, "arm", uuid4().hex, server_ms())

    async def told(self) -> list[str]:
        return [f"{toast['kind']}: {toast['text']}" for toast in (await self.tab.get(ToastState)).toasts]
