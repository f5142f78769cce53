"""The bot as a view: whether it trades and at which level, and the presses and moves that change both."""

import reflex as rx

from app.domain.decisions import LEVELS
from app.domain.refusal import Refusal
from app.runtime.bot import Bot
from app.runtime.house import current
from app.trading.bell import Topic
from app.ui.state.account import pit_now, pressed
from app.ui.state.clicks import late, text_of
from app.ui.state.toasts import tell
from app.ui.state.view import View, put

ACTIONS = ("start", "pause", "stop")


class SliderState(rx.State):
    """`bot` is running, paused or stopped, '' before there is one; `level` is 1 to 10, 0 before there is one."""

    bot: str = ""
    level: int = 0
    _pressed: str = ""

    @rx.event
    async def load(self):
        await show(self)

    @rx.event
    async def command(self, action: str, order_id: str, clicked_ms: float):
        """Start, pause or stop. The second press of a double click belongs to the first: by then the button says
        something else."""
        if text_of(action) not in ACTIONS:
            return
        press = pressed(order_id, clicked_ms)
        if isinstance(press, Refusal):
            await tell(self, "refused", press.sentence)
            return
        pit, known = press
        if known == self._pressed:
            return
        self._pressed = known
        await _done(self, await pit.bot.command(text_of(action)))

    @rx.event
    async def move(self, level: int, clicked_ms: float):
        """The slider was moved, and has come to rest."""
        if level_of(level) is None:
            return
        refusal, bot = late(clicked_ms), bot_now()
        if refusal or isinstance(bot, Refusal):
            await _done(self, refusal or bot)
        elif bot.record.level != level:
            await _done(self, await bot.set_level(level))


def level_of(value: object) -> int | None:
    """The level as a browser sends it; None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value in LEVELS else None


def bot_now() -> Bot | Refusal:
    """The bot of the session that is traded in now."""
    pit = pit_now()
    return pit if isinstance(pit, Refusal) else pit.bot


async def _done(state: SliderState, outcome: object) -> None:
    if isinstance(outcome, Refusal):
        await tell(state, "refused", outcome.sentence)
    await show(state)


async def show(state: rx.State) -> None:
    house = current()
    if house is not None and house.pit is not None:
        record = house.pit.bot.record
        put(state, bot=record.state.value, level=record.level)


VIEW = View(SliderState, show, frozenset({Topic.BOT, Topic.SESSION}))
