"""Watching: finds out how things are with the desk, without weighing what it finds."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.conditions import BooksSeen, BotSeen, DiskSeen, FeedSeen, PriceSeen, Snapshot, SourceSeen
from app.domain.ledger import Account
from app.domain.registry import native_of, priced_as, usdc_of
from app.domain.tokens import Token
from app.runtime.audit import Audit, audited
from app.runtime.live import LiveFeed
from app.runtime.pit import Pit
from app.runtime.standing import standing
from app.store.database import StoreRefused

if TYPE_CHECKING:
    from app.runtime.house import House

# A full audit reads every entry: at most once in so many seconds, and never for more than a twentieth of the time.
AUDIT_SECONDS, AUDIT_SHARE = 60.0, 20.0
# A disk that fills within less, or one that hangs, is not found out sooner by a thread every few seconds.
DISK_SECONDS = 30.0
_WAITS = frozenset({"resting", "down"})

# Bytes that are free on a path's disk, and all of them.
Space = Callable[[Path], tuple[int, int]]

_log = logging.getLogger("drydock")


def disk_space(folder: Path) -> tuple[int, int]:
    """What is free on the disk of this folder, and its size, in bytes. Raises OSError."""
    usage = shutil.disk_usage(folder)
    return usage.free, usage.total


class Watching:
    """Remembers between looks what a single one cannot tell: since when something has not moved."""

    def __init__(self, house: "House", free: Space) -> None:
        self._house = house
        self._free = free
        self._limited: dict[str, tuple[int, bool]] = {}
        self._heart: tuple[object, datetime | None] = (None, None)
        self._beat = 0.0
        self._audit: Audit | None = None
        self._audited: tuple[str, Account] | None = None
        # A start has just folded the ledger.
        self._audit_due = house.clock.instant().mono + AUDIT_SECONDS
        self._room: DiskSeen | None = None
        self._disk_due = house.clock.instant().mono

    async def look(self) -> Snapshot:
        """How things are now."""
        pit = self._house.pit
        return Snapshot(
            feed=self._feed(),
            held=_held(pit) if pit else None,
            books=await self._books(pit) if pit else None,
            bot=self._bot(pit) if pit else None,
            disk=await self._disk(),
            session_id=pit.session.id if pit else "",
        )

    def _feed(self) -> FeedSeen | None:
        house = self._house
        feed = house.probing or house.feed
        if not isinstance(feed, LiveFeed):
            return None
        sources = tuple(
            SourceSeen(
                status.name,
                status.title,
                status.state,
                self._waits(status.name, status.rate_limited, status.state),
                poller.source.card.leads,
            )
            for status, poller in zip(feed.statuses(), feed.pollers, strict=True)
        )
        return FeedSeen(sources, house.probing is not None and not house.offers_live, house.offers_live)

    def _waits(self, name: str, told: int, state: str) -> bool:
        """Whether the source has told us to wait and has not answered since."""
        before, waited = self._limited.get(name, (0, False))
        waits = (waited or told > before) and state in _WAITS
        self._limited[name] = (told, waits)
        return waits

    def _bot(self, pit: Pit) -> BotSeen:
        bot, mono = pit.bot, self._house.clock.instant().mono
        heart = (bot, bot.last_tick_at)
        # A market that stands still, as a recording at its end does, stamps every tick with one time.
        if heart != self._heart or bot.last_tick_at == self._house.feed.now():
            self._heart, self._beat = heart, mono
        today = bot.trader.diary.day == self._house.feed.now().date().isoformat()
        return BotSeen(
            state=bot.record.state,
            tick_s=bot.tick_seconds,
            silent_s=mono - self._beat,
            lost_pct=bot.trader.diary.loss_pct if today else 0.0,
            limit_pct=bot.record.limits.daily_loss_pct,
            ticked=bot.last_tick_at is not None,
        )

    async def _books(self, pit: Pit) -> BooksSeen:
        state = (pit.session.id, pit.account)
        if self._audited is not None and self._audited[0] != state[0]:
            self._audit, self._audited = None, None
        mono = self._house.clock.instant().mono
        known = self._audited is not None and self._audited[1] is state[1]
        if not known and mono >= self._audit_due:
            await self._reckon(pit)
        fault = _fault(self._audit) if self._audit else None
        return BooksSeen(pit.session.id, standing(pit).residual, fault)

    async def _reckon(self, pit: Pit) -> None:
        held, began = pit.account, self._house.clock.instant().mono
        try:
            self._audit = await audited(self._house.store, pit.session, pit)
            self._audited = (pit.session.id, held)
        except StoreRefused as error:
            _log.warning("[ALERT] audit=refused why=%r", str(error))
        took = self._house.clock.instant().mono - began
        self._audit_due = began + max(AUDIT_SECONDS, AUDIT_SHARE * took)

    async def _disk(self) -> DiskSeen | None:
        mono = self._house.clock.instant().mono
        if mono >= self._disk_due:
            try:
                free, total = await asyncio.to_thread(self._free, self._house.settings.data_dir)
                self._room = DiskSeen(free, total)
            except OSError:
                self._room = None
            self._disk_due = mono + DISK_SECONDS
        return self._room


def _held(pit: Pit) -> tuple[PriceSeen, ...]:
    """The prices of what is held, by the account, and so by its bot, and of what pays for the sale of it."""
    positions = pit.account.open_positions
    if not positions:
        return ()
    paying = {token.key: token for token in _paying(pit)}
    found = (pit.token(position.asset) for position in positions)
    held = [token for token in found if token is not None and (priced_as(token) or token).key not in paying]
    return tuple(_priced(pit, token, pays=token.key in paying) for token in (*held, *paying.values()))


def _paying(pit: Pit) -> tuple[Token, ...]:
    """The dollar and the coin that pays for gas, as the venue's rates know them."""
    venue = pit.desk.venue
    reference = venue.chain.reference_id
    return () if venue.declared else (usdc_of(reference), native_of(reference))


def _priced(pit: Pit, token: Token, *, pays: bool) -> PriceSeen:
    held, now = pit.desk.venue.price(token), pit.desk.venue.now()
    age = held.age_s(now)
    return PriceSeen(token.symbol, held.state, None if age is None else int(age), pays, held.confirmed)


def _fault(audit: Audit) -> str:
    """What an audit found wrong, in words; '' for nothing."""
    if audit.fault:
        return audit.fault
    off = {name: residual for name, residual in audit.residuals.items() if residual}
    return "" if not off else "the audit found " + ", ".join(f"{name} off by {_digits(by)}" for name, by in off.items())


def _digits(by: Decimal) -> str:
    return f"{by.normalize():f}"
