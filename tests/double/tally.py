"""Who asked what and when, and whether a source was asked more often than it allows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Documented limits: calls, in any so many seconds. CoinGecko's depends on whether a key came along.
LIMITS: dict[str, tuple[tuple[int, float], ...]] = {
    "coingecko": ((5, 60.0),),
    "coingecko with a key": ((30, 60.0),),
    "alchemy": ((300, 3600.0),),
    "defillama": ((300, 60.0),),
    "dexscreener": ((300, 60.0),),
    "geckoterminal": ((30, 60.0),),
    "coinbase": ((10, 1.0),),
    "kraken": ((1, 1.0),),
    "kyberswap": ((3, 1.0),),
}
# Calls that left evenly spaced may arrive closer together.
_ROAD_S = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """One call that arrived: `at` is seconds that never jump, `path` lacks the source's prefix, `sources` are the names
    it counts for ('rpc', 'rpc/8453' and, where a feed was read, 'chainlink')."""

    sources: tuple[str, ...]
    method: str
    path: str
    query: str
    at: float
    keyed: bool = False

    @property
    def source(self) -> str:
        return self.sources[0]


def over_budget(requests: Iterable[Request]) -> list[str]:
    """The sources that were asked more often than documented in any window."""
    times: dict[str, list[float]] = {}
    for request in requests:
        name = "coingecko with a key" if request.source == "coingecko" and request.keyed else request.source
        times.setdefault(name, []).append(request.at)
    over = {
        name.split()[0] for name, at in times.items() if any(_exceeded(at, *limit) for limit in LIMITS.get(name, ()))
    }
    return sorted(over)


def _exceeded(at: Sequence[float], calls: int, seconds: float) -> bool:
    inside = sorted(at)
    return any(late - early < seconds - _ROAD_S for early, late in zip(inside, inside[calls:], strict=False))
