"""Sessions: the one that a start reopens, and how a new one takes the place of the old."""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.chains import CHAINS, Chain
from app.domain.fields import as_field
from app.domain.refusal import Refusal
from app.domain.registry import usdc_of
from app.domain.session import Session
from app.market.recording import Recording, Unreadable, read_recording
from app.runtime import opening
from app.runtime.floor import Feed, Floor
from app.runtime.live import LiveFeed
from app.runtime.opening import Ground
from app.runtime.pit import Pit
from app.runtime.poller import Poller
from app.runtime.settings import Settings
from app.runtime.venues import to_the_millisecond, venue_of
from app.store.database import Store
from app.store.equity import marks
from app.store.sessions import last_open, succeed
from app.store.trades import TradeFilter, trades
from app.trading.desk import Desk

if TYPE_CHECKING:
    from app.runtime.house import House

LONGEST_NAME = 60
LONGEST_NOTE = 2000
LARGEST_BALANCE = Decimal("1e12")
MARKETS = ("live", "demo")

_log = logging.getLogger("drydock")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")


def ground_of(house: "House", series: str) -> Ground:
    """The ground on the chain of the market's last session; of the first, on the chain that the settings name.
    Raises StoreRefused."""
    last = last_open(house.store, series)
    return replace(house.ground, chain=CHAINS[last.chain_id]) if last else house.ground


def stood_at(store: Store, series: str) -> datetime | None:
    """The latest moment that the market's open session remembers, in the market's time. Raises StoreRefused."""
    last = last_open(store, series)
    if last is None:
        return None
    newest = trades(store, last.id, TradeFilter(), 1, None)
    marked = marks(store, last.id, since=last.started_at)
    return max([last.started_at, *(trade.at for trade in newest), *(mark.at for mark in marked[-1:])])


def pollers_of(house: "House") -> Sequence[Poller]:
    """Who asks the sources now: for the market that stands, or for the live one that is tried meanwhile."""
    live = house.feed if isinstance(house.feed, LiveFeed) else house.probing
    return live.pollers if live else ()


async def open_pit(house: "House", draft: Session | None) -> Pit:
    """The market's last session at work; with a draft, a new one in its place. Raises StoreRefused."""
    store, floor = house.store, house.floor
    house.gauges.follow(floor.board, pollers_of(house))
    last = await asyncio.to_thread(last_open, store, floor.series)
    if last is None or draft is not None:
        now = to_the_millisecond(house.feed.now())
        wanted = draft or draft_of(house.settings, floor, now)
        last = await asyncio.to_thread(succeed, store, last.id if last else None, wanted, now)
    account_id, usdc = last.id, usdc_of(floor.chain.id).key.address

    def holds(asset: str) -> bool:
        return asset == usdc or house.rounds.books(account_id).account.held(asset) > 0

    venue = venue_of(house.ground, floor, house.feed, holds)
    gauges = house.gauges
    desk = Desk(last, venue, house.rounds, store, house.signer, lambda: house.clock.instant().utc, gauges.blotter)
    pit = Pit(desk, floor, store, house.bell, house.feed, house.settings.bot_tick_seconds, gauges)
    await pit.open()
    market, version = as_field(last.market), pit.account.version
    _log.info("[SESSION] id=%s market=%s chain=%s version=%d", last.id, market, last.chain_id, version)
    return pit


def draft_of(
    settings: Settings, floor: Floor, now: datetime, name: str = "", note: str = "", balance: Decimal | None = None
) -> Session:
    """A session to be opened on this floor."""
    in_force = {
        "refresh_seconds": f"{settings.refresh_seconds:g}",
        "sources": ",".join(settings.sources) or "all",
        "watchlist": ",".join(entry.token.symbol for entry in floor.watchlist),
    }
    title = name.strip() or f"{now:%B} on {floor.chain.name}"
    amount = settings.starting_balance if balance is None else balance
    return Session("", title, note.strip(), floor.series, floor.chain.id, amount, now, settings=in_force)


async def new_session(
    house: "House",
    *,
    name: str = "",
    note: str = "",
    starting_balance: Decimal | None = None,
    market: str | None = None,
    chain_id: int | None = None,
) -> Session | Refusal:
    """Archive the session and open another, in the same market and on the same chain or in others. Nothing is sold:
    positions stay in the archive as they were."""
    if len(name) > LONGEST_NAME or len(note) > LONGEST_NOTE:
        return Refusal("too_long", f"A name has at most {LONGEST_NAME} characters, a note {LONGEST_NOTE}.")
    if starting_balance is not None and (refusal := unfit_balance(starting_balance)):
        return refusal
    chain = house.chain if chain_id is None else CHAINS.get(chain_id)
    if chain is None:
        return Refusal("unknown_chain", f"The chain is one of {', '.join(map(str, CHAINS))}.")
    async with house.switching:
        await house.opened()
        found = await _market_of(house, market, chain)
        if isinstance(found, Refusal):
            return found
        floor, feed = found or (house.floor, house.feed)
        draft = draft_of(house.settings, floor, feed.now(), name, note, starting_balance)
        await (house.move(floor, feed, draft) if found else house.succeed(draft))
    return house.pit.session if house.pit else Refusal("not_open", "The desk is not open.")


def unfit_balance(balance: Decimal) -> Refusal | None:
    """Why no session begins with so many US dollars; None where one may."""
    if 1 <= balance <= LARGEST_BALANCE:
        return None
    return Refusal("bad_balance", f"A starting balance is between $1 and ${LARGEST_BALANCE:,.0f}.")


async def _market_of(house: "House", market: str | None, chain: Chain) -> tuple[Floor, Feed] | Refusal | None:
    """The market that is wanted, not yet started; None where it is the one that runs."""
    ground = replace(house.ground, chain=chain)
    wanted = market or house.floor.series
    if wanted == house.floor.series and chain is house.chain:
        return None
    if wanted == "live":
        return opening.live(ground)
    if wanted == "demo":
        return opening.demo(ground, "")
    if not wanted.startswith("replay:"):
        return Refusal("unknown_market", "The market is live, demo, or replay: with the name of a file.")
    recording = await asyncio.to_thread(_recording, house.settings, wanted.removeprefix("replay:"))
    return recording if isinstance(recording, Refusal) else opening.replay(ground, recording)


def recordings(settings: Settings) -> list[str]:
    """The names of the files that can be replayed."""
    folder = settings.data_dir / "replays"
    return sorted(file.name for file in folder.glob("*.*") if file.suffix in {".csv", ".json"})


def _recording(settings: Settings, name: str) -> Recording | Refusal:
    """A file of the folder for replays: named, never a path."""
    file = settings.data_dir / "replays" / name
    if not _FILE.fullmatch(name) or ".." in name or Path(name).name != name or not file.is_file():
        return Refusal(
            "unknown_recording", f"There is no file {name[:60]!r} in the folder 'replays' of the data folder."
        )
    try:
        return read_recording(file, settings.replay_symbol)
    except Unreadable as error:
        # Whoever asks has named the file; where the data folder is, is nobody's to know.
        return Refusal("unreadable_recording", str(error).replace(str(file), name))
