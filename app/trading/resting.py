"""Resting orders: every tick wakes those whose price it touches; they are then tried like any other order."""

import logging
from collections.abc import Iterable

from app.domain.books import seen
from app.domain.orders import Order, OrderState
from app.domain.prices import PriceState
from app.domain.registry import priced_as
from app.domain.tokens import TokenKey
from app.domain.triggers import has_expired, met, touched, trailed
from app.trading.desk import Desk, Placed

# What a trader has to change before the order could fill; anything else is the world's, and may pass.
_LASTING = frozenset(
    {"not_held", "not_enough_cash", "gas_kept_back", "too_small", "bad_size", "is_the_cash", "watch_only"}
)
# A stop gets out as soon as it can be paid for.
_LASTING_FOR_STOPS = frozenset({"not_held", "too_small"})

_log = logging.getLogger("drydock.trade")


class Resting:
    """The orders of one desk that wait for a price. `notice` never waits, so that no tick is missed; `work` tries what
    was touched, and lets expire what is due."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._touched: set[str] = set()
        self._rising: dict[str, Order] = {}

    def notice(self, keys: Iterable[TokenKey]) -> None:
        """These prices have ticked: remember which orders they touch. Only live prices do."""
        ticked = set(keys)
        for order in self._desk.books.orders.values():
            token = order.ticket.token
            held = self._desk.venue.price(token)
            if (priced_as(token) or token).key not in ticked or held.state is not PriceState.LIVE or held.price is None:
                continue
            risen = trailed(self._rising.get(order.id, order), held.price)
            if risen.highest != order.highest:
                self._rising[order.id] = risen
            if touched(risen, held.price):
                self._touched.add(order.id)

    async def work(self) -> None:
        """Try every order that was touched since the last time, one after the other; on disk when this returns."""
        await self._remember()
        await self._expire()
        awake, self._touched = self._touched, set()
        for order_id in sorted(awake):
            order = self._desk.books.orders.get(order_id)
            if order:
                await self._try(order)

    async def _remember(self) -> None:
        """A trailing stop's highest price outlives the process. What the disk refuses is written another time."""
        risen = tuple(self._rising.values())
        if risen:
            await self._desk.rounds.settle(self._desk.session.id, lambda books: seen(books, risen))
        kept = self._desk.books.orders
        self._rising = {
            name: order for name, order in self._rising.items() if name in kept and order.highest != kept[name].highest
        }

    async def _expire(self) -> None:
        now = self._desk.venue.now()
        for order in list(self._desk.books.orders.values()):
            if has_expired(order, now):
                await self._desk.end(order.id, OrderState.EXPIRED, "It was not filled in time.")

    async def _try(self, order: Order) -> None:
        """Still touched? Then quote it, and fill it if the executable price meets its limit."""
        outcome = await self._desk.attempt_resting(order, met)
        if isinstance(outcome, Placed) or outcome is None:
            return
        _log.info("[TRADE] order=%s refused=%s why=%r", order.id, outcome.code, outcome.sentence)
        lasting = _LASTING_FOR_STOPS if order.ticket.type.is_stop else _LASTING
        if outcome.code in lasting:
            await self._desk.end(order.id, OrderState.REFUSED, outcome.sentence)
