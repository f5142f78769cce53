"""How the three markets are opened: a floor with its watchlist, and the feed that fills it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.chains import Chain
from app.domain.registry import REGISTRY, WATCHLISTS, native_of, on_chain, priced_as, usdc_of
from app.domain.tokens import Token, TokenKey, is_address
from app.market.budget import recalled
from app.market.demo import DEMO_SEED, DemoMarket
from app.market.line import Client, Clock
from app.market.recording import Recording, Unreadable, read_recording
from app.market.sources import build
from app.runtime.demo import DemoFeed
from app.runtime.floor import Floor, new_floor
from app.runtime.live import LiveFeed
from app.runtime.replay import ReplayFeed
from app.runtime.settings import BadSetting, Settings
from app.store.database import Store
from app.store.spending import spent_before
from app.store.watchlist import WatchedToken, watched
from app.trading.bell import Bell
from app.trading.watchlist import LONGEST, Watchlist


@dataclass(frozen=True, slots=True)
class Ground:
    """What every market of one process stands on."""

    settings: Settings
    chain: Chain
    clock: Clock
    store: Store
    bell: Bell
    client: Client


def live(ground: Ground) -> tuple[Floor, LiveFeed]:
    """The live market: real sources, within the budgets that are left of the month."""
    settings, reference = ground.settings, ground.chain.reference_id
    floor = _floor(ground, "live", _stored_or_named(ground, "live"))
    floor.rates = _rates(ground.chain)
    sources = build(settings.sources, settings.source_urls, settings.keys, reference, settings.rpc_urls(reference))
    feed = LiveFeed(floor, sources, ground.client, ground.clock, settings.refresh_seconds)
    now = ground.clock.instant()
    for poller in feed.pollers:
        before = spent_before(ground.store, poller.name, now.month)
        months = {**before.others, now.month: before.calls}
        poller.line.budget = recalled(now, poller.line.budget, months, before.recent)
    return floor, feed


def demo(ground: Ground, why: str) -> tuple[Floor, DemoFeed]:
    """The invented market, and why it is shown."""
    floor = _floor(ground, "demo", _stored_or_named(ground, "demo"))
    floor.why = why
    floor.rates = _rates(ground.chain)
    market = DemoMarket(DEMO_SEED, tuple(floor.tokens()))
    return floor, DemoFeed(floor, market, ground.clock)


def replay(ground: Ground, recording: Recording, since: datetime | None = None) -> tuple[Floor, ReplayFeed]:
    """A recorded market: one token, on the chain of the session where its symbol is known there. With `since` it goes
    on at that recorded moment."""
    token = _recorded_token(ground.chain, recording.symbol)
    priced = priced_as(token) or token
    floor = _floor(ground, f"replay:{recording.name}", [WatchedToken(token)])
    floor.why = recording.report() + "."
    speed = ground.settings.replay_speed
    return floor, ReplayFeed(
        floor, recording, priced, ground.clock, speed if isinstance(speed, Decimal) else None, since
    )


def recording_of(settings: Settings) -> Recording | None:
    """The recording that is to be replayed, if any. Raises BadSetting."""
    if settings.replay_path is None:
        return None
    try:
        return read_recording(settings.replay_path, settings.replay_symbol)
    except Unreadable as error:
        raise BadSetting(f"DRYDOCK_MARKET: {error}") from error


def _rates(chain: Chain) -> tuple[Token, ...]:
    return (native_of(chain.reference_id), usdc_of(chain.reference_id))


def _floor(ground: Ground, series: str, entries: Iterable[WatchedToken]) -> Floor:
    return new_floor(series, ground.chain, ground.store, ground.bell, Watchlist(entries))


def _stored_or_named(ground: Ground, market: str) -> list[WatchedToken]:
    """What the settings name, then what was added; where neither says anything, the chain's own list.

    Addresses that the registry does not know are added later: they have to be looked up on the chain.
    """
    chain = ground.chain
    named = [_curated(chain, text) for text in ground.settings.watchlist]
    entries = [WatchedToken(token) for token in named if token] + watched(ground.store, market, chain.id)
    if not entries:
        tokens = (_curated(chain, symbol) for symbol in WATCHLISTS[chain.id])
        entries = [WatchedToken(token) for token in tokens if token]
    first: dict[TokenKey, WatchedToken] = {}
    for entry in entries:
        first.setdefault(entry.token.key, entry)
    return list(first.values())[:LONGEST]


def _curated(chain: Chain, text: str) -> Token | None:
    if is_address(text):
        return REGISTRY.get(TokenKey(chain.id, text.lower()))
    return next((token for token in on_chain(chain.id) if token.symbol.lower() == text.lower()), None)


def _recorded_token(chain: Chain, symbol: str) -> Token:
    known = _curated(chain, symbol)
    return known or Token(chain.reference_id, "0x" + "0" * 40, symbol[:20], f"{symbol[:20]} (recorded)", 18)


def unlisted(settings: Settings, floor: Floor) -> list[str]:
    """What DRYDOCK_WATCHLIST names and the watchlist does not have yet."""
    return [text for text in settings.watchlist if not isinstance(floor.watchlist.find(text), WatchedToken)]


def stamp(at: datetime) -> str:
    return at.strftime("%H:%M UTC")
