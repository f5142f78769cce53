"""The house: everything that runs in one process, wired together."""

import asyncio
import logging
from collections.abc import Callable

from app.domain.chains import CHAINS
from app.domain.session import Session
from app.market.line import Client, Clock, Line, open_client
from app.market.recording import Recording
from app.market.replay import REPLAY
from app.runtime import opening, sessions
from app.runtime.alarms import Alarms
from app.runtime.floor import Feed, Floor
from app.runtime.gauges import Gauges
from app.runtime.keys import signing_key
from app.runtime.live import LiveFeed
from app.runtime.pit import Pit
from app.runtime.release import release
from app.runtime.settings import Settings
from app.runtime.shown import Shown
from app.runtime.sign_ins import SignIns
from app.runtime.spending import Spending
from app.runtime.uptime import Uptime
from app.store.alerts import prune_alerts
from app.store.bars import prune, write_bars
from app.store.database import Store, StoreRefused
from app.store.decisions import prune_decisions
from app.store.equity import thin
from app.store.sessions import archive
from app.trading.bell import Bell, Topic
from app.trading.offers import Signer
from app.trading.rounds import Rounds

_log = logging.getLogger("drydock")


class House(Shown):
    """One process's desk. `floor` and `feed` change together when the market is switched.

    `offers_live` is True while a demo market stands in and live prices have come back; `trouble` is one sentence
    while the database refuses to be written; `at_end` is called when the server begins to end. The `client` is closed.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        store: Store,
        recording: Recording | None = None,
        client: Client | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.store = store
        self.bell = Bell()
        self.client = client or open_client(f"drydock/{release()}")
        # One line to every node that tokens are looked up at, and one list written at a time.
        self.nodes: dict[str, Line] = {}
        self.listing = asyncio.Lock()
        self.offers_live = False
        self.trouble = ""
        self.at_end: list[Callable[[], object]] = []
        self.sign_ins = SignIns(settings, clock, store)
        self.gauges = Gauges()
        self.spending = Spending()
        self.alarms = Alarms(self)
        self.uptime = Uptime(self)
        self._recording = recording
        self.ground = opening.Ground(settings, CHAINS[settings.chain_id], clock, store, self.bell, self.client)
        self.signer = Signer(signing_key(settings.data_dir))
        self.rounds = Rounds(store, self.bell)
        # What changes the market or the session goes one after the other.
        self.switching = asyncio.Lock()
        self.pit: Pit | None = None
        self.floor: Floor
        self.feed: Feed
        self.floor, self.feed = self._first()
        self._probe: LiveFeed | None = None
        self._probed_floor: Floor | None = None
        self._opening: asyncio.Task[None] | None = None
        self._rung = 0.0
        self._closing = False

    def _first(self) -> tuple[Floor, Feed]:
        if self._recording is not None:
            series = f"replay:{self._recording.name}"
            since = sessions.stood_at(self.store, series)
            return opening.replay(sessions.ground_of(self, series), self._recording, since)
        if self.settings.market == "demo":
            return opening.demo(sessions.ground_of(self, "demo"), "")
        return opening.live(sessions.ground_of(self, "live"))

    # -- opening and closing

    def open(self) -> None:
        """Begin to open the market; faces may look in meanwhile."""
        self._opening = asyncio.create_task(self._open())
        self._opening.add_done_callback(self._opened)

    def _opened(self, task: "asyncio.Task[None]") -> None:
        """A market that could not be opened says so on every page."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.trouble = str(error) if isinstance(error, StoreRefused) else "The market could not be opened."
            _log.error("[SESSION] market=not_open", exc_info=error)
            self.bell.ring(Topic.MARKET)

    async def opened(self) -> None:
        """Wait until the market is open."""
        if self._opening:
            await asyncio.shield(self._opening)

    async def close(self) -> None:
        self._closing = True
        if self._opening:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        for feed in (self.feed, self._probe):
            if feed:
                await feed.stop()
        await self.alarms.close()
        await self._leave_pit()
        await self.write_down()
        await self.client.aclose()

    async def _open(self) -> None:
        feed = self.feed
        if self.settings.market == "auto" and isinstance(feed, LiveFeed) and not await feed.first_round():
            self._probe, self._probed_floor = feed, self.floor
            at = opening.stamp(self.clock.instant().utc)
            why = f"No price source answered at {at}, so this market is invented. Drydock keeps trying."
            self.floor, self.feed = opening.demo(sessions.ground_of(self, "demo"), why)
        await self._start(None)

    async def _start(self, draft: Session | None) -> None:
        """Start the feed, and trade in the market's last session; with a draft, in a new one."""
        await self._enter_pit(draft)
        await self.feed.start()
        await self.spending.jot(self.store, sessions.pollers_of(self), self.clock.instant())
        await self.look_back()
        self.bell.ring(*Topic)
        await self.prune()

    async def _enter_pit(self, draft: Session | None) -> None:
        """Trade, if the database allows it; where it does not, prices are shown, and `write_down` tries again."""
        try:
            self.pit = await sessions.open_pit(self, draft)
        except StoreRefused as error:
            self.trouble = str(error)
            _log.error("[SESSION] pit=closed why=%r", self.trouble)

    async def _leave_pit(self) -> None:
        pit, self.pit = self.pit, None
        if pit:
            await pit.close()

    async def move(self, floor: Floor, feed: Feed, draft: Session | None) -> None:
        """Leave this market for another; the session in it is archived, with nothing sold."""
        left = self.pit
        await self._leave_pit()
        if left:
            await asyncio.to_thread(archive, self.store, left.session.id, left.desk.venue.now())
        leaving = [old for old in (self._probe, self.feed) if old and old is not feed]
        for old in leaving:
            await old.stop()
        await self.write_down()
        self.spending.hand_over(sessions.pollers_of(self), feed.pollers if isinstance(feed, LiveFeed) else ())
        self.floor, self.feed = floor, feed
        self._probe, self._probed_floor, self.offers_live = None, None, False
        for old in leaving:
            # What was rung meanwhile would spend from budgets that are handed over.
            await old.stop()
        await self._start(draft)

    async def succeed(self, draft: Session) -> None:
        """Archive the session and open another in the same market."""
        await self._leave_pit()
        await self._enter_pit(draft)
        self.bell.ring(*Topic)

    async def go_live(self) -> bool:
        """Leave the demo market for the live one that has come back. False where none is on offer."""
        async with self.switching:
            probe, floor = self._probe, self._probed_floor
            if not self.offers_live or probe is None or floor is None:
                return False
            await self.move(floor, probe, None)
        return True

    # -- what the scheduler rings

    def ring(self) -> None:
        """Several times a second: let the feed do what is due."""
        if self.feed.state != "starting":
            self.feed.ring()
        mono = self.clock.instant().mono
        if mono - self._rung >= 1:
            self._rung = mono
            self.bell.ring(Topic.FEED)

    async def probe(self) -> None:
        """While the demo stands in for a live market that did not answer: has it come back?"""
        probe, floor = self._probe, self._probed_floor
        if probe is None or floor is None:
            return
        answers = await probe.first_round(again=True)
        if self._probe is not probe:
            return
        # Its bars are fetched when it is gone to; until then they would only grow in number.
        floor.tape.take()
        if answers != self.offers_live:
            self.offers_live = answers
            self.bell.ring(Topic.MARKET)

    async def look_back(self) -> None:
        """Read the last day of every watched token anew."""
        try:
            await self.floor.look_back(self.feed)
        except StoreRefused as error:
            _log.error("[SESSION] look_back=refused why=%r", str(error))
        self.bell.ring(Topic.WATCHLIST)

    async def write_down(self) -> None:
        """Put what the tape holds, and what budgets have used, on disk. A disk that fails is said and tried again."""
        floor = self.floor
        taken = floor.tape.take()
        items = [(floor.series_key(key), interval, bar) for key, interval, bar in taken]
        try:
            await asyncio.to_thread(write_bars, self.store, items if self.feed.keeps_bars else [])
            await self.spending.write(self.store, sessions.pollers_of(self), self.clock.instant())
            trouble = ""
        except StoreRefused as error:
            floor.tape.give_back(taken)
            trouble = str(error)
        if trouble != self.trouble:
            self.trouble = trouble
            level, said = (logging.ERROR, f"refused why={trouble!r}") if trouble else (logging.INFO, "written")
            _log.log(level, "[SESSION] store=%s", said)
            self.bell.ring(Topic.MARKET)
        if not trouble and self.pit is None and not self.switching.locked() and self.is_open:
            async with self.switching:
                await self._enter_pit(None)

    async def mark(self) -> None:
        """Write down what the session is worth."""
        if self.pit:
            await self.pit.mark()

    async def think(self) -> None:
        """Let the bot look, decide and act."""
        if self.pit:
            await self.pit.bot.tick()
            if self.feed.mode == REPLAY:
                # What was noted of the bars since is written down: a minute here is a day there.
                await self.mark()

    async def measure(self) -> None:
        """Quote again what was filled a moment ago, and end the orders whose time is over."""
        if pit := self.pit:
            await pit.resting.expire()
            await pit.measuring.work()

    async def prune(self) -> None:
        """Let bars go that are older than their rule keeps them, and marks of equity that later ones stand for."""
        try:
            gone = await asyncio.to_thread(prune, self.store, self.clock.instant().utc)
            gone += await asyncio.to_thread(thin, self.store, self.feed.now(), self.floor.series)
            gone += await asyncio.to_thread(prune_decisions, self.store, self.feed.now(), self.floor.series)
            gone += await asyncio.to_thread(prune_alerts, self.store, self.clock.instant().utc)
        except StoreRefused as error:
            _log.error("[SESSION] prune=refused why=%r", str(error))
        else:
            _log.info("[SESSION] pruned=%d", gone)

    # -- what faces ask

    @property
    def is_open(self) -> bool:
        """Whether the market has been opened, and the house not been closed."""
        return not self._closing and self._opening is not None and self._opening.done()

    @property
    def probing(self) -> LiveFeed | None:
        """The live feed that is tried while the demo market stands in for it."""
        return self._probe


_current: list[House] = []


def settle_in(house: House | None) -> None:
    """Make this the house that faces find, or none."""
    _current[:] = [house] if house else []


def current() -> House | None:
    """The house of this process; None before the start and after the end."""
    return _current[0] if _current else None
