"""The venue: where a session trades, with its prices, its pools and its time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from app.bot.ladder import Ladder, ladder_of
from app.domain.chains import CHAINS, Chain
from app.domain.ladder import Steps, rungs_of
from app.domain.money import divided_down
from app.domain.orders import Side
from app.domain.prices import Consensus, PriceState
from app.domain.quotes import Ask, Gas, Leg, Quote, Rates, Swap, priced
from app.domain.refusal import Refusal
from app.domain.registry import native_of, priced_as, usdc_of
from app.domain.tokens import Token
from app.market.line import Line
from app.market.modelled import reserves_of
from app.market.quoting import Quoter
from app.store.watchlist import WatchedToken
from app.trading.board import Board
from app.trading.watchlist import Watchlist

_HAND = frozenset({PriceState.LIVE, PriceState.DELAYED})
_AUTOMATIC = frozenset({PriceState.LIVE})


@dataclass(frozen=True, slots=True)
class Venue:
    """`now` is the market's own time. `declared` are the rates of a market that has none of its own: a recording,
    whose quote unit is the dollar by declaration. `nodes` are the lines to those of the chain that is asked, none where
    the market asks no chain."""

    chain: Chain
    board: Board
    watchlist: Watchlist
    quoter: Quoter
    now: Callable[[], datetime]
    declared: Rates | None = None
    nodes: tuple[Line, ...] = ()

    @property
    def usdc(self) -> Token:
        """The dollar of the session's own chain."""
        return usdc_of(self.chain.id)

    @property
    def stands_for(self) -> str:
        """The sentence that a testnet's quotes carry; empty elsewhere."""
        if not self.chain.is_testnet:
            return ""
        return f"Quoted in the pools of {CHAINS[self.chain.reference_id].name}, which stand for {self.chain.name}'s."

    def token(self, text: str) -> Token | Refusal:
        """The token of this symbol or address that may be traded here."""
        found = self.watchlist.find(text)
        if isinstance(found, Refusal):
            return found
        return self.tradable(found)

    def tradable(self, entry: WatchedToken) -> Token | Refusal:
        return barred(entry) or entry.token

    def price(self, token: Token) -> Consensus:
        """The price on the board that stands for this token."""
        return self.board.peek((priced_as(token) or token).key)

    def rates(self) -> Rates | Refusal:
        """What USDC and the native coin are worth; no live price of either is no fill."""
        if self.declared:
            return self.declared
        reference = self.chain.reference_id
        usdc, native = (self.board.peek(token.key) for token in (usdc_of(reference), native_of(reference)))
        for held, name in ((usdc, "USDC"), (native, self.chain.native)):
            if held.state is not PriceState.LIVE or held.price is None:
                return Refusal("no_rate", f"{name} has no live price, so nothing can be reckoned in dollars.")
        assert usdc.price is not None and native.price is not None
        return Rates(usdc.price, native.price)

    def fit(self, token: Token, *, by_hand: bool) -> Consensus | Refusal:
        """The token's price where it is good enough to trade on: live, or by hand delayed."""
        held = self.price(token)
        if held.state in (_HAND if by_hand else _AUTOMATIC):
            return held
        return Refusal(
            "price_not_live", f"The price of {token.symbol} is {_WORDS[held.state]}, so nothing is traded on it."
        )

    async def quote(self, ask: Ask, rates: Rates) -> Quote | Refusal:
        """The best swap now, in dollars. A testnet's is that of the mainnet pools that stand for its own."""
        swap = await self.again(ask)
        return swap if isinstance(swap, Refusal) else priced(replace(swap, ask=ask), rates)

    async def again(self, ask: Ask, block: int | None = None) -> Swap | Refusal:
        """The best swap now, or at that very block, not in dollars: to measure a fill by."""
        there = self._there(ask)
        return there if isinstance(there, Refusal) else await self.quoter.quote(there, block=block)

    def paying(self, token: Token, side: Side, amount: Decimal) -> Ask:
        """The swap that pays exactly so much."""
        return Ask(token, self.usdc, side, Leg.PAY, amount)

    async def ladder(self, token: Token, top_usd: Decimal, price: Decimal) -> tuple[Steps, Ladder] | Refusal:
        """What swaps of a few sizes up to `top_usd` US dollars would give now, each way and all at one block, and what
        they cost. `price` is dollars per whole token, by which sales are as large as purchases; both above zero.

        The sizes are those that can be had both ways; refused as the first of them where none can, as no_rate, or as a
        quote is. A testnet's are of the mainnet pools that stand for its own.
        """
        rates = self.rates()
        if isinstance(rates, Refusal):
            return rates
        asks = [
            self.paying(token, side, divided_down(size, worth, pays.decimals))
            for side, worth, pays in ((Side.BUY, rates.usdc, self.usdc), (Side.SELL, price, token))
            for size in rungs_of(top_usd)
        ]
        found = await self._several(asks)
        steps = found if isinstance(found, Refusal) else _both_ways(found)
        if isinstance(steps, Refusal):
            return steps
        known = reserves_of(self.price(token), rates.usdc, str)
        liquidity = known.pool.liquidity_usd if known else None
        return steps, ladder_of(steps, rates.usdc, steps.buys[0].gas.usd(rates.native), liquidity)

    async def gas(self, token: Token) -> Gas | Refusal:
        """The gas that a swap of this token is likely to cost."""
        return await self.quoter.gas((priced_as(token) or token).address)

    async def _several(self, asks: Sequence[Ask]) -> list[Swap | Refusal] | Refusal:
        """The swaps of one token, each as an answer to its own ask."""
        there: list[Ask] = []
        for ask in asks:
            other = self._there(ask)
            if isinstance(other, Refusal):
                return other
            there.append(other)
        found = await self.quoter.several(there)
        if isinstance(found, Refusal):
            return found
        answered = zip(asks, found, strict=True)
        return [one if isinstance(one, Refusal) else replace(one, ask=ask) for ask, one in answered]

    def _there(self, ask: Ask) -> Ask | Refusal:
        """The same swap between the tokens that are quoted."""
        if not self.chain.is_testnet:
            return ask
        token, usdc = priced_as(ask.token), usdc_of(self.chain.reference_id)
        if token is None or (token.decimals, usdc.decimals) != (ask.token.decimals, ask.usdc.decimals):
            return Refusal("testnet_no_market", f"{ask.token.symbol} has no market that could stand for it.")
        return replace(ask, token=token, usdc=usdc)


