"""The bot of one session: it thinks at every tick with ten levels, and trades the person's account at one of them."""

import asyncio
import logging
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from app.bot.decide import decide
from app.bot.exits import Exit
from app.bot.levels import level as level_of
from app.bot.market import Market
from app.domain.bots import BotRecord, BotState, Limits
from app.domain.decisions import LEVELS, Decision, Occasion
from app.domain.fields import as_field
from app.domain.prices import Consensus
from app.domain.refusal import Refusal
from app.domain.tokens import Token, TokenKey
from app.runtime.floor import Feed
from app.runtime.glances import touched
from app.runtime.journal import Journal
from app.runtime.ledgers import Ledgers
from app.runtime.limits import limits_of
from app.runtime.looks import LevelLine, Look
from app.runtime.mind import MOST_PENDING, Mind, TakeOff, Thought, acts
from app.runtime.played import Played
from app.runtime.recalling import ShadowBooks, recall
from app.runtime.replay import ReplayFeed
from app.store.bots import bot as stored_bot
from app.store.bots import set_bot
from app.store.database import Store, StoreRefused
from app.store.equity import Mark
from app.trading.bell import Bell, Topic
from app.trading.shadows import Shadows, opinion_of
from app.trading.terms import terms_of
from app.trading.trader import Trader

if TYPE_CHECKING:
    from app.runtime.pit import Pit

COMMANDS = {"start": BotState.RUNNING, "pause": BotState.PAUSED, "stop": BotState.STOPPED}
# A market that is its own only source: nobody else could confirm a price.
_ALONE = frozenset({"demo", "replay"})

_log = logging.getLogger("drydock.bot")


