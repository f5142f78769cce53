"""The account as a view: what it is worth, what it has cost, and whether its books balance. And the way out of all."""

from datetime import datetime
from decimal import Decimal

import reflex as rx

from app.domain.money import total
from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.runtime.house import House, current
from app.runtime.pit import Pit
from app.runtime.standing import standing
from app.trading.bell import Topic
from app.ui import format as fmt
from app.ui.outcomes import said_of_flattening
from app.ui.state.clicks import late, order_id_of
from app.ui.state.toasts import tell
from app.ui.state.view import Sight, Vars, View, put


class AccountState(rx.State):
    """The figures of the top bar as text. `balance` is 'yes', 'no', or '' before there is an account; `residual` what
    the books are off by; `open_pnl` and `returned` begin with their sign. `session` is its name, `day` which UTC day of
    it this is."""

    equity: str = fmt.NOTHING
    returned: str = ""
    cash: str = fmt.NOTHING
    open_pnl: str = fmt.NOTHING
    costs: str = fmt.NOTHING
    costs_parts: str = ""
    equity_note: str = ""
    residual: str = ""
    balance: str = ""
    session: str = ""
    day: int = 0
    held: int = 0
    flattening: bool = False

    @rx.event
    async def load(self):
        await show(self)

    @rx.event(background=True)
    async def flatten(self, order_id: str, clicked_ms: float):
        """Sell everything that is held, at the market."""
        press = pressed(order_id, clicked_ms)
        if isinstance(press, Refusal):
            async with self:
                await tell(self, "refused", press.sentence)
            return
        pit, known = press
        async with self:
            put(self, flattening=True)
        try:
            done = await pit.flatten(known, Origin.HAND)
        finally:
            async with self:
                put(self, flattening=False)
        async with self:
            if isinstance(done, Refusal):
                await tell(self, "refused", done.sentence)
            else:
                parts = [(_symbol(pit, part.address), part.outcome) for part in done]
                await tell(self, *said_of_flattening(parts))


def pit_now() -> Pit | Refusal:
    """The session that is traded in now."""
    house = current()
    if house is None or house.pit is None:
        return Refusal("no_session", "The desk is still opening; nothing was done.")
    return house.pit


def pressed(order_id: object, clicked_ms: object) -> tuple[Pit, str] | Refusal:
    """What a press on a button that trades is for, and its order id; why it is for nothing."""
    known, pit = order_id_of(order_id), pit_now()
    refusal = late(clicked_ms)
    if refusal or isinstance(known, Refusal) or isinstance(pit, Refusal):
        return next(found for found in (refusal, known, pit) if isinstance(found, Refusal))
    return pit, known


def _symbol(pit: Pit, asset: str) -> str:
    token = pit.token(asset)
    return token.symbol if token else asset


async def show(state: rx.State) -> None:
    house = current()
    if house is not None:
        put(state, **_account(house))


def _account(house: House, _sight: Sight | None = None) -> Vars:
    if house.pit is None:
        return {}
    now = standing(house.pit)
    parts = ((now.gas, "gas"), (now.fees, "pool fees"), (now.impact, "price impact"))
    stale = now.stale_value_pct
    return {
        "equity": fmt.money(now.equity),
        "returned": fmt.signed_pct(now.return_pct),
        "cash": fmt.money(now.cash),
        "open_pnl": fmt.signed_money(now.unrealized),
        "costs": fmt.money(total(now.gas, now.fees, now.impact)),
        "costs_parts": ", ".join(f"{word} {fmt.money(amount)}" for amount, word in parts),
        "equity_note": _not_live(stale),
        "residual": _residual(now.residual),
        "balance": "no" if now.residual else "yes",
        "session": now.session.name,
        "day": day_of(now.session, house.pit.desk.venue.now()),
        "held": len(house.pit.account.open_positions),
    }


def _not_live(stale_pct: Decimal) -> str:
    """A share that rounds to nothing is one percent: some of it is not live."""
    return (
        f"{max(stale_pct, Decimal(1)):.0f} % of what is held stands on prices that are not live." if stale_pct else ""
    )


def day_of(session: Session, now: datetime) -> int:
    """Which of its UTC days a session is in, by its own clock; 1 for the day that it began on."""
    return (now.date() - session.started_at.date()).days + 1


def _residual(off: Decimal) -> str:
    return fmt.money(off).replace("$", "") if off else "0.00"


VIEW = View(
    AccountState,
    show,
    frozenset({Topic.PRICES, Topic.ACCOUNT, Topic.SESSION}),
    alike=_account,
)
