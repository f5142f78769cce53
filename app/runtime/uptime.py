"""Uptime: what has become of every source and of the prices since the start, against what was promised."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.domain.bots import BotState
from app.domain.buckets import Buckets
from app.domain.performance import Figure
from app.domain.prices import PriceState
from app.domain.refusal import Refusal
from app.domain.targets import (
    AGES,
    BOARD_READS,
    FILL_MEDIAN,
    FILL_P95,
    PRICE_AGE,
    TICK_TO_SCREEN,
    Score,
    of_buckets,
    of_figure,
    of_share,
)
from app.domain.tokens import TokenKey
from app.domain.uptime import (
    CLOSED,
    FailOver,
    History,
    Missed,
    Outage,
    Rest,
    Snapshot,
    SourceSeen,
    TokenSeen,
    begun,
    missed,
    seen,
)
from app.market.replay import REPLAY
from app.runtime.figures import dealings
from app.runtime.floor import Feed, Floor
from app.runtime.live import LiveFeed
from app.runtime.looks import Look, is_late
from app.runtime.pit import Pit
from app.runtime.poller import Poller
from app.store.database import StoreRefused

if TYPE_CHECKING:
    from app.runtime.house import House

# A market that does not stand open yet, or any more, is not looked at.
_AWAY = frozenset({"starting", "ended"})


@dataclass(frozen=True, slots=True)
class SourceUptime:
    """One source since the start: the share of its calls that failed, 0 to 1 (None before the first call and where
    there are none to make), the times that its breaker was not closed, oldest first, and how often a token's lead went
    away from it, and came to it from a better one."""

    name: str
    title: str
    state: str
    breaker: str
    error_share: float | None
    rests: tuple[Rest, ...]
    fail_overs: int
    stood_in: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was promised and how it stands; all since `since`, when this process opened the market named or the clock
    was set back, as of `seen_at`. Fail-overs and outages are oldest first."""

    market: str
    since: datetime
    seen_at: datetime
    scores: tuple[Score, ...]
    sources: tuple[SourceUptime, ...]
    fail_overs: tuple[FailOver, ...]
    outages: tuple[Outage, ...]


class Uptime:
    """The feed's service level. `ages` are those of the watched prices, in seconds, at every look; a recording's are
    not taken, as its time goes by at any speed."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self._floor: Floor | None = None
        self._pit: Pit | None = None
        self._bars: dict[TokenKey, datetime] = {}
        self.history: History = begun(house.clock.instant().utc)
        self.ages = Buckets(AGES)

    def look(self) -> None:
        """Once a second: note what has changed."""
        house, now = self._house, self._house.clock.instant()
        floor, feed = house.floor, house.feed
        if feed.state in _AWAY:
            return
        self._follow(floor, now.utc)
        if feed.mode != REPLAY:
            self._age(floor, feed.now())
        pit = house.pit
        running = pit is not None and pit.bot.record.state is BotState.RUNNING
        snapshot = Snapshot(
            at=now.utc,
            sources=_sources(feed, now.mono),
            tokens=_tokens(floor),
            down=feed.state == "down",
            running=running,
            held_up=running and pit is not None and _is_held_up(pit),
            missed=self._missed(pit) if pit else (),
        )
        self.history = seen(self.history, snapshot)

    async def report(self) -> Report:
        """How it stands."""
        house = self._house
        self._follow(house.floor, house.clock.instant().utc)
        history = self.history
        reads = house.board.reads
        median, p95 = await self._fill_errors()
        return Report(
            market=house.floor.series,
            since=history.since,
            seen_at=history.seen_at,
            scores=(
                of_buckets(PRICE_AGE, self.ages),
                of_share(BOARD_READS, reads.hits, reads.hits + reads.misses),
                of_buckets(TICK_TO_SCREEN, house.gauges.tick_to_push, 1000),
                of_figure(FILL_MEDIAN, median),
                of_figure(FILL_P95, p95),
            ),
            sources=_reported(house.feed, history, house.clock.instant().mono),
            fail_overs=history.fail_overs,
            outages=history.outages,
        )

    # -- how

    def _follow(self, floor: Floor, now: datetime) -> None:
        """Another market has a history of its own."""
        if floor is not self._floor:
            self._floor, self.history, self.ages = floor, begun(now), Buckets(AGES)

    def _age(self, floor: Floor, now: datetime) -> None:
        for token in floor.watched():
            age = floor.board.peek(token.key).age_s(now)
            if age is not None:
                self.ages.see(age)

    def _missed(self, pit: Pit) -> tuple[Missed, ...]:
        """What the bot would have done at closes that it has decided on since the last look, had prices been live."""
        if pit is not self._pit:
            self._pit, self._bars = pit, {}
        new = [look for look in pit.bot.looks() if look.bar_at and self._bars.get(look.token.key) != look.bar_at]
        self._bars |= {look.token.key: look.bar_at for look in new if look.bar_at}
        found = ((look, missed(look.decision)) for look in new if _is_missed(look, pit))
        return tuple(Missed(look.token, verdict) for look, verdict in found if verdict is not None)

    async def _fill_errors(self) -> tuple[Figure, Figure]:
        """The median and the 95th percentile of the session's fills, in basis points."""
        house, pit = self._house, self._house.pit
        if pit is None:
            nothing = Figure(None, "No session is open.")
            return nothing, nothing
        try:
            found = await dealings(house.store, pit.session, pit)
        except StoreRefused as error:
            refused = Figure(None, str(error))
            return refused, refused
        return found.fill_error_median_bps, found.fill_error_p95_bps


