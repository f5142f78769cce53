"""Conditions: what is wrong with the desk, told from how things are at one moment.

An alert stands for longer than its figure is true: a sentence says of what moves on that it was so at its beginning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from app.domain.alerts import AlertKind, Condition, Key, Patience
from app.domain.bots import BotState
from app.domain.money import plain
from app.domain.prices import PriceState

# When a bot counts as stalled: after so many of its ticks, and never before so many seconds.
STALLED_TICKS, STALLED_SECONDS = 3, 60.0
# When a disk counts as nearly full: with less left than either.
LEAST_FREE_BYTES, LEAST_FREE_PCT = 500_000_000, 5
# What comes and goes within these is not worth anybody's attention.
PATIENCE: Mapping[AlertKind, Patience] = MappingProxyType(
    {
        AlertKind.FEED_DOWN: Patience(lasting=60, gone=10),
        AlertKind.RATE_LIMITED: Patience(lasting=10, gone=10),
        AlertKind.PRICE_DISPUTED: Patience(lasting=20, gone=20),
        AlertKind.PRICE_STALE: Patience(lasting=20, gone=20),
        AlertKind.BOT_STALLED: Patience(gone=10),
        AlertKind.DISK_NEARLY_FULL: Patience(lasting=10, gone=60),
    }
)

_PRICES = frozenset({AlertKind.PRICE_DISPUTED, AlertKind.PRICE_STALE})
# A source that answers, and one that is asked nothing.
_TOLD = frozenset({"live", "idle"})
_THEN = "when this was raised"
_WITHOUT = frozenset({PriceState.STALE, PriceState.NONE})
# No fill is reckoned with what is worth what it was a minute ago.
_PAYS_NOT = _WITHOUT | {PriceState.DELAYED}


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """A price source: its name, its name for people, its state, whether it has told us to wait and has not answered
    since, and whether it `leads`: one that does not confirms what others say, and is nobody's price."""

    name: str
    title: str
    state: str
    limited: bool = False
    leads: bool = True


@dataclass(frozen=True, slots=True)
class FeedSeen:
    """The sources of the live market that the desk stands in, or would if it could: `stands_in` is True where an
    invented market has taken its place because nothing answered, and nothing answers yet; `offered` where something
    does by now, and the live market can be gone to."""

    sources: tuple[SourceSeen, ...]
    stands_in: bool = False
    offered: bool = False

    @property
    def is_live(self) -> bool:
        """Whether anybody gives prices."""
        return any(source.state == "live" and source.leads for source in self.sources)


@dataclass(frozen=True, slots=True)
class PriceSeen:
    """The price of a token that is held, or without which, as it `pays` for every fill, nothing that is held can be
    sold; `age_s` is None where there is no price at all; `confirmed` is whether a second source agrees."""

    symbol: str
    state: PriceState
    age_s: int | None
    pays: bool = False
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class BooksSeen:
    """The books of a session: `residual` in US dollars is what memory is off by, `fault` what the last full audit
    found wrong ('' for nothing), None before there was one."""

    session_id: str
    residual: Decimal
    fault: str | None


@dataclass(frozen=True, slots=True)
class BotSeen:
    """The bot: what it is told to do, every how many seconds it ticks, for how long it has not, and whether it ever
    did since it was opened; how far the equity has been below the day's first, in percent, and how far it may."""

    state: BotState
    tick_s: float
    silent_s: float
    lost_pct: float
    limit_pct: Decimal | None
    ticked: bool = True

    @property
    def at_work(self) -> bool:
        """Whether anybody waits for it to tick."""
        return self.state is not BotState.STOPPED

    @property
    def stalls(self) -> bool:
        return self.at_work and self.silent_s >= max(STALLED_TICKS * self.tick_s, STALLED_SECONDS)


@dataclass(frozen=True, slots=True)
class DiskSeen:
    """The disk under the data folder, in bytes."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How things are. None is what nobody could find out; `feed` is None where the market is not to be live. `held` is
    empty where nothing is held, `session_id` where no session is open: it is whose prices, books and bot these are."""

    feed: FeedSeen | None = None
    held: tuple[PriceSeen, ...] | None = None
    books: BooksSeen | None = None
    bot: BotSeen | None = None
    disk: DiskSeen | None = None
    session_id: str = ""


def unknown(now: Snapshot) -> frozenset[AlertKind | Key]:
    """The kinds of which nothing can be said, and the sources of which it cannot be said whether they are to be waited
    for: those that a start has found silent may have said so before it."""
    found: set[AlertKind | Key] = set()
    if now.held is None:
        found |= _PRICES
    if now.books is None or (not now.books.residual and now.books.fault is None):
        found.add(AlertKind.BOOKS_OUT_OF_BALANCE)
    if now.disk is None:
        found.add(AlertKind.DISK_NEARLY_FULL)
    sources = now.feed.sources if now.feed else ()
    silent = (source.name for source in sources if not source.limited and source.state not in _TOLD)
    return frozenset(found | _unknown_of(now.bot) | {(AlertKind.RATE_LIMITED, name) for name in silent})


