"""One way through the pools at one block, the pure part: the calls of one batch, and what the replies come to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from app.domain.chains import CHAINS
from app.domain.money import plain
from app.domain.orders import Side
from app.domain.quotes import Ask, Gas, Grade, Leg, Swap
from app.domain.refusal import Refusal
from app.market import gas, overrides, rpc
from app.market.decode import Json, table, text, unix_time
from app.market.gas import Fees
from app.market.overrides import HOLDER, Places
from app.market.rpc import RpcFault
from app.market.source import Garbled
from app.market.uniswap import (
    BOOKS,
    SLOT0,
    Quoted,
    Route,
    quote_data,
    quoted,
    spot,
    sqrt_price,
    swap_data,
    units_of,
    whole,
)

Reply: TypeAlias = "Json | RpcFault"
_ENDLESS = 2**256 - 1
# A least amount that nothing compresses, for the fee of the data: its length is what counts.
_ODD = 0x9E3779B97F4A7C15F39CC0605CEDC834


class Moved(Exception):
    """The node does not have the block that the calls were pinned to, or not the same one: there was a reorg, or
    another node answered."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block to which calls are pinned; `at` is its own timestamp."""

    number: int
    hash: str
    at: datetime

    @property
    def tag(self) -> str:
        return hex(self.number)

    def stands(self, reply: "Reply") -> None:
        """Raises Moved where the node no longer has this very block under its number, and Garbled."""
        if block_of(reply).hash != self.hash:
            raise Moved("the block is another one now")


def block_ask(tag: str) -> rpc.Ask:
    return ("eth_getBlockByNumber", [tag, False])


def slot0_ask(pool: str, tag: str) -> rpc.Ask:
    return rpc.eth_call(pool, SLOT0, tag)


def block_of(reply: Reply) -> Block:
    """The block of an eth_getBlockByNumber. Raises Garbled, and Moved where the node has none of that number."""
    if reply is None or isinstance(reply, RpcFault):
        raise Moved("the node has no such block")
    said = table(reply, "the block")
    stamp = unix_time(rpc.int_of(said.get("timestamp")))
    return Block(rpc.int_of(said.get("number")), text(said.get("hash"), "the hash of a block"), stamp)


def returned(reply: Reply) -> bytes | None:
    """What a contract returned; None where it reverted. Raises Garbled, and Moved where the node could not tell."""
    if isinstance(reply, RpcFault):
        if reply.reverted:
            return None
        raise Moved(reply.message)
    return rpc.bytes_of(reply)


def amount_of(ask: Ask) -> int | Refusal:
    """The exact leg in base units."""
    amount = units_of(ask.amount, (ask.pays if ask.exact is Leg.PAY else ask.receives).decimals)
    if amount is None:
        return Refusal("quote_failed", f"{plain(ask.amount)[:40]} is not an amount that a swap can carry.")
    return amount


def beyond(ask: Ask) -> Refusal:
    name = CHAINS[ask.token.chain_id].name
    return Refusal("beyond_liquidity", f"The {ask.token.symbol} pools of Uniswap V3 on {name} cannot take this size.")


def too_little(ask: Ask) -> Refusal:
    return Refusal("quote_failed", f"This is too little {ask.pays.symbol} for the pools to give anything.")


