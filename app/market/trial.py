"""A trial of a token, the pure part: a buy for $100 and the sale of what it gave, simulated in one call of a node.

A token whose code lets nobody sell looks like any other from the outside. `eth_simulateV1` tells: it runs approvals and
swaps one after the other on a state that is written for the call only, and nothing of it happens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from eth_abi.abi import encode

from app.domain.orders import Side
from app.domain.quotes import Ask, Leg
from app.domain.registry import usdc_of
from app.domain.tokens import Token
from app.market import overrides, rpc
from app.market.decode import Json, rows, table
from app.market.overrides import HOLDER
from app.market.pinned import Block, Reply
from app.market.rpc import RpcFault
from app.market.search import Search
from app.market.source import Garbled
from app.market.uniswap import BOOKS, Route, swap_data, units_of, whole

_DOLLARS = 100
# What has to come back, in percent: two dear pools there and back keep 4, a token that keeps half is a trap.
_LEAST_BACK_PCT = 50
# Some tokens round what they move, so a thousandth is not sold.
_KEPT = 1000
_UNITS = hex(3_000_000)
_APPROVE = "0x095ea7b3"


class Verdict(StrEnum):
    """How a trial came out. UNKNOWN: the node cannot simulate, which says nothing about the token."""

    PASSED = "passed"
    FAILED = "failed"
    NO_WAY = "no_way"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be simulated: `ask` is the call, `paid` the USDC of the buy in base units."""

    ask: rpc.Ask
    paid: int

    def verdict(self, reply: Reply) -> Verdict:
        """Raises Garbled. An error in place of all of it is the node's, one of a single call is the token's."""
        if isinstance(reply, RpcFault):
            return Verdict.UNKNOWN
        blocks = rows(reply, "the simulation")
        calls = [call for block in blocks for call in rows(table(block, "a block").get("calls"), "the calls")]
        if len(calls) != 4:
            raise Garbled("the simulation has another number of calls")
        said = [table(call, "a call") for call in calls]
        if any(rpc.int_of(call.get("status")) != 1 for call in said):
            return Verdict.FAILED
        back = int.from_bytes(rpc.bytes_of(said[-1].get("returnData"))[:32], "big")
        return Verdict.PASSED if back * 100 >= self.paid * _LEAST_BACK_PCT else Verdict.FAILED


@dataclass(frozen=True, slots=True)
class Trial:
    """A token to be tried at a block."""

    token: Token
    block: Block

    def asks(self) -> list[rpc.Ask]:
        """The batch that `plan` reads: whether the node simulates at all, where USDC is kept, the ways to buy."""
        search, tag = self._search, self.block.tag
        probes = overrides.probes(search.ask.usdc.address, self._router, tag)
        return [("eth_simulateV1", [{"blockStateCalls": [{"calls": []}]}, tag]), *probes, *search.asks()]

    def plan(self, replies: Sequence[Reply]) -> Plan | Verdict:
        """What to simulate, or UNKNOWN or NO_WAY where nothing can be. Raises Garbled and Moved."""
        simulates, balance, allowance, *said = replies
        usdc = overrides.places(balance, allowance, self._router)
        if isinstance(simulates, RpcFault) or usdc is None:
            return Verdict.UNKNOWN
        found = self._search.found(said)
        best = self._search.best(found, said) if found else None
        if best is None or not best.quoted.amount:
            return Verdict.NO_WAY
        sold = max(best.quoted.amount - best.quoted.amount // _KEPT, 1)
        return Plan(self._simulation(best.route, sold, usdc.balance), self._search.amount)

    @property
    def _router(self) -> str:
        return BOOKS[self.token.chain_id].router

    @property
    def _search(self) -> Search:
        usdc = usdc_of(self.token.chain_id)
        amount = units_of(whole(_DOLLARS, 0), usdc.decimals) or 0
        return Search(Ask(self.token, usdc, Side.BUY, Leg.PAY, whole(_DOLLARS, 0)), amount, self.block)

    def _simulation(self, route: Route, sold: int, place: str) -> rpc.Ask:
        """The buy in one block and the sale in the next: some tokens refuse both in the same."""
        paid, usdc = self._search.amount, route.tokens[0]
        back = Route(route.tokens[::-1], route.fees[::-1])
        state = {HOLDER: {"balance": hex(10**20)}, usdc.address: {"stateDiff": {place: f"0x{paid:064x}"}}}
        buy = [self._approval(usdc, paid), self._swap(route, paid)]
        sale = [self._approval(self.token, sold), self._swap(back, sold)]
        blocks = [{"stateOverrides": state, "calls": buy}, {"calls": sale}]
        return ("eth_simulateV1", [{"blockStateCalls": blocks, "validation": False}, self.block.tag])

    def _approval(self, token: Token, amount: int) -> Json:
        return _call(token.address, _APPROVE + encode(["address", "uint256"], [self._router, amount]).hex())

    def _swap(self, route: Route, amount: int) -> Json:
        return _call(self._router, swap_data(route, Leg.PAY, amount, 0, HOLDER))


def _call(to: str, data: str) -> Json:
    return {"from": HOLDER, "to": to, "input": data, "gas": _UNITS}
