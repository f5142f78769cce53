"""The desk: the one door to the ledger, for a click, for REST, for the bot and for orders that rest."""

import asyncio
import hashlib
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from time import perf_counter

from app.domain.books import Books, Change, ended, guarded, settled, taken
from app.domain.execution import Deal
from app.domain.orders import Order, OrderState, OrderType, Origin, Size, SizeUnit, Ticket
from app.domain.prices import Consensus
from app.domain.quotes import Ask, Contract, Leg, Quote, contract
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tickets import LONGEST_ID, Asked, ticket_of
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.store.database import Store, StoreRefused
from app.store.orders import find_order
from app.store.trades import trade as find_trade
from app.trading.offers import LIFE, Offer, Signer
from app.trading.previews import Preview, quoted, refusal_of, warnings_of
from app.trading.rounds import Rounds
from app.trading.venue import Venue

_log = logging.getLogger("drydock.trade")


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that the desk has taken, its trade if there is one, and whether it had been taken before."""

    order: Order
    trade: Trade | None = None
    repeated: bool = False


Outcome = Placed | Refusal


class Desk:
    """One session's desk. Lives on one event loop.

    `wall` is the desk's own clock, by which offers expire; the venue's is the market's. `outcomes` counts orders by
    origin and outcome, `seconds` are those the last orders took, quotes left out. Whoever stands in `heard` is told of
    every trade.
    """

    def __init__(
        self,
        session: Session,
        venue: Venue,
        rounds: Rounds,
        store: Store,
        signer: Signer,
        wall: Callable[[], datetime],
    ) -> None:
        self.session = session
        self.venue = venue
        self.rounds = rounds
        self.wall = wall
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.seconds: deque[float] = deque(maxlen=1000)
        self.heard: list[Callable[[Trade], None]] = []
        self.closed = False
        # One flattening at a time: the second finds nothing left to sell, or is the first's repeat.
        self.flattening = asyncio.Lock()
        self.store = store
        self._signer = signer
        self._flying: dict[str, tuple[str, asyncio.Task[Outcome]]] = {}

    @property
    def books(self) -> Books:
        """The person's books, as they are on disk."""
        return self.rounds.books(self.session.id)

    # -- what is asked of it

    async def preview(self, asked: Asked, token_text: str) -> Preview | Refusal:
        """What a market order would come to now, and an offer to take it at that. Nothing changes."""
        order = self._ordered(replace(asked, order_id="preview"), token_text, Origin.HAND, "")
        if isinstance(order, Refusal):
            return order
        if order.ticket.type.rests:
            return Refusal("bad_type", "Only a market order has a preview: any other waits for its price.")
        found = await self._quote(order.ticket, by_hand=True)
        if isinstance(found, Refusal):
            return found
        quote, market = found
        ticket = order.ticket
        refusal = refusal_of(self.books.account, order, quote, market, self.venue.now())
        if refusal:
            return refusal
        terms, expires_at = contract(quote.swap, ticket.slippage_bps), self.wall() + LIFE
        ask = quote.swap.ask
        offer = Offer(self.session.id, ticket.token.key.address, ticket.side, ask.exact, ask.amount, terms, expires_at)
        warnings = warnings_of(quote, market, self.venue.stands_for)
        return Preview(self._signer.sign(offer), expires_at, quote, terms, warnings)

    async def place(
        self, asked: Asked, token_text: str, origin: Origin, *, gets_out: bool = False, why: str = ""
    ) -> Outcome:
        """Take an order: a market order is filled or refused at once, any other rests.

        The same order again is answered with what became of the first; its id on another order is refused.
        """
        body = _digest(token_text.lower(), *(str(part) for part in astuple(asked)))

        async def act() -> Outcome:
            order = self._ordered(asked, token_text, origin, body)
            if isinstance(order, Refusal):
                return order
            ticket = replace(order.ticket, gets_out=order.ticket.gets_out or gets_out, why=why)
            order = replace(order, ticket=ticket)
            if ticket.type.rests:
                return await self._rest(order)
            return await self.attempt(order, by_hand=origin is not Origin.BOT)

        return await self._once(asked.order_id, body, origin, act)

    async def accept(self, order_id: str, quote_id: str, origin: Origin) -> Outcome:
        """Take an offer: it is quoted again at the newest block, and filled where that keeps the contract; where it
        does not, the swap reverts."""

        async def act() -> Outcome:
            offer = self._signer.read(quote_id, self.session.id, self.wall())
            if isinstance(offer, Refusal):
                return offer
            token = self.venue.token(offer.address)
            return token if isinstance(token, Refusal) else await self._take(order_id, token, offer, origin, body)

        body = _digest(quote_id)
        if not 0 < len(order_id) <= LONGEST_ID or not order_id.isprintable():
            return Refusal("bad_order_id", f"An order needs an order_id of 1 to {LONGEST_ID} characters.")
        return await self._once(order_id, body, origin, act)

    async def cancel(self, order_id: str) -> Order | Refusal:
        """Cancel an open order."""
        return await self.end(order_id, OrderState.CANCELLED, "Cancelled.")

    async def end(self, order_id: str, state: OrderState, reason: str) -> Order | Refusal:
        """End an open order without a trade."""
        at = self.venue.now()
        change = await self._settle(lambda books: ended(books, order_id, state, reason, at))
        return change if isinstance(change, Refusal) else _order_of(change)

    async def guard(self, token: Token, tickets: list[Ticket], oco_id: str) -> Refusal | None:
        """Give a position these exits, of which each cancels the others, in place of those it had. A trailing stop
        that stays as it was keeps the highest price it has seen."""
        at, price = self.venue.now(), self.venue.price(token).price
        before = self.books.exits(token.key.address)
        highest = {o.ticket.trail_pct: o.highest for o in before if o.ticket.type is OrderType.TRAILING_STOP}
        rest = [
            Order(t, self.session.id, at, _digest(t.order_id), oco_id=oco_id, highest=highest.get(t.trail_pct, price))
            for t in tickets
        ]
        change = await self._settle(lambda books: guarded(books, token.key.address, rest, at))
        return change if isinstance(change, Refusal) else None

    async def find(self, order_id: str) -> Order | None:
        """An order of this session, open or over. Raises StoreRefused."""
        known = self.books.orders.get(order_id) or await asyncio.to_thread(find_order, self.store, order_id)
        return known if known and known.account_id == self.session.id else None

    async def quiet(self) -> None:
        """Wait until what is under way is done."""
        while self._flying:
            await asyncio.wait([task for _, task in self._flying.values()])
        await self.rounds.quiet()

    async def attempt(self, order: Order, *, by_hand: bool) -> Outcome:
        """Quote an order at the newest block and execute it, wherever it comes from."""
        found = await self._quote(order.ticket, by_hand=by_hand)
        return found if isinstance(found, Refusal) else await self.execute(order, found[0], found[1], None)

    async def attempt_resting(self, order: Order, meets: Callable[[Order, Quote], bool]) -> Outcome | None:
        """As `attempt`, on a live price only; None where the executable price does not meet the order's limit."""
        found = await self._quote(order.ticket, by_hand=False)
        if isinstance(found, Refusal):
            return found
        return await self.execute(order, found[0], found[1], None) if meets(order, found[0]) else None

    async def execute(self, order: Order, quote: Quote, market: Consensus, terms: Contract | None) -> Outcome:
        """Settle an order at a quote; on disk when this returns."""
        began = perf_counter()
        deal = Deal(order, quote, market, self.venue.now(), terms)
        change = await self._settle(lambda books: settled(books, deal))
        if isinstance(change, Refusal):
            return change
        self.seconds.append(perf_counter() - began)
        assert change.trade is not None
        _log.info("[TRADE] %s", _told(change.trade))
        for hear in self.heard:
            hear(change.trade)
        return Placed(_order_of(change), change.trade)

    # -- how

    def _ordered(self, asked: Asked, token_text: str, origin: Origin, body: str) -> Order | Refusal:
        token = self.venue.token(token_text)
        if isinstance(token, Refusal):
            return token
        now = self.venue.now()
        ticket = ticket_of(asked, token, now, origin)
        return ticket if isinstance(ticket, Refusal) else Order(ticket, self.session.id, now, body)

    async def _quote(self, ticket: Ticket, *, by_hand: bool) -> tuple[Quote, Consensus] | Refusal:
        market = self.venue.fit(ticket.token, by_hand=by_hand)
        if isinstance(market, Refusal):
            return market
        quote = await quoted(self.venue, self.books.account, ticket)
        return quote if isinstance(quote, Refusal) else (quote, market)

    async def _take(self, order_id: str, token: Token, offer: Offer, origin: Origin, body: str) -> Outcome:
        market, rates = self.venue.fit(token, by_hand=True), self.venue.rates()
        for found in (market, rates):
            if isinstance(found, Refusal):
                return found
        assert isinstance(market, Consensus) and not isinstance(rates, Refusal)
        quote = await self.venue.quote(Ask(token, self.venue.usdc, offer.side, offer.exact, offer.amount), rates)
        if isinstance(quote, Refusal):
            return quote
        # The size is written down as the offer had it: the exact leg, in tokens or in the dollars they come to.
        exact_tokens = (offer.exact is Leg.PAY) == (offer.side.sign < 0)
        size = Size(SizeUnit.QUANTITY, offer.amount) if exact_tokens else Size(SizeUnit.USD, quote.value)
        ticket = Ticket(order_id, token, offer.side, size, slippage_bps=offer.contract.slippage_bps, origin=origin)
        order = Order(ticket, self.session.id, self.venue.now(), body)
        return await self.execute(order, quote, market, offer.contract)

    async def _rest(self, order: Order) -> Outcome:
        held = self.venue.price(order.ticket.token)
        if order.ticket.type is OrderType.TRAILING_STOP and held.price is not None:
            order = replace(order, highest=held.price)
        change = await self._settle(lambda books: taken(books, [order]))
        return change if isinstance(change, Refusal) else Placed(order)

    async def _settle(self, decide: Callable[[Books], Change | Refusal]) -> Change | Refusal:
        return await self.rounds.settle(self.session.id, decide)

    async def _once(self, order_id: str, body: str, origin: Origin, act: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Do it, unless it was done or is being done. A caller who goes away does not undo it."""
        if self.closed:
            return Refusal("no_session", "That session has ended.")
        flying = self._flying.get(order_id)
        if flying is None:
            task = asyncio.create_task(self._first(order_id, body, origin, act))
            self._flying[order_id] = (body, task)
            task.add_done_callback(lambda _done: self._flying.pop(order_id, None))
            return await asyncio.shield(task)
        if flying[0] != body:
            return _reused(order_id)
        outcome = await asyncio.shield(flying[1])
        return outcome if isinstance(outcome, Refusal) else replace(outcome, repeated=True)

    async def _first(self, order_id: str, body: str, origin: Origin, act: Callable[[], Awaitable[Outcome]]) -> Outcome:
        try:
            outcome = await asyncio.to_thread(self._known, order_id, body) or await act()
        except StoreRefused as error:
            outcome = Refusal("database_refused", str(error))
        what = outcome.code if isinstance(outcome, Refusal) else outcome.order.state.value
        self.outcomes[origin.value, what] += 1
        return outcome

    def _known(self, order_id: str, body: str) -> Outcome | None:
        """What became of an order that was taken before."""
        order = find_order(self.store, order_id)
        if order is None:
            return None
        if order.body != body or order.account_id != self.session.id:
            return _reused(order_id)
        return Placed(order, find_trade(self.store, order.trade_id) if order.trade_id else None, repeated=True)


def _order_of(change: Change) -> Order:
    assert change.order is not None
    return change.order


def _told(trade: Trade) -> str:
    return (
        f"id={trade.id} order={trade.order_id} token={trade.token.symbol} side={trade.side.value} "
        f"quantity={trade.quantity:f} price={trade.price:f} source={trade.quote_source!r} grade={trade.grade.value} "
        f"block={trade.block_number} gas={trade.gas_usd:f} status={trade.status.value}"
    )


def _reused(order_id: str) -> Refusal:
    return Refusal("order_id_reused", f"The order_id {order_id[:100]!r} was used for another order.")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