class Bot:
    """Opened and closed with its session. Faces read `looks` and `lines` and give commands; `tick` is the scheduler's,
    `hear` the ticker's. `last_tick_at` is its heartbeat, on the market's clock."""

    shadows: Shadows
    ledgers: Ledgers

    def __init__(self, pit: "Pit", feed: Feed, store: Store, bell: Bell, tick_seconds: float) -> None:
        self.pit = pit
        self.desk = pit.desk
        self.feed = feed
        self.tick_seconds = tick_seconds
        self.record = BotRecord()
        self.trader = Trader(pit.desk, terms_of(self.record.limits))
        self.journal = Journal(pit.session.id, store, bell, pit.gauges.decisions)
        self.last_tick_at: datetime | None = None
        self.alone = feed.mode in _ALONE
        self._store = store
        self._bell = bell
        self._mind: Mind | Played | None = None
        self._markets: dict[str, Market] = {}
        self._pending: list[Thought] = []
        self._working: asyncio.Task[None] | None = None
        self._ticking = asyncio.Lock()
        self._setting = asyncio.Lock()
        self._books = ShadowBooks(pit.session, store)
        self._closed = False

    # -- opening and closing

    async def open(self) -> None:
        """Go on where it was left. Raises StoreRefused."""
        session, store = self.pit.session, self._store
        self.record = await asyncio.to_thread(stored_bot, store, session.id) or BotRecord()
        terms = terms_of(self.record.limits)
        self.shadows = await self._books.open(terms, self.desk.venue.now())
        self.ledgers = Ledgers(session, store, self.shadows)
        await self.ledgers.open()
        await self.journal.open()
        self._obey(self.record)
        await recall(self.trader, store, session.id)
        await self.trader.keep()
        self.desk.heard.append(self.trader.hear)
        if isinstance(self.feed, ReplayFeed):
            self._mind = Played(self, self.feed)
        else:
            self._mind = Mind(self)

    async def close(self) -> None:
        """Finish what was begun, and write it down."""
        self._closed = True
        if isinstance(self._mind, Played):
            self._mind.leave()
        async with self._ticking:
            if self._working:
                await asyncio.wait([self._working])
            await self.trader.keep()
            await self._write()

    # -- what faces ask and say

    def looks(self) -> list[Look]:
        """What it sees and thinks, by token, in the watchlist's order."""
        found = (self.journal.looks.get(token.key.address) for token in self.tokens())
        return [look for look in found if look is not None]

    def look(self, address: str) -> Look | None:
        """What it sees and thinks of the token with this address in lower case."""
        return self.journal.looks.get(address)

    def lines(self) -> list[LevelLine]:
        """The ten shadow ledgers, by level."""
        return self.ledgers.lines()

    async def curves(self, points: int = 400) -> dict[int, list[Mark]]:
        """The equity of each level, and the person's under 0. Raises StoreRefused."""
        return await self.ledgers.curves(points)

    async def command(self, action: str) -> Refusal | None:
        """Start, pause or stop it."""
        state = COMMANDS.get(action)
        if state is None:
            return Refusal("bad_action", f"The action is one of {', '.join(COMMANDS)}.")
        return await self._set(state=state)

    async def restore(self, record: BotRecord) -> Refusal | None:
        """Leave it as it was found."""
        return await self._set(state=record.state, level=record.level)

    async def set_level(self, level: int) -> Refusal | None:
        """Move the slider. It forces no sale; what is held keeps its stops, or tightens them."""
        if type(level) is not int or level not in LEVELS:
            return Refusal("bad_level", "The level is a whole number from 1 to 10.")
        return await self._set(level=level)

    async def set_limits(self, changes: Mapping[str, object]) -> Limits | Refusal:
        """Change what the session allows; what is not named stays as it is."""
        async with self._setting:
            limits = limits_of(changes, self.record.limits, self.pit.floor.watchlist)
            if isinstance(limits, Refusal):
                return limits
            return await self._put(replace(self.record, limits=limits)) or limits

    # -- what the scheduler and the ticker ring

    async def tick(self) -> None:
        """Think, if it is not still thinking. A tick that fails is told, and the next one comes."""
        if self._closed or self._ticking.locked():
            return
        async with self._ticking:
            try:
                await self._concluded(await self._mind.tick() if self._mind else [])
                self.last_tick_at = self.desk.venue.now()
            except Exception:  # noqa: BLE001 - whatever fails in one tick, the loop goes on and says so
                _log.exception("[DECISION] tick=failed")
            self.trader.buying.clear()
            await self._write()
        self._bell.ring(Topic.BOT)

    async def unlist(self, token: Token, take_off: TakeOff) -> Refusal | None:
        """Have a token taken off the watchlist between two ticks: what the shadows hold of it they sell."""
        async with self._ticking:
            refusal = await (self._mind.unlist(token, take_off) if isinstance(self._mind, Mind) else take_off())
            await self._write()
        return refusal

    def hear(self, keys: Set[TokenKey]) -> None:
        """These prices have ticked: the account's stops and targets miss none of them."""
        self.trader.notice(keys)
        if self.trader.is_leaving:
            self._work()

    # -- what its mind needs

    def tokens(self) -> list[Token]:
        """What it looks at: all that is watched, is not the cash, and may be traded."""
        found = (self.desk.venue.tradable(entry) for entry in self.pit.floor.watchlist)
        return [token for token in found if not isinstance(token, Refusal)]

    @property
    def equity(self) -> Decimal:
        return self.pit.value().equity

    def minds(self, asset: str) -> bool:
        """Whether any of its ledgers holds the token."""
        return asset in self.trader.holdings or any(asset in shadow.holdings for shadow in self.shadows.all)

    def looked(
        self, token: Token, held: Consensus, at: datetime, bar_at: datetime | None, market: Market,
        ten: Sequence[Decision],
    ) -> Look:  # fmt: skip
        """What the account's own level makes of it, beside the ten."""
        decision = self._decided(market, at)
        self._markets[market.address] = market
        return self.journal.look(token, held, at, bar_at, decision, tuple(opinion_of(each) for each in ten))

    def conclude(self, thought: Thought) -> None:
        """Take a thought to be logged and acted upon as soon as the loop goes round."""
        self._pending.append(thought)
        self._work()

    def is_busy(self) -> bool:
        """Whether the account has something to do before the market may go on."""
        waits = any(acts(thought, self.record.state) for thought in self._pending)
        return self.trader.is_leaving or waits or len(self._pending) >= MOST_PENDING

    # -- how

    def _decided(self, market: Market, at: datetime) -> Decision:
        kelly = self.shadows.all[-1].diary.kelly_pct()
        book = self.trader.book(market, self.pit.value(), self.pit.drawdown, at, kelly)
        return decide(market, book, self.trader.level)

    def _work(self) -> None:
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._worked())

    async def _worked(self) -> None:
        """Do what cannot wait for the next tick: exits that were touched, and the bars of a recording."""
        try:
            # What comes meanwhile is done too: a recording that waits for it rings nobody.
            while self.trader.is_leaving or self._pending:
                await self.trader.work(self._log_exit)
                thoughts = list(self._pending)
                await self._concluded(thoughts)
                del self._pending[: len(thoughts)]
                await self._write()
        except Exception:  # noqa: BLE001 - as in a tick
            self._pending.clear()
            _log.exception("[DECISION] work=failed")
        self._bell.ring(Topic.BOT)

    async def _concluded(self, thoughts: Sequence[Thought]) -> None:
        """Log what was thought, and trade the account as far as the bot's state lets it."""
        ids = await self.journal.log([(each.look, each.occasion) for each in thoughts], self.record.state.value)
        for thought, decision_id in zip(thoughts, ids, strict=True):
            look = thought.look
            try:
                if decision_id is not None and acts(thought, self.record.state):
                    await self.trader.act(look.token, thought.market, look.decision, decision_id)
            except Exception:  # noqa: BLE001 - one token's failure is told, and ends nobody's day
                _log.exception("[TRADE] token=%s work=failed", as_field(look.token.symbol))
            self.trader.buying.discard(thought.market.address)
        await self.trader.keep()

    async def _log_exit(self, token: Token, sale: Exit) -> str:
        """Log the decision that a touched stop or target makes; an id of its own where it could not be written."""
        asset = token.key.address
        held, now, before = self.desk.venue.price(token), self.desk.venue.now(), self.journal.looks.get(asset)
        decision = self._decided(touched(self._markets.get(asset), asset, held), now)
        bar_at, opinions = (before.bar_at, before.opinions) if before else (None, ())
        look = self.journal.look(token, held, now, bar_at, decision, opinions)
        ids = await self.journal.log([(look, Occasion.EXIT)], self.record.state.value)
        return ids[0] or f"{self.pit.session.id}-{asset}-{now.timestamp():.0f}"

    async def _write(self) -> None:
        await self._books.write(self.shadows, self.desk.venue.now())

    async def _set(self, **changes: object) -> Refusal | None:
        """Disk first, then memory, then the bell."""
        async with self._setting:
            return await self._put(replace(self.record, **changes))

    async def _put(self, record: BotRecord) -> Refusal | None:
        if record == self.record:
            return None
        try:
            await asyncio.to_thread(set_bot, self._store, self.pit.session.id, record)
        except StoreRefused as error:
            return Refusal("database_refused", str(error))
        self._obey(record)
        _log.info("[SESSION] bot=%s level=%d", record.state.value, record.level)
        # Whether anybody looks after what the bot holds stands beside it.
        self._bell.ring(Topic.BOT, Topic.ACCOUNT)
        return None

    def _obey(self, record: BotRecord) -> None:
        """Do as the owner says, and look again with the level's eyes at what was seen last."""
        self.record = record
        self.trader.state, self.trader.level = record.state, level_of(record.level)
        self.trader.terms = self.shadows.terms = terms_of(record.limits)
        for look in list(self.journal.looks.values()):
            market = self._markets.get(look.token.key.address)
            if market is not None:
                held = self.desk.venue.price(look.token)
                decision = self._decided(market, look.at)
                self.journal.look(look.token, held, look.at, look.bar_at, decision, look.opinions)
