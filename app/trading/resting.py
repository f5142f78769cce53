"""Resting orders: every tick wakes those whose price it touches; they are then tried like any other order."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace

from app.domain.books import seen
from app.domain.fields import as_field
from app.domain.money import plain, significant
from app.domain.orders import Order, OrderState
from app.domain.prices import PriceState
from app.domain.refusal import Refusal
from app.domain.registry import priced_as
from app.domain.tokens import TokenKey
from app.domain.triggers import has_expired, level_of, touched, trailed
from app.trading.desk import Desk

# What ends an order; anything else is the world's or may pass, and it is tried again at the next tick.
_LASTING = frozenset({"not_held", "not_enough_cash", "too_small"})
_LASTING_FOR_STOPS = frozenset({"not_held"})
# Orders are settled one after the other; this is how many may wait for their quotes at once.
_AT_ONCE = 4

_log = logging.getLogger("drydock.trade")


class Resting:
    """The orders of one desk that wait for a price. `notice` never waits, so that no tick is missed; `work` tries what
    was touched, and lets expire what is due."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._touched: set[str] = set()

    def notice(self, keys: Iterable[TokenKey]) -> None:
        """These prices have ticked: remember which orders they touch. Only live prices do."""
        ticked = set(keys)
        for order in self._desk.books.orders.values():
            token = order.ticket.token
            held = self._desk.venue.price(token)
            if (priced_as(token) or token).key not in ticked or held.state is not PriceState.LIVE or held.price is None:
                continue
            risen = trailed(self._desk.rising.get(order.id, order), held.price)
            if risen.highest != order.highest:
                self._desk.rising[order.id] = risen
            if touched(risen, held.price):
                self._touched.add(order.id)

    async def work(self) -> None:
        """Try every order that was touched since the last time, stops first; on disk when this returns."""
        await self._remember()
        await self.expire()
        awake, self._touched = self._touched, set()
        orders = [order for name in awake if (order := self._desk.books.orders.get(name))]
        stops = [order for order in orders if order.ticket.type.is_stop]
        for group in (stops, [order for order in orders if not order.ticket.type.is_stop]):
            turn = asyncio.Semaphore(_AT_ONCE)
            await asyncio.gather(*(self._in_turn(turn, order) for order in sorted(group, key=lambda o: o.created_at)))

    async def expire(self) -> None:
        """End the orders whose time is over."""
        now = self._desk.venue.now()
        for order in list(self._desk.books.orders.values()):
            if has_expired(order, now):
                await self._desk.end(order.id, OrderState.EXPIRED, "It was not filled in time.")

    async def _in_turn(self, turn: asyncio.Semaphore, order: Order) -> None:
        async with turn:
            await self._try(order)

    async def _remember(self) -> None:
        """A trailing stop's highest price outlives the process. What the disk refuses is written another time."""
        risen = tuple(self._desk.rising.values())
        if risen:
            await self._desk.rounds.settle(self._desk.session.id, lambda books: seen(books, risen))
        kept = self._desk.books.orders
        self._desk.rising = {
            name: order
            for name, order in self._desk.rising.items()
            if name in kept and order.highest != kept[name].highest
        }

    async def _try(self, order: Order) -> None:
        """Quote it, and fill it if the executable price meets its limit. A stop that was touched is out, wherever the
        price is by now."""
        woken = replace(order, ticket=replace(order.ticket, why=_why(order)))
        outcome = await self._desk.attempt(woken, by_hand=False, resting=True)
        if not isinstance(outcome, Refusal):
            return
        _log.info("[TRADE] order=%s refused=%s why=%r", as_field(order.id), outcome.code, outcome.sentence)
        lasting = _LASTING_FOR_STOPS if order.ticket.type.is_stop else _LASTING
        if outcome.code in lasting:
            await self._desk.end(order.id, OrderState.REFUSED, outcome.sentence)


def _why(order: Order) -> str:
    """What woke the order, as its trade will say."""
    level = level_of(order)
    name = order.ticket.type.value.replace("_", "-")
    return f"The {name} at {plain(significant(level, 8))} was touched." if level is not None else ""
