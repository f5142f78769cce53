"""Listing: a token is put on the watchlist by address or symbol, or refused with a sentence."""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from app.domain.chains import CHAINS, Chain
from app.domain.fields import as_field
from app.domain.prices import Reading
from app.domain.refusal import Refusal
from app.domain.registry import REGISTRY, on_chain
from app.domain.tokens import Token, TokenKey, is_address
from app.market import erc20
from app.market.budget import per_minute
from app.market.line import Line, NoAnswer
from app.market.node import Nodes
from app.market.pinned import Moved, block_ask, block_of
from app.market.rpc import PUBLIC_NODES
from app.market.source import Call, Card, Garbled, PriceSource
from app.market.trial import Plan, Trial, Verdict
from app.runtime.house import House
from app.runtime.live import LiveFeed
from app.store.database import StoreRefused
from app.store.watchlist import WatchedToken, replace_watched
from app.trading.bell import Topic
from app.trading.watchlist import board_key

_ONLY_WATCHED = {
    Verdict.FAILED: "A simulated buy and sell failed, so it is only watched.",
    Verdict.NO_WAY: "Uniswap has no pool in which to try a buy and a sell, so it is only watched.",
}
# Which sources know where a token trades.
_MARKETS = ("dexscreener", "geckoterminal")

_log = logging.getLogger("drydock.quote")


async def list_token(house: House, text: str) -> WatchedToken | Refusal:
    """Look a token up and watch it. `text` is an address, or the symbol of a curated token."""
    entry = await _found(house, text.strip())
    if isinstance(entry, Refusal):
        return entry
    refusal = house.floor.watchlist.add(entry)
    if refusal:
        return refusal
    unwritten = await _write(house)
    if unwritten:
        house.floor.watchlist.remove(entry.token.key)
        return unwritten
    house.feed.reschedule(hurry=True)
    house.bell.ring(Topic.WATCHLIST, Topic.PRICES)
    return entry


async def unlist_token(house: House, text: str) -> WatchedToken | Refusal:
    """Stop watching a token; what is remembered of its price stays."""
    entry = house.floor.watchlist.find(text.strip())
    if isinstance(entry, Refusal):
        return entry
    pit = house.pit

    async def take_off() -> Refusal | None:
        return await _taken_off(house, entry)

    refusal = await (pit.bot.unlist(entry.token, take_off) if pit else take_off())
    if refusal:
        return refusal
    key = board_key(entry.token) or entry.token.key
    if key not in {token.key for token in house.floor.tokens()}:
        house.floor.ticker.forget(key)
    house.feed.reschedule()
    house.bell.ring(Topic.WATCHLIST, Topic.PRICES, Topic.BOT)
    return entry


async def _taken_off(house: House, entry: WatchedToken) -> Refusal | None:
    """Strike it off the list, on disk too; refused where the account minds it."""
    if entry not in house.floor.watchlist:
        return Refusal("unknown_token", f"{entry.token.symbol} is not on the watchlist any more.")
    if len(house.floor.watchlist) == 1:
        return Refusal("last_token", "The last token stays on the watchlist.")
    if house.pit and house.pit.minds(entry.token):
        return Refusal("held", f"{entry.token.symbol} is held or has open orders; sell it and cancel them first.")
    house.floor.watchlist.remove(entry.token.key)
    unwritten = await _write(house)
    if unwritten:
        house.floor.watchlist.add(entry)
    return unwritten


async def _write(house: House) -> Refusal | None:
    """Keep the list as it stands now: once it was touched, it is no longer the chain's own."""
    floor = house.floor
    try:
        # One after the other: the list that was written last must be the newest.
        async with house.listing:
            await asyncio.to_thread(replace_watched, house.store, floor.series, floor.chain.id, list(floor.watchlist))
    except StoreRefused as error:
        return Refusal("database_refused", str(error))
    return None


async def _found(house: House, text: str) -> WatchedToken | Refusal:
    chain = house.chain
    if house.feed.mode == "replay":
        return Refusal("replay", "A replay shows the one token that was recorded.")
    if not is_address(text):
        curated = next((token for token in on_chain(chain.id) if token.symbol.lower() == text.lower()), None)
        sentence = f"{text[:60]!r} is neither an address nor a token that Drydock knows on {chain.name}."
        return WatchedToken(curated) if curated else Refusal("not_an_address", sentence)
    known = REGISTRY.get(TokenKey(chain.id, text.lower()))
    if known:
        return WatchedToken(known)
    if chain.is_testnet:
        return Refusal("testnet_no_market", f"That token has no market: on {chain.name} only known assets have prices.")
    if not isinstance(house.feed, LiveFeed):
        return Refusal("simulated", "The simulated market trades only the tokens that Drydock knows.")
    token = await _on_chain(house, chain, text)
    entry = token if isinstance(token, Refusal) else await _with_market(house.feed, token)
    return await _tried(house, entry) if isinstance(entry, WatchedToken) and entry.tradable else entry


