"""Chainlink feeds read from the chain itself in one call; they confirm a price and never lead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from app.domain.prices import Reading
from app.domain.tokens import Token
from app.market import rpc
from app.market.budget import per_minute
from app.market.decode import number_price, unix_time
from app.market.feeds import DECIMALS, FEEDS, SEQUENCERS
from app.market.source import Answer, Call, Card, Fault, Garbled, read_each

_LATEST_ROUND_DATA = "0xfeaf968c"
_AGGREGATE3 = "0x82ad56cb"
_ROUND = ("uint80", "int256", "uint256", "uint256", "uint80")
_TOGETHER = "latestRoundData through Multicall3"
_SINGLY = "latestRoundData one by one"


@dataclass(frozen=True, slots=True)
class Chainlink:
    """One batch asks the chain's id and every feed through Multicall3; where that is missing, each feed by itself.

    A reading counts for 3960 s: a heartbeat of an hour and a tenth. Stablecoins have a heartbeat of a day, so they
    confirm only for about an hour after an update. `urls` may hold keys. Where the chain has a sequencer and
    its feed does not say that it works, nothing is read: prices may stand still without looking old.
    """

    chain_id: int
    urls: tuple[str, ...] = field(repr=False)
    rank: int = 7

    @property
    def card(self) -> Card:
        return Card(
            name="chainlink",
            title="Chainlink",
            group="chainlink",
            rank=self.rank,
            base_urls=self.urls,
            allowances=(per_minute(30),),
            leads=False,
            fresh_for=timedelta(seconds=3960),
            deviation_bp=Decimal(50),
        )

    def covers(self, token: Token) -> bool:
        return token.chain_id == self.chain_id and token.coingecko_id in FEEDS.get(self.chain_id, {})

    def plan(self, tokens: Sequence[Token]) -> list[Call]:
        covered = tuple(token for token in tokens if self.covers(token))
        if not covered:
            return []
        feeds = self._feeds(covered)
        singly = [rpc.eth_call(feed, _LATEST_ROUND_DATA) for feed in feeds]
        together = [rpc.eth_call(rpc.MULTICALL3, _aggregated(feeds))]
        otherwise = Call("", _SINGLY, covered, body=rpc.batch([_CHAIN_ID, *singly]))
        return [Call("", _TOGETHER, covered, body=rpc.batch([_CHAIN_ID, *together]), otherwise=otherwise)]

    def parse(self, payload: object, call: Call, at: datetime) -> Answer:
        found = rpc.results(payload)
        rpc.demand_chain(found, 1, self.chain_id)
        feeds = self._feeds(call.tokens)
        rounds = _singly(found, feeds) if call.label == _SINGLY else _together(found, feeds)
        self._demand_sequencer(rounds)

        def read(token: Token) -> Reading:
            answer, updated_at = _round(rounds.get(self._feed(token)))
            if answer <= 0:
                raise Garbled("a feed's answer is not above zero")
            if updated_at == 0:
                raise Garbled("a feed's round is not complete")
            price = number_price(Decimal(answer).scaleb(-DECIMALS))
            return Reading(token.key, price, "chainlink", at, unix_time(updated_at))

        return read_each(call.tokens, read)

    def _feed(self, token: Token) -> str:
        return FEEDS.get(self.chain_id, {}).get(token.coingecko_id or "", "")

    def _feeds(self, tokens: Iterable[Token]) -> list[str]:
        """The feeds to read, each once, the sequencer's first."""
        first = [SEQUENCERS[self.chain_id]] if self.chain_id in SEQUENCERS else []
        return list(dict.fromkeys(first + [self._feed(token) for token in tokens]))

    def _demand_sequencer(self, rounds: dict[str, bytes]) -> None:
        if self.chain_id not in SEQUENCERS:
            return
        answer, _ = _round(rounds.get(SEQUENCERS[self.chain_id]))
        if answer != 0:
            raise Garbled("the chain's sequencer is down, so its feeds may stand still", Fault.REFUSED)


_CHAIN_ID: rpc.Ask = ("eth_chainId", [])


def _aggregated(feeds: list[str]) -> str:
    calls = [(feed, True, bytes.fromhex(_LATEST_ROUND_DATA[2:])) for feed in feeds]
    return _AGGREGATE3 + encode(["(address,bool,bytes)[]"], [calls]).hex()


def _together(found: rpc.Results, feeds: list[str]) -> dict[str, bytes]:
    """The data of each feed that answered. Raises Garbled, NOT_HERE where there is no Multicall3."""
    data = rpc.bytes_of(rpc.answered(found, 2))
    if not data:
        raise Garbled("there is no Multicall3 on this node", Fault.NOT_HERE)
    try:
        answers: list[tuple[bool, bytes]] = list(decode(["(bool,bytes)[]"], data)[0])
    except (DecodingError, OverflowError, ValueError) as error:
        raise Garbled("the answer of Multicall3 cannot be decoded") from error
    if len(answers) != len(feeds):
        raise Garbled("Multicall3 answered another number of calls")
    return {feed: said for feed, (worked, said) in zip(feeds, answers, strict=True) if worked}


def _singly(found: rpc.Results, feeds: list[str]) -> dict[str, bytes]:
    """The data of each feed that answered. Raises Garbled where the node limits us."""
    rounds: dict[str, bytes] = {}
    for number, feed in enumerate(feeds, start=2):
        try:
            rounds[feed] = rpc.bytes_of(rpc.answered(found, number))
        except Garbled as error:
            if error.fault is Fault.RATE_LIMITED:
                raise
    return rounds


def _round(data: bytes | None) -> tuple[int, int]:
    """Answer and time of update (Unix seconds) of a latestRoundData. Raises Garbled."""
    if data is None:
        raise Garbled("a feed gave no answer")
    try:
        _, answer, _, updated_at, _ = decode(_ROUND, data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise Garbled("a feed's answer cannot be decoded") from error
    return int(answer), int(updated_at)