@dataclass(frozen=True, slots=True)
class Priced:
    """What came out. `fees` are for the next who asks at this block, `data` is a call like the router's."""

    swap: Swap
    fees: Fees
    data: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """A swap of `amount` base units along a route, at a block. `fees` are those of that block if they are known;
    `places` where tokens keep balances, by address; `holds`: the wallet already has some of what it receives."""

    ask: Ask
    amount: int
    route: Route
    block: Block
    source: str
    fees: Fees | None
    places: Mapping[str, Places]
    holds: bool

    @property
    def _chain_id(self) -> int:
        return self.ask.token.chain_id

    @property
    def pools(self) -> tuple[str, ...]:
        """The addresses of the pools on the way."""
        return self.route.pools(BOOKS[self._chain_id].factory)

    @property
    def quote_ask(self) -> rpc.Ask:
        """The call of QuoterV2, whose reply `found` reads."""
        data = quote_data(self.route, self.ask.exact, self.amount)
        return rpc.eth_call(BOOKS[self._chain_id].quoter, data, self.block.tag)

    def asks(self) -> list[rpc.Ask]:
        """The calls of one batch, all pinned to the block."""
        book, tag = BOOKS[self._chain_id], self.block.tag
        pools = self.pools
        asked = [block_ask(tag), self.quote_ask, *(slot0_ask(pool, tag) for pool in pools)]
        asked += [] if self.fees else [gas.fees_ask(tag)]
        planned = gas.beyond_quoter(len(pools), holds=self.holds) + 100_000 * len(pools)
        asked += gas.data_asks(self._chain_id, book.router, self._usual, tag, planned)
        estimate = self._estimate(book.router)
        return asked + ([estimate] if estimate else [])

    def read(self, replies: Sequence[Reply]) -> Priced | None:
        """None where the pools give nothing, or not all that is asked. Raises Garbled and Moved."""
        left = iter(replies)
        self.block.stands(next(left))
        found = self.found(next(left))
        roots = [returned(next(left)) for _ in self.route.fees]
        if found is None or not found.amount:
            return None
        fees = self.fees or gas.fees(_answer(next(left)), self._chain_id)
        return Priced(self.swap(found, roots, self._gas(found, fees, left)), fees, self._usual)

    def found(self, reply: Reply) -> Quoted | None:
        """What QuoterV2 answered; None where the pools give nothing, or not all that is asked. Raises Garbled and
        Moved."""
        said = returned(reply)
        found = quoted(said, self.route) if said else None
        return None if found is None or found.dry else found

    def _gas(self, found: Quoted, fees: Fees, left: Iterator[Reply]) -> Gas:
        router = BOOKS[self._chain_id].router
        data = [returned(next(left)) for _ in gas.data_asks(self._chain_id, router, "0x", self.block.tag, 0)]
        estimated = next(left, None)
        pools = len(self.route.fees)
        if estimated is not None and not isinstance(estimated, RpcFault):
            units = gas.used(gas.units(estimated), self.ask.exact, pools)
            return gas.cost(self._chain_id, fees, units, "estimate", data)
        units = found.gas + gas.beyond_quoter(pools, holds=self.holds)
        return gas.cost(self._chain_id, fees, units, "quoter", data)

    def swap(self, found: Quoted, slots: Sequence[bytes | None], costs: Gas) -> Swap:
        """The swap, given the slot0 of each pool on the way. Raises Garbled where one states no price."""
        ask, roots = self.ask, [sqrt_price(slot or b"") for slot in slots]
        given, other = whole(self.amount, self._exact_decimals), whole(found.amount, self._other_decimals)
        pay, receive = (given, other) if ask.exact is Leg.PAY else (other, given)
        if 0 in roots:
            raise Garbled("a pool that gives something states no price")
        step = -1 if ask.side is Side.BUY else 1
        return Swap(
            ask=ask,
            pay=pay,
            receive=receive,
            spot=spot(self.route.tokens[::step], roots[::step]),
            fee=self.route.fee,
            grade=Grade.A,
            source=self.source,
            route=self.route.label,
            gas=costs,
            at=self.block.at,
            block_number=self.block.number,
        )

    @property
    def _exact_decimals(self) -> int:
        return (self.ask.pays if self.ask.exact is Leg.PAY else self.ask.receives).decimals

    @property
    def _other_decimals(self) -> int:
        return (self.ask.receives if self.ask.exact is Leg.PAY else self.ask.pays).decimals

    @property
    def _usual(self) -> str:
        """The router's call with a limit as long as limits are."""
        return self._call(_odd(self._other_decimals))

    def _call(self, limit: int) -> str:
        return swap_data(self.route, self.ask.exact, self.amount, limit, HOLDER)

    def _estimate(self, router: str) -> rpc.Ask | None:
        exact = self.ask.exact
        data = self._call(0 if exact is Leg.PAY else _ENDLESS)
        known, tag = self.places, self.block.tag
        return overrides.estimate(self.route, exact, self.amount, data, router, known, self.holds, tag)


def _odd(decimals: int) -> int:
    """A number as long as amounts of such a token are: a thousand whole ones."""
    return _ODD >> max(128 - (10 ** (decimals + 3)).bit_length(), 0)


def _answer(reply: Reply) -> Json:
    if isinstance(reply, RpcFault):
        raise Moved(reply.message)
    return reply