async def _on_chain(house: House, chain: Chain, address: str) -> Token | Refusal:
    """The token's own symbol and decimals, asked of the chain's nodes in turn."""
    nodes = _addresses(house, chain)
    call = Call("", f"token {address}", body=erc20.question(address))
    for node in nodes:
        line = house.nodes.setdefault(node, Line(_card(node), house.client, house.clock))
        try:
            return await line.ask(call, lambda payload, _call, _at: erc20.identity(payload, chain.id, address))
        except NoAnswer:
            continue
    return Refusal("rpc_unreachable", f"No node of {chain.name} answers, so the token could not be looked up.")


def _addresses(house: House, chain: Chain) -> tuple[str, ...]:
    return house.settings.rpc_urls(chain.id) or PUBLIC_NODES[chain.id]


async def _tried(house: House, entry: WatchedToken) -> WatchedToken | Refusal:
    """The token, only to be watched where a simulated buy and sell fail, or where there is no pool to try them in.

    A node that cannot simulate (eth_simulateV1 is missing, or breaks down) decides nothing: then the depth of the pools
    is the only requirement, because a token is not to blame for its node. Refused where no node answers any more.
    """
    chain = CHAINS[entry.token.chain_id]
    nodes = Nodes(chain.id, _addresses(house, chain), house.client, house.clock)
    try:
        verdict = await _verdict(nodes, entry.token)
    except (Garbled, Moved):
        sentence = f"The node of {chain.name} gave no usable answer, so the token could not be tried; try again."
        return Refusal("rpc_unreachable", sentence)
    if isinstance(verdict, Refusal):
        return verdict
    _log.info("[QUOTE] token=%s trial=%s", as_field(entry.token.key.address), verdict.value)
    reason = _ONLY_WATCHED.get(verdict)
    return replace(entry, tradable=False, reason=reason) if reason else entry


async def _verdict(nodes: Nodes, token: Token) -> Verdict | Refusal:
    """How the trial at the newest block came out. Raises Garbled and Moved."""
    newest = await nodes.ask([block_ask("latest")], "trial")
    if isinstance(newest, Refusal):
        return newest
    trial = Trial(token, block_of(newest[0]))
    replies = await nodes.ask(trial.asks(), "trial")
    plan = replies if isinstance(replies, Refusal) else trial.plan(replies)
    if not isinstance(plan, Plan):
        return plan
    simulated = await nodes.ask([plan.ask], "trial")
    return simulated if isinstance(simulated, Refusal) else plan.verdict(simulated[0])


def _card(node: str) -> Card:
    return Card("rpc", "JSON-RPC node", "rpc", 0, (node,), (per_minute(30),))


async def _with_market(feed: LiveFeed, token: Token) -> WatchedToken | Refusal:
    """The token with the deepest pool that any source knows; only to be watched where that is a shallow one."""
    answers: list[_Said] = []
    for poller in feed.pollers:
        if poller.name in _MARKETS and poller.source.covers(token):
            answers += await _quoted(poller.line, poller.source, token)
    if not answers:
        return Refusal("no_source", "No source that knows markets answers now; try again in a minute.")
    if not any(said.known for said in answers):
        return Refusal("no_market", f"{token.symbol} has no market on {CHAINS[token.chain_id].name}.")
    readings = [reading for said in answers for reading in said.readings]
    if not readings:
        return WatchedToken(token, tradable=False, reason="Its pools hold less than $10,000.")
    pools = (reading.pool for reading in readings if reading.pool)
    return WatchedToken(token, liquidity_usd=max((pool.liquidity_usd for pool in pools), default=None))


class _Said(NamedTuple):
    """What a source says of one token: whether it knows it at all, and its readings, for which it has to have a pool
    of $10,000."""

    known: bool
    readings: tuple[Reading, ...]


async def _quoted(line: Line, source: PriceSource, token: Token) -> list[_Said]:
    """What a source says of one token; empty where it does not answer."""

    def read(payload: object, call: Call, at: datetime) -> _Said:
        return _Said(token.key.address in str(payload).lower(), source.parse(payload, call, at).readings)

    try:
        return [await line.ask(call, read) for call in source.plan([token])]
    except NoAnswer:
        return []