def _sources(feed: Feed, mono: float) -> tuple[SourceSeen, ...]:
    if not isinstance(feed, LiveFeed):
        return tuple(SourceSeen(name, CLOSED, 0, "") for name in feed.states())
    return tuple(_source(poller, mono) for poller in feed.pollers)


def _source(poller: Poller, mono: float) -> SourceSeen:
    breaker = poller.line.breaker
    return SourceSeen(poller.name, breaker.state(mono), breaker.faults, poller.line.meter.last_fault)


def _tokens(floor: Floor) -> tuple[TokenSeen, ...]:
    held = ((token, floor.board.peek(token.key)) for token in floor.tokens())
    return tuple(TokenSeen(token, it.state is PriceState.LIVE, it.source) for token, it in held)


def _is_held_up(pit: Pit) -> bool:
    """Whether nothing can be opened because of prices: none of the tokens that are traded has a live one, or the dollar
    or the coin that pays for gas has none."""
    venue, tokens = pit.desk.venue, pit.bot.tokens()
    if not tokens:
        return False
    return isinstance(venue.rates(), Refusal) or all(venue.price(it).state is not PriceState.LIVE for it in tokens)


def _is_missed(look: Look, pit: Pit) -> bool:
    """Whether the bot would have traded on a look at a close, and the price was not live."""
    bot = pit.bot
    if look.bar_at is None or look.state == PriceState.LIVE or bot.record.state is not BotState.RUNNING:
        return False
    return not is_late(look.at - (look.bar_at + bot.record.limits.bar.length), bot.tick_seconds)


def _reported(feed: Feed, history: History, mono: float) -> tuple[SourceUptime, ...]:
    states, shares = feed.states(), _error_shares(feed)
    away, to = Counter(it.source for it in history.fail_overs), Counter(it.to for it in history.fail_overs)
    return tuple(
        SourceUptime(
            name=it.name,
            title=feed.title(it.name),
            state=states[it.name],
            breaker=it.breaker,
            error_share=shares.get(it.name),
            rests=history.rests.get(it.name, ()),
            fail_overs=away[it.name],
            stood_in=to[it.name],
        )
        for it in _sources(feed, mono)
    )


def _error_shares(feed: Feed) -> dict[str, float]:
    pollers: Sequence[Poller] = feed.pollers if isinstance(feed, LiveFeed) else ()
    found: dict[str, float] = {}
    for poller in pollers:
        meter = poller.line.meter
        if meter.requests:
            found[poller.name] = min(1.0, meter.failures / meter.requests)
    return found
