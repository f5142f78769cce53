"""Flattening: every position is sold, whatever it moves; a repeat is answered with what the first did."""

import asyncio
import hashlib
from dataclasses import dataclass

from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tickets import Asked, bad_id, is_id
from app.store.database import Store, StoreRefused
from app.store.flattens import Flatten, begin_flatten, end_flatten, find_flatten
from app.store.orders import find_order, is_asked_here
from app.store.trades import trade as find_trade
from app.trading.desk import Desk
from app.trading.repeats import Outcome, Placed, reused


@dataclass(frozen=True, slots=True)
class Flattened:
    """What became of one position: the token's address in lower case, and the outcome of selling it."""

    address: str
    outcome: Outcome


async def flatten(desk: Desk, order_id: str, origin: Origin) -> list[Flattened] | Refusal:
    """Sell every position that is held. The same id again finishes what was left undone, and sells nothing else."""
    if not is_id(order_id):
        return bad_id("A flattening")
    try:
        async with desk.flattening:
            return await _flattened(desk, desk.store, order_id, origin)
    except StoreRefused as error:
        return Refusal("database_refused", str(error))


async def _flattened(desk: Desk, store: Store, order_id: str, origin: Origin) -> list[Flattened] | Refusal:
    if desk.closed:
        return Refusal("no_session", "That session has ended.")
    begun = await asyncio.to_thread(find_flatten, store, order_id)
    if begun is None:
        if await asyncio.to_thread(find_order, store, order_id):
            return reused(order_id)
        held = [position.asset for position in desk.books.account.open_positions]
        children = [(_child(order_id, asset), asset) for asset in held]
        begun = Flatten(order_id, desk.session.id, desk.venue.now(), children)
        await asyncio.to_thread(begin_flatten, store, begun)
    if begun.account_id != desk.session.id:
        return await asyncio.to_thread(_archived, store, begun)
    known = begun.refusals or {}
    outcomes = [known.get(child) or await _sold(desk, child, address, origin) for child, address in begun.orders]
    if begun.refusals is None:
        pairs = zip(begun.orders, outcomes, strict=True)
        refusals = {child: outcome for (child, _), outcome in pairs if isinstance(outcome, Refusal)}
        await asyncio.to_thread(end_flatten, store, order_id, refusals)
    return [Flattened(address, outcome) for (_, address), outcome in zip(begun.orders, outcomes, strict=True)]


def _archived(store: Store, begun: Flatten) -> list[Flattened] | Refusal:
    """What became of a flattening in a session that is not at work. Nothing is sold for it here."""
    if not is_asked_here(store, begun.account_id):
        return reused(begun.order_id)
    known = begun.refusals or {}
    return [Flattened(address, known.get(child) or _became(store, child)) for child, address in begun.orders]


def _became(store: Store, child: str) -> Outcome:
    order = find_order(store, child)
    if order is None:
        return Refusal("no_session", "It was not sold in its own session, which is not at work now.")
    return Placed(order, find_trade(store, order.trade_id) if order.trade_id else None, repeated=True)


async def _sold(desk: Desk, child: str, address: str, origin: Origin) -> Outcome:
    asked = Asked(child, "sell", share_pct="100")
    return await desk.place(asked, address, origin, gets_out=True, why="Flatten all.")


def _child(order_id: str, asset: str) -> str:
    """The id of the sell of one position: the same for the same flattening, and nobody else's."""
    return "flat-" + hashlib.sha256(f"{order_id}\x1f{asset}".encode()).hexdigest()[:32]
