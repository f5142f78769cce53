"""The demo market: a seeded, invented market for use with no network, labelled SIMULATED wherever it shows.

A price is a function of seed, asset and time and of nothing else, so a restart goes on where it was and history
needs no storage. Its inside is floats; a price becomes a Decimal once, through text of eight digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import chain, islice, pairwise
from math import exp
from typing import NamedTuple

import numpy as np

from app.domain.bars import Bar, Interval
from app.domain.money import price_of, usd_of
from app.domain.prices import Pool, Reading
from app.domain.tokens import Token
from app.market.demo_paths import SECOND, Course, Jumps, Path, brownian, key_of, share_of, wander

DEMO_SEED = 20_261_107
DEMO = "demo"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S = 86400

# Moments looked at within a bar, by its length: every such many seconds.
_LOOK_S = {Interval.M1: 15, Interval.M5: 60, Interval.M15: 300, Interval.H1: 300, Interval.D1: 3600}


class Temper(NamedTuple):
    """How a kind of asset moves: annualised volatility without jumps, the part of its variance that it has in
    common with the market (0 to 1), and the jumps in 30 days that are its own."""

    volatility: float
    common: float
    jumps: float


_ETHER = Temper(0.52, 0.80, 1.5)
_BITCOIN = Temper(0.38, 0.80, 1.0)
_MAJOR = Temper(0.65, 0.60, 1.5)
_MEME = Temper(1.15, 0.50, 2.5)
_STABLE = Temper(0.0, 0.0, 0.0)
_EURO = Temper(0.07, 0.10, 0.0)

# What the whole market jumps at once, in 30 days.
_COMMON_JUMPS = 1.0


class Asset(NamedTuple):
    """An asset of the invented market: the price in US dollars that it stays about, its temper, the worth of both
    sides of its pool in US dollars, the pool's fee, and the asset whose course it follows if not its own."""

    base: float
    temper: Temper
    liquidity: float
    fee_bp: int = 30
    follows: str = ""


# By CoinGecko id. Every figure is invented; none is ever shown as a price of the live market.
ASSETS: dict[str, Asset] = {
    "weth": Asset(3200, _ETHER, 85e6, 5),
    "wrapped-steth": Asset(3890, _ETHER, 24e6, 5, "weth"),
    "rocket-pool-eth": Asset(3660, _ETHER, 11e6, 5, "weth"),
    "wrapped-eeth": Asset(3430, _ETHER, 16e6, 5, "weth"),
    "coinbase-wrapped-staked-eth": Asset(3540, _ETHER, 12e6, 5, "weth"),
    "wrapped-bitcoin": Asset(94_000, _BITCOIN, 62e6, 5, "bitcoin"),
    "coinbase-wrapped-btc": Asset(94_000, _BITCOIN, 48e6, 5, "bitcoin"),
    "usd-coin": Asset(1.0, _STABLE, 120e6, 5),
    "tether": Asset(1.0, _STABLE, 110e6, 5),
    "dai": Asset(1.0, _STABLE, 45e6, 5),
    "ethena-usde": Asset(1.0, _STABLE, 38e6, 5),
    "paypal-usd": Asset(1.0, _STABLE, 21e6, 5),
    "euro-coin": Asset(1.12, _EURO, 9e6, 5),
    "chainlink": Asset(16.5, _MAJOR, 14e6),
    "uniswap": Asset(8.2, _MAJOR, 11e6),
    "aave": Asset(210, _MAJOR, 13e6),
    "lido-dao": Asset(1.1, _MAJOR, 4.2e6),
    "curve-dao-token": Asset(0.62, _MAJOR, 5.1e6),
    "compound-governance-token": Asset(47, _MAJOR, 2.8e6),
    "ethena": Asset(0.48, _MAJOR, 6.3e6),
    "ondo-finance": Asset(0.87, _MAJOR, 4.6e6),
    "arbitrum": Asset(0.43, _MAJOR, 7.4e6),
    "optimism": Asset(0.78, _MAJOR, 5.8e6),
    "polygon-ecosystem-token": Asset(0.24, _MAJOR, 6.6e6),
    "wmatic": Asset(0.24, _MAJOR, 6.6e6, 5, "polygon-ecosystem-token"),
    "the-graph": Asset(0.09, _MAJOR, 1.9e6),
    "ethereum-name-service": Asset(18.5, _MAJOR, 2.3e6),
    "pendle": Asset(4.4, _MAJOR, 6.2e6),
    "gmx": Asset(14.8, _MAJOR, 5.5e6),
    "morpho": Asset(1.75, _MAJOR, 4.9e6),
    "aerodrome-finance": Asset(0.95, _MAJOR, 28e6),
    "velodrome-finance": Asset(0.052, _MAJOR, 4.4e6),
    "virtual-protocol": Asset(1.3, _MEME, 17e6),
    "pepe": Asset(0.0000098, _MEME, 19e6),
    "shiba-inu": Asset(0.0000125, _MEME, 8.7e6),
    "based-brett": Asset(0.046, _MEME, 6.1e6),
    "degen-base": Asset(0.0037, _MEME, 3.4e6),
    "toshi": Asset(0.00061, _MEME, 3.9e6),
}


class _Listing(NamedTuple):
    """A token as the demo market trades it."""

    course: Course
    address: str
    liquidity: float
    depth: Path
    activity: Path
    fee_bp: Decimal


