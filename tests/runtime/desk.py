"""What tests of the running desk share: an open store, a ground to stand on, a live feed on a clock of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.domain.chains import CHAINS
from app.runtime.floor import Floor
from app.runtime.live import LiveFeed
from app.runtime.opening import Ground, live
from app.runtime.settings import Settings
from app.store.database import Store, migrate, open_store, pending
from app.trading.bell import Bell
from tests.clock import FakeClock


def settings_of(folder: Path, **values: object) -> Settings:
    """Settings from these values and nothing else."""
    return Settings(_env_file=None, data_dir=folder, **values)  # pyright: ignore[reportCallIssue, reportArgumentType] # the names are Settings' own


def settings_from(environment: dict[str, str]) -> dict[str, str]:
    """Environment variables as names of settings."""
    return {name.removeprefix("DRYDOCK_").lower(): value for name, value in environment.items()}


@contextmanager
def open_ground(settings: Settings, clock: FakeClock, client: httpx.AsyncClient) -> Iterator[Ground]:
    """A ground with a migrated database."""
    if pending(settings.store_url):
        migrate(settings.store_url)
    store: Store = open_store(settings.store_url)
    try:
        yield Ground(settings, CHAINS[settings.chain_id], clock, store, Bell(), client)
    finally:
        store.close()


async def opened(ground: Ground) -> tuple[Floor, LiveFeed]:
    """A live floor after the first round of all its sources."""
    floor, feed = live(ground)
    await feed.first_round()
    await feed.quiet()
    return floor, feed


async def round_of(feed: LiveFeed, clock: FakeClock, seconds: float) -> None:
    """Let time pass, ring, and wait for what that started."""
    clock.advance(seconds)
    feed.ring()
    await feed.quiet()