def barred(entry: WatchedToken) -> Refusal | None:
    """Why a watched token is never bought or sold on its chain; None for one that is traded."""
    token = entry.token
    if token.key == usdc_of(token.chain_id).key:
        return Refusal("is_the_cash", f"{token.symbol} is what the cash is held in; it is not bought or sold.")
    if not entry.tradable:
        return Refusal("watch_only", f"{token.symbol} is watched only. {entry.reason or ''}".strip())
    if priced_as(token) is None:
        return Refusal("testnet_no_market", f"{token.symbol} has no market that could stand for it.")
    return None


def _both_ways(found: Sequence[Swap | Refusal]) -> Steps | Refusal:
    """The purchases and then the sales of the same sizes, without those that cannot be had both ways; the first refusal
    where that leaves none."""
    half = len(found) // 2
    pairs = zip(found[:half], found[half:], strict=True)
    kept = [(buy, sell) for buy, sell in pairs if isinstance(buy, Swap) and isinstance(sell, Swap)]
    if not kept:
        return next(one for one in found if isinstance(one, Refusal))
    buys, sells = zip(*kept, strict=True)
    return Steps(buys, sells)


_WORDS = {
    PriceState.LIVE: "live",
    PriceState.DELAYED: "delayed",
    PriceState.STALE: "stale",
    PriceState.DISPUTED: "disputed between its sources",
    PriceState.NONE: "not known",
}