@dataclass(frozen=True, slots=True)
class DemoMarket:
    """The invented market of one seed, for the given tokens."""

    seed: int
    tokens: tuple[Token, ...]

    def price(self, token: Token, at: datetime) -> Decimal:
        """The token's price in US dollars at an aware moment."""
        return _price(_listing(self.seed, token).course.at(_moment(at)))

    def pool(self, token: Token, at: datetime) -> Pool:
        """The token's pool as it stands at an aware moment."""
        return _pool(_listing(self.seed, token), _moment(at))

    def readings(self, at: datetime) -> tuple[Reading, ...]:
        """What the market shows of every token at the moment `at` (aware), in the order of `tokens`."""
        moment = _moment(at)
        return tuple(_reading(token, _listing(self.seed, token), moment, at) for token in self.tokens)

    def bars(self, token: Token, interval: Interval, until: datetime, count: int) -> list[Bar]:
        """The newest `count` bars in order of time; the last one is open and closes, so far, at `until` (aware).

        A bar's open and close are the prices at its ends.
        """
        listing = _listing(self.seed, token)
        last = _moment(until)
        length, look = interval.seconds * SECOND, _LOOK_S[interval] * SECOND
        newest = last // length * length
        ends = [*range(newest - (count - 1) * length, newest + 1, length), last]
        # Each bar is looked at at its start, within, and where the next one starts.
        looks = [list(range(start, end, look)) or [start] for start, end in pairwise(ends)]
        prices = iter(listing.course.over(np.array([*chain.from_iterable(looks), last], dtype=np.int64)))
        seen = [list(islice(prices, len(moments))) for moments in looks]
        closes = [*(found[0] for found in seen[1:]), next(prices)]
        traded = _traded(listing, ends)
        return [
            _bar(start, [*found, close], turnover)
            for start, found, close, turnover in zip(ends[:-1], seen, closes, traded, strict=True)
        ]


def _moment(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _price(value: float) -> Decimal:
    return price_of(f"{value:.8g}")


def _reading(token: Token, listing: _Listing, moment: int, at: datetime) -> Reading:
    return Reading(token.key, _price(listing.course.at(moment)), DEMO, at, at, _pool(listing, moment))


def _pool(listing: _Listing, moment: int) -> Pool:
    return Pool(listing.address, "demo pool", usd_of(f"{_depth(listing, moment):.0f}"), listing.fee_bp)


def _depth(listing: _Listing, moment: int) -> float:
    return listing.liquidity * exp(listing.depth.at(moment))


def _traded(listing: _Listing, ends: Sequence[int]) -> list[float]:
    """What the pool turns over between each two ends, in US dollars, while its price stands still."""
    middles = np.array([(start + end) // 2 for start, end in pairwise(ends)], dtype=np.int64)
    depths, activities = listing.depth.over(middles).tolist(), listing.activity.over(middles).tolist()
    return [
        # A pool turns over its worth about once a day, and more when the price moves.
        listing.liquidity * exp(depth) * exp(activity) * (end - start) / (_DAY_S * SECOND)
        for depth, activity, (start, end) in zip(depths, activities, pairwise(ends), strict=True)
    ]


def _bar(start: int, prices: Sequence[float], traded: float) -> Bar:
    """The bar from a moment on, of which these prices were seen, the first and the last at its ends."""
    high, low = max(prices), min(prices)
    return Bar(
        at=_EPOCH + timedelta(microseconds=start),
        open=_price(prices[0]),
        high=_price(high),
        low=_price(low),
        close=_price(prices[-1]),
        volume=usd_of(f"{traded * (1 + 40 * (high / low - 1)):.2f}"),
        origin=DEMO,
    )


@lru_cache(maxsize=512)
def _listing(seed: int, token: Token) -> _Listing:
    name = token.coingecko_id if token.coingecko_id in ASSETS else f"{token.key.chain_id}:{token.key.address}"
    asset = ASSETS.get(name) or _unheard_of(seed, name)
    where = key_of(seed, "pool", *token.key)
    return _Listing(
        course=_course(seed, name, asset),
        address="0x" + "".join(f"{key_of(where, part):016x}" for part in range(3))[:40],
        liquidity=asset.liquidity * (0.8 + 0.4 * share_of(where, 0)),
        depth=wander(key_of(where, "depth"), 0.4, 3 * _DAY_S),
        activity=wander(key_of(where, "activity"), 1.5, _DAY_S),
        fee_bp=Decimal(asset.fee_bp),
    )


def _unheard_of(seed: int, name: str) -> Asset:
    """What a token without an asset of its own is: a small, wild one."""
    key = key_of(seed, "unheard of", name)
    return Asset(10 ** (4 * share_of(key, 0) - 3), _MEME, 10 ** (5 + 1.5 * share_of(key, 1)))


def _course(seed: int, name: str, asset: Asset) -> Course:
    leader = asset.follows or name
    own = key_of(seed, "course", leader)
    # A few basis points of its own, so that no peg and no wrapping is perfect.
    basis = wander(key_of(seed, "basis", name), 0.0004, 2 * 3600)
    if asset.temper is _STABLE:
        depegs = Jumps(key_of(own, "depeg"), per_month=0.15, least=0.004, most=0.05, falls_only=True)
        return Course(asset.base, (basis, depegs))
    market = key_of(seed, "market")
    volatility, common, jumps = asset.temper
    curves: list[Path | Jumps] = [
        brownian(market, volatility * common**0.5),
        brownian(own, volatility * (1 - common) ** 0.5),
    ]
    if asset.follows:
        curves.append(basis)
    if jumps:
        curves += [Jumps(key_of(market, "jumps"), _COMMON_JUMPS), Jumps(key_of(own, "jumps"), jumps)]
    return Course(asset.base, tuple(curves))
