"""The ticket: what is filled in, what it would come to, and the press that makes an order of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import reflex as rx

from app.domain.orders import Origin, Side
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.runtime.pit import Pit
from app.trading.bell import Topic
from app.trading.desk import Placed
from app.ui import offered
from app.ui.state.account import pit_now, pressed
from app.ui.state.chart import ChartState
from app.ui.state.clicks import late, text_of
from app.ui.state.quote import QuoteState, blank, show_preview, show_purse
from app.ui.state.toasts import outcome_of, tell, tell_outcome, was_told
from app.ui.state.view import View, put, server_ms

# Between two previews that nobody asked for by changing something.
_IDLE_MS = 8_000
_MARKET = "market"
_NO_TERMS = {"price": "", "slippage": "", "expiry": ""}
_ONE_CLICK = Refusal("not_market", "Only market orders trade at one click; choose Market first.")

Act = Callable[[], Awaitable[Placed | Refusal]]


class TicketState(rx.State):
    """What is filled in, as text. `unit` is usd, token or pct (of the cash, or of what is held), `price` that of the
    type, or its trail in percent. While `armed`, presets and keys trade at once."""

    side: str = "buy"
    amount: str = ""
    unit: str = "usd"
    type: str = _MARKET
    price: str = ""
    slippage: str = ""
    expiry: str = ""
    armed: bool = False
    busy: bool = False
    _unit_before: str = ""
    _session: str = ""
    _asked: int = 0
    _renewed_ms: int = 0

    @rx.event
    async def load(self):
        """A page that loads is never armed."""
        self.armed = False
        await show_purse(await self.get_state(QuoteState))

    @rx.event
    async def choose_side(self, side: str):
        return await _fill(self, **_turned(self, text_of(side)))

    @rx.event
    async def write_amount(self, text: str):
        """A share that a button filled in is none any more once it is typed over."""
        typed = text_of(text, 40)
        before = self._unit_before if typed != self.amount else ""
        self._unit_before = "" if before else self._unit_before
        return await _fill(self, amount=typed, unit=before or self.unit)

    @rx.event
    async def choose_unit(self, unit: str):
        known = text_of(unit) in offered.UNITS and unit != self.unit
        self._unit_before = ""
        return await _fill(self, **({"unit": unit, "amount": ""} if known else {}))

    @rx.event
    async def choose_type(self, type_: str):
        """Another type wants another price; only a sell stops; and nothing but a market order trades at one click."""
        if text_of(type_) not in offered.TYPES or type_ == self.type:
            return None
        side = _turned(self, "sell") if type_ in offered.SELLS_ONLY else {}
        put(self, armed=self.armed and type_ == _MARKET)
        return await _fill(self, **side | {"type": type_} | _NO_TERMS)

    @rx.event
    def write_price(self, text: str):
        put(self, price=text_of(text, 40))

    @rx.event
    async def write_slippage(self, text: str):
        return await _fill(self, slippage=text_of(text, 20))

    @rx.event
    def choose_expiry(self, expiry: str):
        if text_of(expiry) in offered.EXPIRIES:
            put(self, expiry=text_of(expiry))

    @rx.event
    async def arm(self, order_id: str, clicked_ms: float):
        """From now on presets and keys trade at once, in this session."""
        pit = pit_now()
        refusal = late(clicked_ms) or (_ONE_CLICK if self.type != _MARKET else None)
        if refusal or isinstance(pit, Refusal):
            await tell(self, "refused", (refusal or cast("Refusal", pit)).sentence)
            return
        self._session = pit.session.id
        put(self, armed=True)

    @rx.event
    def disarm(self):
        put(self, armed=False)

    @rx.event(background=True)
    async def ask(self):
        """What would it come to? Somebody changed something."""
        await _ask(self)

    @rx.event(background=True)
    async def renew(self, token: str):
        """The page finds that the quote has run out, or shows another token."""
        async with self:
            quote = await self.get_state(QuoteState)
            await show_purse(quote)
            if quote.token == text_of(token) and server_ms() - self._renewed_ms < _IDLE_MS:
                return
            if quote.token != text_of(token) and self.unit == "token":
                # So many of one token are not so many of another.
                put(self, amount="")
            self._renewed_ms = server_ms()
        await _ask(self)

    @rx.event(background=True)
    async def press(self, order_id: str, clicked_ms: float, quote_id: str, token: str):
        """Take the offer on the screen, or put the order on the book."""
        async with self:
            act = await _pressed(self, order_id, clicked_ms, text_of(quote_id, 2000), text_of(token))
        await _do(self, act)

    @rx.event(background=True)
    async def preset(self, name: str, armed: bool, token: str, order_id: str, clicked_ms: float):
        """Fill in one of the presets; trade it at once where the page shows that it is armed, and it is."""
        async with self:
            known = offered.PRESETS[self.side].get(text_of(name))
            if known is None:
                return
            if known[1] != self.unit:
                self._unit_before = self.unit if known[1] == "pct" else ""
            await _fill(self, amount=known[0], unit=known[1])
            act = await _at_once(self, armed, text_of(token), order_id, clicked_ms)
        await _do(self, act)

    @rx.event(background=True)
    async def hit(self, side: str, armed: bool, token: str, order_id: str, clicked_ms: float):
        """A key: choose this side; where it is chosen already and armed, trade what is filled in at once."""
        async with self:
            turned = await _fill(self, **_turned(self, text_of(side))) is not None
            ready = not turned and side == self.side and self.amount.strip()
            act = await _at_once(self, armed, text_of(token), order_id, clicked_ms) if ready else None
        if turned or act is not None:
            await _do(self, act)


@dataclass(frozen=True, slots=True)
class _Order:
    """What the ticket asks for, of which desk, and the key of the token."""

    pit: Pit
    asked: Asked
    token: str


def _form(state: TicketState) -> offered.Form:
    return offered.Form(state.side, state.amount, state.unit, state.type, state.price, state.slippage, state.expiry)


def _turned(state: TicketState, side: str) -> dict[str, str]:
    """What changes with the side: a share of the cash is not one of what is held, and nothing stops a buy."""
    if side not in tuple(Side) or side == state.side:
        return {}
    whole = {"amount": ""} if state.unit == "pct" else {}
    plain = {"type": _MARKET} | _NO_TERMS if state.type in offered.SELLS_ONLY else {}
    return {"side": side} | whole | plain


async def _fill(state: TicketState, **values: str):
    """Fill in what differs; what stood on offer then stands no more, and is asked for anew."""
    if all(getattr(state, name) == value for name, value in values.items()):
        return None
    put(state, **values)
    state._asked += 1
    blank(await state.get_state(QuoteState))
    return TicketState.ask


async def _filled_in(state: TicketState, order_id: str) -> _Order | Refusal | None:
    """The order as it is filled in; None where nothing is yet."""
    chart, pit = await state.get_state(ChartState), pit_now()
    if isinstance(pit, Refusal) or not state.amount.strip() or not chart.chosen:
        return pit if isinstance(pit, Refusal) else None
    asked = offered.asked_of(_form(state), order_id, pit.desk.venue.now())
    return asked if isinstance(asked, Refusal) else _Order(pit, asked, chart.chosen)


async def _ask(state: TicketState) -> None:
    """Show what a market order would come to. A newer question makes an older answer worthless."""
    async with state:
        state._asked += 1
        number, quote = state._asked, await state.get_state(QuoteState)
        chosen = (await state.get_state(ChartState)).chosen
        order = await _filled_in(state, "preview") if state.type == _MARKET else None
        if not isinstance(order, _Order):
            blank(quote)
            put(quote, token=chosen, refusal=order.sentence if order else "")
            return
        put(quote, asking=True)
    found = await order.pit.desk.preview(order.asked, order.token)
    async with state:
        if state._asked == number:
            show_preview(await state.get_state(QuoteState), order.token, found)


async def _pressed(
    state: TicketState, order_id: str, clicked_ms: float, quote_id: str, token: str
) -> Act | Placed | Refusal | None:
    """What a press of the main button does: refused where the page shows something else than what stands here."""
    press = pressed(order_id, clicked_ms)
    if isinstance(press, Refusal):
        return press
    pit, known = press
    if await was_told(state, known):
        return None
    chosen, quote = (await state.get_state(ChartState)).chosen, await state.get_state(QuoteState)
    market = state.type == _MARKET
    if token != chosen or (market and (quote.token != token or quote.quote_id != quote_id)):
        # What a desk that went away had taken is answered with what became of it.
        return await outcome_of(pit, known) or _CHANGED
    if not market:
        return _placing(await _filled_in(state, known))
    if not quote_id:
        return Refusal("no_quote", "There is no quote to take yet; nothing was done.")
    return lambda: pit.desk.accept(known, quote_id, Origin.HAND)


_CHANGED = Refusal("changed", "The ticket changed meanwhile, so nothing was done; look at it and press again.")


async def _at_once(
    state: TicketState, armed: bool, token: str, order_id: str, clicked_ms: float
) -> Act | Refusal | None:
    """What an armed press does; None where it only fills in, because page and desk do not both hold it armed."""
    if armed is not True or not state.armed:
        if armed is True:
            await tell(state, "rests", "One-click mode is off; the amount was only filled in.")
        return None
    press = pressed(order_id, clicked_ms)
    if isinstance(press, Refusal):
        return press
    pit, known = press
    if pit.session.id != state._session or state.type != _MARKET:
        return None
    if token != (await state.get_state(ChartState)).chosen:
        return _CHANGED
    return None if await was_told(state, known) else _placing(await _filled_in(state, known))


def _placing(order: _Order | Refusal | None) -> Act | Refusal:
    if order is None:
        return Refusal("no_amount", "Type an amount first.")
    if isinstance(order, Refusal):
        return order
    return lambda: order.pit.desk.place(order.asked, order.token, Origin.HAND)


async def _do(state: TicketState, act: Act | Placed | Refusal | None) -> None:
    """Do it and say what came of it; then what the ticket would come to now."""
    if isinstance(act, Placed | Refusal):
        async with state:
            await tell_outcome(state, act)
    elif act is not None:
        async with state:
            put(state, busy=True)
        try:
            outcome = await act()
        finally:
            async with state:
                put(state, busy=False)
        async with state:
            await tell_outcome(state, outcome)
    await _ask(state)


async def show(state: rx.State) -> None:
    """Another session is never armed, and holds none of the offers of the one before."""
    pit = pit_now()
    if isinstance(state, TicketState) and isinstance(pit, Pit) and state._session not in ("", pit.session.id):
        state._session = ""
        put(state, armed=False)
        blank(await state.get_state(QuoteState))


VIEW = View(TicketState, show, frozenset({Topic.SESSION}), "/")
