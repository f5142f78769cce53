"""What tests of the watchlist share: a live house on one source that keeps no history, and what to ask of it."""

from pathlib import Path

from app.domain.refusal import Refusal
from app.runtime.house import House
from app.runtime.listing import list_token
from app.runtime.settings import Settings
from app.store.watchlist import WatchedToken
from tests.double import Double
from tests.runtime.desk import settings_from, settings_of


def listing_settings(double: Double, folder: Path, **values: object) -> Settings:
    # One source that keeps no history: a chart that fills would only take time here.
    chosen = {"market": "live", "watchlist": "WETH", "sources": ("dexscreener",)}
    return settings_of(folder, **(settings_from(double.environment()) | chosen | values))


async def refused(house: House, text: str) -> str:
    """The code of a refusal, after which nothing has changed."""
    before = list(house.floor.watchlist)
    answer = await list_token(house, text)
    assert isinstance(answer, Refusal)
    assert answer.sentence.endswith(".")
    assert "\n" not in answer.sentence
    assert list(house.floor.watchlist) == before
    return answer.code


async def listed(house: House, text: str) -> WatchedToken:
    answer = await list_token(house, text)
    assert isinstance(answer, WatchedToken), answer
    return answer


def symbols(house: House) -> list[str]:
    return [entry.token.symbol for entry in house.floor.watchlist]
