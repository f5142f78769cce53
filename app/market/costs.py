"""What a swap of a token costs in gas on one chain: what was reckoned last, and the calls that reckon it anew."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.fields import as_field
from app.domain.quotes import Gas, Leg
from app.domain.registry import usdc_of
from app.domain.tokens import Token
from app.market import gas, rpc
from app.market.line import Clock
from app.market.overrides import HOLDER
from app.market.pinned import Priced, Reply, returned
from app.market.uniswap import BOOKS, Route, swap_data

# How long gas that was reckoned may be told again, in seconds.
GAS_LIFE = 2.0
# What a swap through one pool is planned to use before any was quoted: the middle of what is seen on the chains.
PLANNED_UNITS = 150_000

_log = logging.getLogger("drydock.quote")


@dataclass(frozen=True, slots=True)
class Plan:
    """The gas of a swap that uses so many `units` and carries `data`, to be reckoned at present fees."""

    chain_id: int
    units: int
    data: str
    basis: str

    def asks(self, tag: str) -> list[rpc.Ask]:
        """The calls whose replies `read` reads; `tag` is a tag or a hex number of a block."""
        router = BOOKS[self.chain_id].router
        return [gas.fees_ask(tag), *gas.data_asks(self.chain_id, router, self.data, tag, self.units)]

    def read(self, replies: Sequence[Reply]) -> Gas:
        """Raises Garbled and Moved."""
        fees = gas.fees(rpc.answered({1: replies[0]}, 1), self.chain_id)
        return gas.cost(self.chain_id, fees, self.units, self.basis, [returned(reply) for reply in replies[1:]])


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a swap of a token cost last, when (monotonic seconds), and the plan to reckon it anew."""

    gas: Gas
    plan: Plan
    at: float


class Costs:
    """The memory of one chain, by token address."""

    def __init__(self, chain_id: int, clock: Clock) -> None:
        self._chain_id = chain_id
        self._clock = clock
        self._costs: dict[str, _Cost] = {}

    def fresh(self, address: str) -> Gas | None:
        """What was reckoned within GAS_LIFE."""
        known = self._costs.get(address.lower())
        return known.gas if known and self._clock.instant().mono - known.at < GAS_LIFE else None

    def plan(self, address: str) -> Plan:
        """That of a swap like the last that was quoted for this token; of a usual one before."""
        known = self._costs.get(address.lower())
        return known.plan if known else Plan(self._chain_id, PLANNED_UNITS, self._usual(address), "declared")

    def learn(self, address: str, found: Gas, plan: Plan) -> None:
        self._costs[address.lower()] = _Cost(found, plan, self._clock.instant().mono)

    def keep(self, token: Token, priced: Priced) -> None:
        """What a swap that was just quoted costs."""
        costs = priced.swap.gas
        units = costs.units
        if self._chain_id in gas.ARBITRUM and costs.basis == "estimate":
            units += costs.l1_wei // max(costs.unit_wei, 1)
        self.learn(token.address, costs, Plan(self._chain_id, units, priced.data, costs.basis))
        level = f"units={costs.units} unit_wei={costs.unit_wei} l1_wei={costs.l1_wei} basis={costs.basis}"
        _log.debug("[GAS] token=%s %s", as_field(token.symbol), level)

    def _usual(self, address: str) -> str:
        """The call of a swap of this token through one pool."""
        token = Token(self._chain_id, address, "", "", 18)
        return swap_data(Route((usdc_of(self._chain_id), token), (500,)), Leg.PAY, 0x2A7D3C1B, 0x3C9E58D0A1B2, HOLDER)
