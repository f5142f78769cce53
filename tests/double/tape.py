"""The tape: one true price of every asset, now and in the past, that all the doubled sources report."""

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Context, Decimal
from zlib import crc32

# Invented round figures; an asset is named by its CoinGecko id.
OPENING: dict[str, str] = {
    "weth": "2512.40",
    "bitcoin": "64210.5",
    "usd-coin": "0.9998",
    "tether": "1.0003",
    "dai": "0.9999",
    "wrapped-bitcoin": "64180.25",
    "coinbase-wrapped-btc": "64195.75",
    "chainlink": "13.425",
    "uniswap": "7.865",
    "aave": "152.31",
    "wrapped-steth": "3021.77",
    "rocket-pool-eth": "2855.12",
    "wrapped-eeth": "2694.48",
    "lido-dao": "0.9421",
    "curve-dao-token": "0.5713",
    "compound-governance-token": "43.18",
    "pepe": "0.00000984",
    "shiba-inu": "0.00001276",
    "ethena": "0.4127",
    "ondo-finance": "0.8836",
    "arbitrum": "0.4418",
    "polygon-ecosystem-token": "0.2264",
    "the-graph": "0.0951",
    "ethereum-name-service": "16.27",
    "pendle": "3.914",
    "ethena-usde": "0.9994",
    "paypal-usd": "0.9997",
    "euro-coin": "1.1542",
    "coinbase-wrapped-staked-eth": "2798.63",
    "aerodrome-finance": "0.8127",
    "virtual-protocol": "1.0934",
    "morpho": "1.6518",
    "based-brett": "0.04187",
    "degen-base": "0.003216",
    "toshi": "0.0005127",
    "gmx": "14.93",
    "optimism": "0.6372",
    "velodrome-finance": "0.04913",
}
ALIASES = {"ethereum": "weth", "wmatic": "polygon-ecosystem-token", "matic-network": "polygon-ecosystem-token"}
STABLE = frozenset({"usd-coin", "tether", "dai", "ethena-usde", "paypal-usd"})

_TWELVE_DIGITS = Context(prec=12)
_WAVES = ((86_400.0, 0.012), (10_800.0, 0.005), (1_020.0, 0.002))  # period in seconds, height
_KEPT = 20_000


class UnknownAsset(KeyError):
    """No such asset on the tape."""


def asset_name(asset: str) -> str:
    """The one name of an asset that several ids stand for, in lower case."""
    return ALIASES.get(asset.lower(), asset.lower())


class Tape:
    """Prices in US dollars per whole token.

    Before the tape opened, history is a fixed wave of time and asset that ends in the opening price; after it,
    history is what `move` did, as steps.
    """

    def __init__(self, now: Callable[[], datetime], prices: Mapping[str, str | Decimal] | None = None) -> None:
        self._now = now
        self.opened = now()
        self._opening = {asset: Decimal(price) for asset, price in OPENING.items()}
        self._moves: dict[str, list[tuple[datetime, Decimal]]] = {}
        for asset, price in (prices or {}).items():
            self._opening[asset_name(asset)] = Decimal(price)

    def __contains__(self, asset: str) -> bool:
        return asset_name(asset) in self._opening

    @property
    def assets(self) -> tuple[str, ...]:
        return tuple(self._opening)

    def list(self, asset: str, price: Decimal) -> None:
        """Puts an asset on the tape as though it had always stood at this price (give or take the wave)."""
        name = asset_name(asset)
        self._moves.pop(name, None)
        self._opening[name] = price

    def move(self, asset: str, price: Decimal) -> None:
        """The price from now on; what was before stays as it was. Raises UnknownAsset."""
        moves = self._moves.setdefault(self._known(asset), [])
        moves.append((self._now(), price))
        del moves[:-_KEPT]

    def walk(self, dice: random.Random) -> None:
        """Moves every asset by a few basis points, stablecoins by less."""
        for asset in self.assets:
            step = dice.gauss(0, 0.00002 if asset in STABLE else 0.0006)
            self.move(asset, _TWELVE_DIGITS.multiply(self.price(asset), Decimal(str(round(1 + step, 8)))))

    def price(self, asset: str, at: datetime | None = None) -> Decimal:
        """The price at a moment, by default now. Raises UnknownAsset."""
        name = self._known(asset)
        moves, when = self._moves.get(name, []), at or self._now()
        place = bisect_right(moves, when, key=lambda move: move[0])
        if place:
            return moves[place - 1][1]
        opening = self._opening[name]
        if when >= self.opened:
            return opening
        swing = round(1 + _wave(name, when) - _wave(name, self.opened), 9)
        return _TWELVE_DIGITS.multiply(opening, Decimal(str(swing)))

    def candle(self, asset: str, start: datetime, seconds: int) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Open, high, low, close of [start, start + seconds), as far as it has come by now."""
        last = max(start, min(start + timedelta(seconds=seconds - 1), self._now()))
        points = [self.price(asset, start + (last - start) * step / 6) for step in range(7)]
        return points[0], max(points), min(points), points[-1]

    def volume(self, asset: str, start: datetime) -> Decimal:
        """Dollars traded in an interval: invented, but always the same for the same moment."""
        return Decimal(crc32(f"{asset_name(asset)}@{int(start.timestamp())}".encode()) % 9_000_000 + 1_000) / 100

    def day_change_pct(self, asset: str) -> Decimal:
        """The change over 24 hours in percent, to four digits."""
        before = self.price(asset, self._now() - timedelta(days=1))
        return ((self.price(asset) / before - 1) * 100).quantize(Decimal("0.0001"))

    def _known(self, asset: str) -> str:
        name = asset_name(asset)
        if name not in self._opening:
            raise UnknownAsset(asset)
        return name


def _wave(asset: str, at: datetime) -> float:
    phase = crc32(asset.encode()) % 6283 / 1000
    calm = 0.01 if asset in STABLE else 1.0
    return calm * sum(height * math.sin(math.tau * at.timestamp() / period + phase) for period, height in _WAVES)
