"""Venues: what a session trades on, wired for each of the three markets."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from app.domain.money import ratio
from app.domain.prices import Reading
from app.domain.quotes import Ask
from app.domain.registry import priced_as, usdc_of
from app.domain.tokens import TokenKey
from app.market.demo_quoter import DemoQuoter
from app.market.graded import GradedQuoter, brokers
from app.market.line import Line
from app.market.modelled import ModelledQuoter, Reserves, reserves_of, typical_gas
from app.market.node import Nodes
from app.market.quoter import ChainQuoter
from app.market.quoting import Quoter
from app.market.replay_quoter import DECLARED, ReplayQuoter
from app.market.rpc import PUBLIC_NODES
from app.runtime.demo import DemoFeed
from app.runtime.floor import Feed, Floor
from app.runtime.opening import Ground
from app.runtime.replay import ReplayFeed
from app.trading.board import Board
from app.trading.venue import Venue

Wired = tuple[Quoter, tuple[Line, ...]]


def venue_of(ground: Ground, floor: Floor, feed: Feed, holds: Callable[[str], bool]) -> Venue:
    """The venue of the market that this feed fills. `holds` says whether some of a token (its address in lower case)
    is held already: to receive more of it takes less gas."""
    declared = DECLARED if isinstance(feed, ReplayFeed) else None
    quoter, nodes = _quoter(ground, floor, feed, holds)
    board, watchlist = floor.board, floor.watchlist
    return Venue(floor.chain, board, watchlist, quoter, lambda: to_the_millisecond(feed.now()), declared, nodes)


def to_the_millisecond(at: datetime) -> datetime:
    """The time as it is stored: what is in memory is then what a restart finds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _quoter(ground: Ground, floor: Floor, feed: Feed, holds: Callable[[str], bool]) -> Wired:
    """The quoter, and the lines to the nodes that it asks."""
    if isinstance(feed, DemoFeed):
        return DemoQuoter(feed.market, floor.chain.reference_id, feed.now), ()
    if isinstance(feed, ReplayFeed):
        return ReplayQuoter(feed.token, _shown(floor.board, feed.token.key)), ()
    return _live(ground, floor, feed, holds)


def _live(ground: Ground, floor: Floor, feed: Feed, holds: Callable[[str], bool]) -> Wired:
    reference = floor.chain.reference_id
    settings = ground.settings
    nodes = Nodes(reference, settings.rpc_urls(reference) or PUBLIC_NODES[reference], ground.client, ground.clock)
    stands_for = floor.chain.name if floor.chain.is_testnet else ""

    def held(there: str) -> bool:
        """The chain's quoter knows the mainnet's tokens; a testnet's account holds its own."""
        entries = (
            entry.token for entry in floor.watchlist if (priced_as(entry.token) or entry.token).key.address == there
        )
        return any(holds(token.key.address) for token in entries) or there == usdc_of(reference).key.address

    chain = ChainQuoter(nodes, ground.clock, stands_for=stands_for, holds=held)
    pools = ModelledQuoter(_reserves(floor.board, usdc_of(reference).key, feed), typical_gas(chain))
    asked = brokers(settings.aggregator_urls, ground.client, ground.clock)
    return GradedQuoter(chain, asked, pools, _mid(floor.board)), nodes.lines


def _mid(board: Board) -> Callable[[Ask], Decimal | None]:
    """The consensus price of an ask's token in USDC."""

    def mid(ask: Ask) -> Decimal | None:
        token, usdc = board.peek(ask.token.key).price, board.peek(ask.usdc.key).price
        return ratio(token, usdc) if token is not None and usdc is not None else None

    return mid


def _reserves(board: Board, usdc: TokenKey, feed: Feed) -> Callable[[Ask], Reserves | None]:
    """The pool that the sources now see the token trade in."""
    return lambda ask: reserves_of(board.peek(ask.token.key), board.peek(usdc).price, feed.title)


def _shown(board: Board, key: TokenKey) -> Callable[[], Reading | None]:
    """The recording's last reading."""

    def shown() -> Reading | None:
        return next(iter(board.peek(key).readings), None)

    return shown
