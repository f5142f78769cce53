"""The desk: the one door to the ledger, for a click, for REST, for the bot and for orders that rest."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import astuple, replace
from datetime import datetime
from decimal import Decimal
from time import perf_counter

from app.domain.books import Books, Change, ended, guarded, settled, taken
from app.domain.execution import Deal
from app.domain.orders import Order, OrderState, OrderType, Origin, Size, SizeUnit, Ticket
from app.domain.prices import Consensus, PriceState
from app.domain.quotes import Ask, Contract, Leg, Quote, bidding, contract
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tickets import Asked, ticket_of
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.domain.triggers import crossed, met
from app.store.database import Store
from app.store.orders import find_order
from app.trading.blotter import Blotter, told
from app.trading.offers import LIFE, Offer, Signer
from app.trading.previews import Preview, quoted, refusal_of, sells_a_share, warnings_of
from app.trading.repeats import Outcome, Placed, Repeats, digest, is_id, quoting, reserved
from app.trading.rounds import Rounds
from app.trading.venue import Venue

_log = logging.getLogger("drydock.trade")

# How often a share is sized anew when the position changes while it is quoted.
_SIZINGS = 3


class Desk:
    """One session's desk. Lives on one event loop.

    `wall` is the desk's own clock, by which offers expire; the venue's is the market's. `repeats` knows the ids, and
    counts, as does the `blotter`, which may be one that outlives the desk. Whoever stands in `heard` is told of every
    trade. `rising` are orders that have seen a higher price than is written down yet.
    """

    def __init__(
        self,
        session: Session,
        venue: Venue,
        rounds: Rounds,
        store: Store,
        signer: Signer,
        wall: Callable[[], datetime],
        blotter: Blotter | None = None,
    ) -> None:
        self.session = session
        self.venue = venue
        self.rounds = rounds
        self.wall = wall
        self.repeats = Repeats(store, session.id)
        self.blotter = blotter or Blotter()
        self.rising: dict[str, Order] = {}
        self.heard: list[Callable[[Trade], None]] = []
        self.closed = False
        # One flattening at a time: the second finds nothing left to sell, or is the first's repeat.
        self.flattening = asyncio.Lock()
        self.store = store
        self._signer = signer

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
        offer = Offer(
            self.session.id,
            ticket.token.key.address,
            ticket.side,
            ask.exact,
            ask.amount,
            terms,
            expires_at,
            quote.swap.grade,
        )
        warnings = warnings_of(quote, market, self.venue.stands_for)
        return Preview(self._signer.sign(offer), expires_at, quote, terms, warnings)

    async def place(
        self,
        asked: Asked,
        token_text: str,
        origin: Origin,
        *,
        gets_out: bool = False,
        why: str = "",
        terms: Callable[[Ticket], Ticket] = lambda ticket: ticket,
        still: Callable[[], bool] = lambda: True,
    ) -> Outcome:
        """Take an order: a market order is filled or refused at once, any other rests. `terms` are what its owner adds
        to the ticket that no caller from outside may say; it is refused where `still` says no by when it is quoted.

        The same order again is answered with what became of the first; its id on another order is refused.
        """
        body = digest(token_text.lower(), *(str(part) for part in astuple(asked)))

        async def act() -> Outcome:
            order = self._ordered(asked, token_text, origin, body)
            if isinstance(order, Refusal):
                return order
            ticket = terms(replace(order.ticket, gets_out=order.ticket.gets_out or gets_out, why=why))
            order = replace(order, ticket=ticket)
            if ticket.type.rests:
                return await self._rest(order)
            outcome = await self.attempt(order, by_hand=origin is not Origin.BOT, still=still)
            assert outcome is not None
            return outcome

        return await self._once(asked.order_id, body, origin, act, own=gets_out or origin is Origin.BOT)

    async def accept(self, order_id: str, quote_id: str, origin: Origin) -> Outcome:
        """Take an offer: it is quoted again at the newest block, and filled where that keeps the contract; where it
        does not, the swap reverts."""

        async def act() -> Outcome:
            offer = self._signer.read(quote_id, self.session.id, self.wall())
            if isinstance(offer, Refusal):
                return offer
            token = self.venue.token(offer.address)
            return token if isinstance(token, Refusal) else await self._take(order_id, token, offer, origin, body)

        body = digest(quote_id)
        return await self._once(order_id, body, origin, act)

    async def cancel(self, order_id: str) -> Order | Refusal:
        """Cancel an open order."""
        return await self.end(order_id, OrderState.CANCELLED, "Cancelled.")

    async def end(self, order_id: str, state: OrderState, reason: str) -> Order | Refusal:
        """End an open order without a trade."""
        at = self.venue.now()
        change = await self._settle(lambda books: ended(books, order_id, state, reason, at))
        return change if isinstance(change, Refusal) else _order_of(change)

    async def guard(self, token: Token, exits: Callable[[Books], list[Order] | Refusal]) -> Refusal | None:
        """Give a position other exits in place of those it has, as `exits` makes them of the newest books."""
        at = self.venue.now()

        def decide(books: Books) -> Change | Refusal:
            orders = exits(books)
            return orders if isinstance(orders, Refusal) else guarded(books, token.key.address, orders, at)

        change = await self._settle(decide)
        return change if isinstance(change, Refusal) else None

    async def find(self, order_id: str) -> Order | None:
        """An order of this session, open or over. Raises StoreRefused."""
        if not is_id(order_id):
            return None
        known = self.books.orders.get(order_id) or await asyncio.to_thread(find_order, self.store, order_id)
        return known if known and known.account_id == self.session.id else None

    async def quiet(self) -> None:
        """Wait until what is under way is done."""
        await self.repeats.quiet()
        await self.rounds.quiet()

    async def attempt(
        self, order: Order, *, by_hand: bool, resting: bool = False, still: Callable[[], bool] = lambda: True
    ) -> Outcome | None:
        """Quote an order at the newest block and execute it, wherever it comes from. None for a `resting` one whose
        limit the executable price does not meet. A share of a position that has changed meanwhile is sized anew."""
        outcome: Outcome = Refusal("no_session", "That session has ended.")
        for _ in range(_SIZINGS):
            if self.closed:
                break
            held = self.books.account.held(order.ticket.token.key.address)
            found = await self._quote(order.ticket, by_hand=by_hand)
            if isinstance(found, Refusal):
                return found
            if resting and not met(order, found[0]):
                return None
            if not still():
                return Refusal("not_wanted", "It was called off while it was quoted.")
            sized_by = held if sells_a_share(order.ticket) else None
            outcome = await self.execute(order, found[0], found[1], held=sized_by)
            if not isinstance(outcome, Refusal) or outcome.code != "position_changed":
                break
        return outcome

    async def execute(
        self,
        order: Order,
        quote: Quote,
        market: Consensus,
        *,
        terms: Contract | None = None,
        held: Decimal | None = None,
    ) -> Outcome:
        """Settle an order at a quote; on disk when this returns. `held` is what a share was sized by."""
        deal = Deal(order, quote, market, self.venue.now(), terms, held)
        change = await self._settle(lambda books: settled(books, deal))
        if isinstance(change, Refusal):
            return change
        assert change.trade is not None
        _log.info("[TRADE] %s", told(change.trade, market, self.blotter.levels.get(order.id)))
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
        began = perf_counter()
        quote = await quoted(self.venue, self.books.account, ticket)
        quoting.get([]).append(perf_counter() - began)
        return quote if isinstance(quote, Refusal) else (bidding(quote, ticket.bid), market)

    async def _take(self, order_id: str, token: Token, offer: Offer, origin: Origin, body: str) -> Outcome:
        market, rates = self.venue.fit(token, by_hand=True), self.venue.rates()
        for found in (market, rates):
            if isinstance(found, Refusal):
                return found
        assert isinstance(market, Consensus) and not isinstance(rates, Refusal)
        quote = await self.venue.quote(Ask(token, self.venue.usdc, offer.side, offer.exact, offer.amount), rates)
        if isinstance(quote, Refusal):
            return quote
        if quote.swap.grade > offer.grade:
            # A model is not the chain: that it gives less does not mean that the pool would.
            return Refusal("quote_failed", "The quote could not be renewed where it came from; ask for a new one.")
        # The size is written down as the offer had it: the exact leg, in tokens or in the dollars they come to.
        exact_tokens = (offer.exact is Leg.PAY) == (offer.side.sign < 0)
        size = Size(SizeUnit.QUANTITY, offer.amount) if exact_tokens else Size(SizeUnit.USD, quote.value)
        ticket = Ticket(order_id, token, offer.side, size, slippage_bps=offer.contract.slippage_bps, origin=origin)
        order = Order(ticket, self.session.id, self.venue.now(), body)
        return await self.execute(order, quote, market, terms=offer.contract)

    async def _rest(self, order: Order) -> Outcome:
        held = self.venue.price(order.ticket.token)
        live = held.price if held.state is PriceState.LIVE else None
        refusal = crossed(order.ticket, held.price)
        if refusal:
            return refusal
        if order.ticket.type is OrderType.TRAILING_STOP:
            order = replace(order, highest=live)
        change = await self._settle(lambda books: taken(books, [order]))
        return change if isinstance(change, Refusal) else Placed(order)

    async def _settle(self, decide: Callable[[Books], Change | Refusal]) -> Change | Refusal:
        change = await self.rounds.settle(self.session.id, decide)
        if isinstance(change, Change):
            self.blotter.moved(change.orders)
        return change

    async def _once(
        self, order_id: str, body: str, origin: Origin, act: Callable[[], Awaitable[Outcome]], *, own: bool = False
    ) -> Outcome:
        """`own` are the desk's own orders: nobody else may use their ids."""
        began = perf_counter()
        refusal = None if own else reserved(order_id)
        if refusal is None and self.closed:
            refusal = Refusal("no_session", "That session has ended.")
        outcome = refusal or await self.repeats.once(order_id, body, origin, act)
        self.blotter.answered(origin, outcome, perf_counter() - began)
        return outcome


def _order_of(change: Change) -> Order:
    assert change.order is not None
    return change.order
