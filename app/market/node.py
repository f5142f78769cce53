"""Nodes: asks a chain through whichever of its nodes answers, and never through one that is on another chain."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from app.domain.chains import CHAINS
from app.domain.fields import as_field
from app.domain.refusal import Refusal
from app.market import rpc
from app.market.budget import per_minute
from app.market.decode import Json
from app.market.line import Client, Clock, Line, NoAnswer
from app.market.source import Call, Card, Fault, Garbled

# What public nodes take at once.
MOST_AT_ONCE = 20
# Ten a second: a person's clicks and a ladder for each token go through, a loop gone wild does not.
PER_MINUTE = 600
# Seconds after which a node that failed three times is asked again: somebody may be waiting to sell.
REST = 10.0

Replies: TypeAlias = "list[Json | rpc.RpcFault]"
# "too many arguments" is about the call and not about how many calls there are.
_INVALID_PARAMS = -32602
_CHAIN_ID: rpc.Ask = ("eth_chainId", [])

_log = logging.getLogger("drydock.quote")


@dataclass(slots=True)
class _Node:
    """One address. `proven`: it said that it is on our chain, and nothing went wrong since, which will do for what is
    pinned to a block; `elsewhere` is the other chain that it said it is on, 0 where it did not."""

    line: Line = field(repr=False)
    proven: bool = False
    elsewhere: int = 0


class Nodes:
    """The nodes of one chain, asked in turn: whoever answered last is asked first. `urls` may hold keys."""

    def __init__(self, chain_id: int, urls: Sequence[str], client: Client, clock: Clock) -> None:
        self.chain_id = chain_id
        cards = [Card("rpc", "Node", "rpc", 0, (url,), (per_minute(PER_MINUTE),)) for url in urls]
        self._nodes = [_Node(Line(card, client, clock, REST)) for card in cards]
        self._first = 0

    @property
    def lines(self) -> tuple[Line, ...]:
        """One for each address, in the order given, for who counts calls and faults."""
        return tuple(node.line for node in self._nodes)

    async def ask(self, asks: Sequence[rpc.Ask], label: str) -> "Replies | Refusal":
        """The reply to each call in its order, all from one node; what a node says of a single call, such as that a
        contract reverted, is an RpcFault in its place. Refuses with rpc_unreachable, or with wrong_chain where every
        node that answers is on another chain."""
        for step in range(len(self._nodes)):
            place = (self._first + step) % len(self._nodes)
            try:
                replies = await self._asked(self._nodes[place], asks, label)
            except NoAnswer as error:
                _log.debug("[QUOTE] chain=%d node=%d call=%s why=%r", self.chain_id, place, as_field(label), str(error))
                continue
            self._first = place
            return replies
        return self._nobody()

    async def _asked(self, node: _Node, asks: Sequence[rpc.Ask], label: str) -> Replies:
        """Raises NoAnswer where this node gave none, or is not to be trusted."""
        proving = not node.proven or _is_unpinned(asks)
        asked = [_CHAIN_ID, *asks] if proving else [*asks]
        parts = [asked[start : start + MOST_AT_ONCE] for start in range(0, len(asked), MOST_AT_ONCE)]

        async def part(number: int) -> Replies:
            def read(payload: Json, _call: Call, _at: datetime) -> Replies:
                replies = _replies(payload, len(parts[number]))
                if proving and number == 0:
                    self._prove(node, replies[0])
                return replies

            return await node.line.ask(Call("", label, body=rpc.batch(parts[number])), read)

        answers = await asyncio.gather(*(part(number) for number in range(len(parts))), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                node.proven = False
                if isinstance(answer, NoAnswer) and answer.fault not in (None, Fault.REFUSED):
                    node.elsewhere = 0
                raise answer
        replies = [reply for answer in answers if not isinstance(answer, BaseException) for reply in answer]
        return replies[len(asked) - len(asks) :]

    def _prove(self, node: _Node, reply: "Json | rpc.RpcFault") -> None:
        node.elsewhere = 0
        told = rpc.int_of(rpc.answered({1: reply}, 1))
        if told != self.chain_id:
            node.elsewhere = told
            raise Garbled(f"the node is on chain {told}, not on {self.chain_id}", Fault.REFUSED)
        node.proven = True

    def _nobody(self) -> Refusal:
        chain = CHAINS[self.chain_id].name
        other = next((node.elsewhere for node in self._nodes if node.elsewhere), 0)
        if other:
            return Refusal("wrong_chain", f"The node for {chain} is on chain {other}, so it is not asked.")
        return Refusal("rpc_unreachable", f"No node for {chain} answers, so nothing can be quoted on chain.")


def _is_unpinned(asks: Sequence[rpc.Ask]) -> bool:
    """Whether anything is asked of the newest block, whichever that is. What is pinned to a block is held to its hash,
    and a node that has gone to another chain does not have that."""
    return any(not params or "latest" in params for _, params in asks)


def _replies(payload: Json, count: int) -> Replies:
    """The replies in the order of the calls. Raises Garbled where one is missing, or where the node limits us."""
    found = rpc.results(payload)
    if any(number not in found for number in range(1, count + 1)):
        raise Garbled("a call of the batch has no answer")
    replies = [found[number] for number in range(1, count + 1)]
    for number, reply in enumerate(replies, start=1):
        if isinstance(reply, rpc.RpcFault) and reply.rate_limited and reply.code != _INVALID_PARAMS:
            rpc.answered(found, number)
    return replies
