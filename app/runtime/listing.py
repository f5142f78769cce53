"""Listing: a token is put on the watchlist by address or symbol, or refused with a sentence."""

import asyncio

from app.domain.chains import CHAINS, Chain
from app.domain.prices import Reading
from app.domain.refusal import Refusal
from app.domain.registry import REGISTRY, on_chain
from app.domain.tokens import Token, TokenKey, is_address
from app.market import erc20
from app.market.budget import per_minute
from app.market.line import Line, NoAnswer
from app.market.rpc import PUBLIC_NODES
from app.market.source import Call, Card, PriceSource
from app.runtime.house import House
from app.runtime.live import LiveFeed
from app.store.watchlist import WatchedToken, add_watched, remove_watched
from app.trading.bell import Topic

# Which sources know where a token trades.
_MARKETS = ("dexscreener", "geckoterminal")
_LEAST_LIQUIDITY = 10_000


async def list_token(house: House, text: str) -> WatchedToken | Refusal:
    """Look a token up and watch it. `text` is an address, or the symbol of a curated token."""
    entry = await _found(house, text.strip())
    if isinstance(entry, Refusal):
        return entry
    refusal = house.floor.watchlist.add(entry)
    if refusal:
        return refusal
    await asyncio.to_thread(add_watched, house.store, house.floor.series, entry)
    house.feed.reschedule(hurry=True)
    house.bell.ring(Topic.WATCHLIST, Topic.PRICES)
    return entry


async def unlist_token(house: House, text: str) -> WatchedToken | Refusal:
    """Stop watching a token; what is remembered of its price stays."""
    entry = house.floor.watchlist.find(text.strip())
    if isinstance(entry, Refusal):
        return entry
    if len(house.floor.watchlist) == 1:
        return Refusal("last_token", "The last token stays on the watchlist.")
    house.floor.watchlist.remove(entry.token.key)
    await asyncio.to_thread(remove_watched, house.store, house.floor.series, entry.token.key)
    if entry.token.key not in {token.key for token in house.floor.tokens()}:
        house.floor.ticker.forget(entry.token.key)
    house.feed.reschedule()
    house.bell.ring(Topic.WATCHLIST, Topic.PRICES)
    return entry


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
    return token if isinstance(token, Refusal) else await _with_market(house.feed, token)


async def _on_chain(house: House, chain: Chain, address: str) -> Token | Refusal:
    """The token's own symbol and decimals, asked of the chain's nodes in turn."""
    nodes = house.settings.rpc_urls(chain.id) or PUBLIC_NODES[chain.id]
    line = Line(_card(nodes), house.client, house.clock)
    call = Call("", f"token {address}", body=erc20.question(address))
    for _node in nodes:
        try:
            return await line.ask(call, lambda payload, _call, _at: erc20.identity(payload, chain.id, address))
        except NoAnswer:
            continue
    return Refusal("rpc_unreachable", f"No node of {chain.name} answers, so the token could not be looked up.")


def _card(nodes: tuple[str, ...]) -> Card:
    return Card("rpc", "JSON-RPC node", "rpc", 0, nodes, (per_minute(30),))


async def _with_market(feed: LiveFeed, token: Token) -> WatchedToken | Refusal:
    """The token with the deepest pool that any source knows."""
    readings: list[Reading] = []
    silent = True
    for poller in feed.pollers:
        if poller.name in _MARKETS and poller.source.covers(token):
            answer = await _quoted(poller.line, poller.source, token)
            silent = silent and answer is None
            readings.extend(answer or ())
    if silent:
        return Refusal("no_source", "No source that knows markets answers now; try again in a minute.")
    if not readings:
        name = CHAINS[token.chain_id].name
        return Refusal("no_market", f"{token.symbol} has no market with $10,000 of liquidity on {name}.")
    deepest = max((r.pool.liquidity_usd for r in readings if r.pool), default=None)
    tradable = deepest is not None and deepest >= _LEAST_LIQUIDITY
    return WatchedToken(token, tradable, None if tradable else "Its pools hold less than $10,000.", deepest)


async def _quoted(line: Line, source: PriceSource, token: Token) -> tuple[Reading, ...] | None:
    """What a source says of one token; None where it does not answer."""
    try:
        answers = [await line.ask(call, source.parse) for call in source.plan([token])]
    except NoAnswer:
        return None
    return tuple(reading for answer in answers for reading in answer.readings)