def _unknown_of(bot: BotSeen | None) -> set[AlertKind]:
    if bot is None:
        return {AlertKind.BOT_STALLED, AlertKind.DAILY_LOSS}
    # One that has just been opened may be late or stand still.
    waits = bot.at_work and not bot.ticked and not bot.stalls
    return {AlertKind.BOT_STALLED} if waits else set()


def conditions(now: Snapshot) -> tuple[Condition, ...]:
    """All that is wrong."""
    return (*_of_feed(now.feed), *_of_prices(now.held), *_of_books(now.books), *_of_bot(now.bot), *_of_disk(now.disk))


def _of_feed(feed: FeedSeen | None) -> Iterator[Condition]:
    if feed is None:
        return
    if feed.stands_in:
        yield Condition(
            AlertKind.FEED_DOWN,
            "demo",
            "No price source answers, so an invented market stands in for the live one.",
            "Price sources answer again.",
        )
    elif not feed.is_live:
        yield Condition(
            AlertKind.FEED_DOWN,
            "live",
            f"{_silent(feed.sources)}; prices are the last known ones and grow old.",
            "Price sources answer again.",
        )
    for source in feed.sources:
        if source.limited:
            yield Condition(
                AlertKind.RATE_LIMITED,
                source.name,
                f"{source.title} was asked too often and has told Drydock to wait.",
                f"{source.title} answers again.",
            )


def _silent(sources: tuple[SourceSeen, ...]) -> str:
    confirm = " and ".join(source.title for source in sources if source.state == "live")
    return f"Only {confirm} answers, which confirms prices and gives none" if confirm else "No price source answers"


def _of_prices(held: tuple[PriceSeen, ...] | None) -> Iterator[Condition]:
    for seen in held or ():
        if seen.state is PriceState.DISPUTED:
            yield Condition(
                AlertKind.PRICE_DISPUTED,
                seen.symbol,
                f"The sources disagree about {seen.symbol}{_meant(seen, 'which', 'until they agree')}.",
                f"The sources agree about {seen.symbol} again.",
            )
        elif seen.state in (_PAYS_NOT if seen.pays else _WITHOUT):
            yield Condition(
                AlertKind.PRICE_STALE,
                seen.symbol,
                f"{_aged(seen)}{_meant(seen, 'and it', 'for a live price')}.",
                f"{seen.symbol} has a price again.",
            )


def _meant(seen: PriceSeen, it: str, waits: str) -> str:
    """What it means that the price is not live."""
    if seen.pays:
        return "; nothing can be bought or sold until it is live, so every stop waits"
    return f", {it} is held; its stops wait {waits}"


def _aged(seen: PriceSeen) -> str:
    if seen.age_s is None:
        return f"{seen.symbol} has no price"
    age = f"{seen.age_s // 60} minutes" if seen.age_s >= 120 else f"{seen.age_s} seconds"
    return f"The price of {seen.symbol} was {age} old {_THEN}"


def _of_books(books: BooksSeen | None) -> Iterator[Condition]:
    if books is None or not (books.residual or books.fault):
        return
    off = f"equity was off by {plain(books.residual)} dollars {_THEN}" if books.residual else books.fault or ""
    yield Condition(
        AlertKind.BOOKS_OUT_OF_BALANCE,
        books.session_id,
        f"The books do not balance: {off.rstrip('.')}.",
        "The books balance again.",
    )


def _of_bot(bot: BotSeen | None) -> Iterator[Condition]:
    if bot is None:
        return
    if bot.stalls:
        yield Condition(
            AlertKind.BOT_STALLED,
            "",
            f"The bot had not looked at the market for {bot.silent_s:.0f} seconds {_THEN}.",
            "The bot looks at the market again.",
        )
    if bot.limit_pct is not None and bot.limit_pct < bot.lost_pct:
        yield Condition(
            AlertKind.DAILY_LOSS,
            "",
            f"The account had lost {bot.lost_pct:.1f} % today {_THEN}, more than the {plain(bot.limit_pct)} % of a "
            "day; the bot opens nothing until 00:00 UTC.",
            "The day's loss is within its limit; the bot may open positions again.",
        )


def _of_disk(disk: DiskSeen | None) -> Iterator[Condition]:
    if disk is None:
        return
    if disk.free < LEAST_FREE_BYTES or disk.free * 100 < disk.total * LEAST_FREE_PCT:
        yield Condition(
            AlertKind.DISK_NEARLY_FULL,
            "",
            f"The disk of the data folder is nearly full: {disk.free / 1e6:,.0f} MB were left {_THEN}.",
            "The disk of the data folder has room again.",
        )
