"""The exits of one position as they are edited: a stop, a target and a trailing stop, each set or cleared."""

from decimal import Decimal

import reflex as rx

from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.trading.exits import exits_of, set_exits
from app.ui.state.clicks import late, text_of
from app.ui.state.positions import PositionsState, held_entry, show_positions
from app.ui.state.view import put

NAMES = ("stop_loss", "take_profit", "trailing_pct")


class ExitsState(rx.State):
    """`key` is the row whose exits are edited, empty for none; the three are what they are now, as text."""

    key: str = ""
    symbol: str = ""
    stop_loss: str = ""
    take_profit: str = ""
    trailing_pct: str = ""
    said: str = ""

    @rx.event
    async def edit(self, key: str):
        """Begin with the exits that the position has."""
        await edit(self, text_of(key))

    @rx.event
    def close(self):
        self.key, self.said = "", ""

    @rx.event
    async def save(self, form: dict, clicked_ms: float):
        """Set the exits to what was written; what was left empty is cleared."""
        given = form if isinstance(form, dict) else {}
        await save(self, {name: text_of(given.get(name), 40).strip() or None for name in NAMES}, clicked_ms)

    @rx.event
    async def clear(self, _order_id: str, clicked_ms: float):
        """Take all exits away."""
        await save(self, dict.fromkeys(NAMES), clicked_ms)


async def edit(state: ExitsState, key: str) -> None:
    found = held_entry(key)
    if found is None:
        return
    pit, entry = found
    exits = exits_of(pit.desk, entry.token)
    texts = {name: _text(getattr(exits, name)) for name in NAMES}
    put(state, key=key, symbol=entry.token.symbol, said="", **texts)


async def save(state: ExitsState, wanted: dict[str, str | None], clicked_ms: object) -> None:
    found, refusal = held_entry(state.key), late(clicked_ms)
    if found is None:
        return
    pit, entry = found
    outcome = refusal or await set_exits(pit.desk, entry.token, wanted, Origin.HAND)
    if isinstance(outcome, Refusal):
        put(state, said=outcome.sentence)
        return
    put(state, key="", said="")
    await show_positions(await state.get_state(PositionsState))


def _text(level: Decimal | None) -> str:
    return "" if level is None else f"{level.normalize():f}"
