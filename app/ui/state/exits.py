"""The exits of one position as they are edited: a stop, a target and a trailing stop, each set or cleared."""

from collections.abc import Mapping
from decimal import Decimal

import reflex as rx

from app.domain.money import decimal_of, digits_of
from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tickets import LARGEST_QUANTITY, RATE_DIGITS
from app.trading.exits import exits_of, set_exits
from app.ui import offered
from app.ui.state.clicks import late, text_of
from app.ui.state.positions import PositionsState, held_entry, show_positions
from app.ui.state.toasts import tell
from app.ui.state.view import put

NAMES = ("stop_loss", "take_profit", "trailing_pct")
# As `offered.number_of` wants them: what it is, an example, and what it lies between.
_PRICES = {
    "stop_loss": ("the stop", "2400", Decimal(0), LARGEST_QUANTITY),
    "take_profit": ("the target", "2800", Decimal(0), LARGEST_QUANTITY),
}
_TRAIL = ("the trailing stop in percent", "5", Decimal(0), Decimal(99))
_TRAIL_DIGITS = Refusal("too_many_digits", f"The trailing stop has at most {RATE_DIGITS} decimals.")
_TRAIL_RANGE = Refusal("bad_trail", "The trailing stop is between 0 and 99 %.")


Levels = dict[str, str | None]


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
        await save(self, levels_of({name: text_of(given.get(name), 40) for name in NAMES}), clicked_ms)

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


def levels_of(written: Mapping[str, str]) -> Levels | Refusal:
    """What was written into the three fields as numbers; None for a field that was left empty."""
    levels: Levels = {}
    for name, text in written.items():
        level = _level(name, text) if text.strip() else None
        if isinstance(level, Refusal):
            return level
        levels[name] = level
    return levels


def _level(name: str, text: str) -> str | Refusal:
    found = offered.number_of(text, *_PRICES.get(name, _TRAIL))
    if name in _PRICES:
        return found
    if isinstance(found, Refusal):
        return found if found.code == "not_a_number" else _TRAIL_RANGE
    return _TRAIL_DIGITS if digits_of(decimal_of(found)) > RATE_DIGITS else found


async def save(state: ExitsState, wanted: Levels | Refusal, clicked_ms: object) -> None:
    """Set the exits of the row that is edited; where it went away meanwhile, say so."""
    found, refusal = held_entry(state.key), late(clicked_ms)
    if found is None:
        if state.key:
            await tell(state, "refused", f"No {state.symbol} is held any more; nothing was set.")
            put(state, key="", said="")
        return
    pit, entry = found
    outcome = refusal or wanted
    if not isinstance(outcome, Refusal):
        outcome = await set_exits(pit.desk, entry.token, outcome, Origin.HAND)
    if isinstance(outcome, Refusal):
        put(state, said=outcome.sentence)
        return
    put(state, key="", said="")
    await show_positions(await state.get_state(PositionsState))


def _text(level: Decimal | None) -> str:
    return "" if level is None else f"{level.normalize():f}"
