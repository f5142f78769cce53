"""The ten levels of the intel slider: data, and nothing but data. Every column is monotonic: nerve never falls."""

from dataclasses import dataclass

from app.domain.bids import Bid


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each reading counts for the signal; they are relative to each other."""

    long: float
    middle: float
    short: float
    momentum: float
    reversion: float
    volume: float


@dataclass(frozen=True, slots=True)
class Level:
    """One position of the slider.

    `risk` (0–100) is tolerated, `confidence` (0–100) needed; `largest_pct` of equity is the largest position,
    `smallest_usd` the smallest trade; `stop_pct` below the entry it is sold, None where volatility sets that.
    `positions` may be open at once. `targets` are the ladder of profit-taking: at so many percent of gain, such a
    share of what is left is sold; `trail_pct` below the highest price the rest is, once the first target was reached.
    `patience_h` hours may a position go nowhere, `horizon_h` hours ahead the edge is reckoned, `rest_h` hours a token
    is left alone after a sale. `edge_share` of the expected edge may be eaten by the costs of going in and out.
    `lens` multiplies the risk that is seen. A position is sold when its signal falls below `weak`. `bid` is what is
    offered for gas; level 10's is chosen at each trade.
    """

    number: int
    name: str
    risk: float
    largest_pct: float
    confidence: float
    smallest_usd: float
    stop_pct: float | None
    bid: Bid
    positions: int
    targets: tuple[tuple[float, float], ...]
    trail_pct: float
    patience_h: float
    horizon_h: float
    rest_h: float
    edge_share: float
    lens: float
    weak: float
    weights: Weights

    @property
    def gas_factor(self) -> float:
        """What the bid does to the gas of a swap, as the bid states it: an estimate, for sizes and scores. A fill pays
        what the chain's tips are."""
        return _GAS_FACTORS[self.bid]


_GAS_FACTORS = {bid: float(bid.factor) for bid in Bid}
_NAMES = (
    "Ultra cautious", "Very cautious", "Cautious", "Moderately cautious", "Balanced",
    "Moderately bold", "Bold", "Very bold", "Ultra bold", "Autonomous",
)  # fmt: skip
_RISK = (20, 25, 30, 40, 50, 60, 70, 80, 90, 100)
_LARGEST = (2, 3, 5, 7, 10, 12, 15, 18, 22, 25)
_CONFIDENCE = (95, 90, 85, 75, 65, 60, 55, 50, 45, 40)
_SMALLEST = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
_STOPS = (3, 3, 3, 5, 5, 5, 8, 8, 8, None)
_BIDS = (
    Bid.MINIMAL, Bid.LOW, Bid.STANDARD, Bid.STANDARD, Bid.STANDARD,
    Bid.RAISED, Bid.RAISED, Bid.RAISED, Bid.URGENT, Bid.BY_CONDITIONS,
)  # fmt: skip
_POSITIONS = (2, 2, 3, 3, 4, 4, 5, 5, 6, 8)
_TARGETS = ((2, 4), (2, 5), (3, 6), (4, 8), (5, 10), (6, 12), (8, 16), (10, 20), (12, 24), (15, 30))
_TRAIL = (2, 2, 2.5, 3, 4, 4.5, 6, 6.5, 7, 8)
_PATIENCE = (24, 26, 28, 30, 36, 48, 60, 72, 96, 120)
_HORIZON = (24, 24, 26, 26, 28, 30, 32, 36, 42, 48)
_REST = (24, 20, 16, 12, 10, 8, 6, 4, 2, 1)
_EDGE_SHARE = (0.40, 0.42, 0.44, 0.46, 0.48, 0.50, 0.55, 0.60, 0.70, 0.80)
_LENS = (1.30, 1.24, 1.18, 1.12, 1.06, 1.00, 0.95, 0.90, 0.85, 0.80)
_WEAK = (0.10, 0.08, 0.05, 0.02, 0.00, -0.05, -0.10, -0.15, -0.20, -0.25)


def _weights(number: int) -> Weights:
    """From the long run to the short: what a cautious level leans on, a bold one leads with the opposite."""
    nerve = (number - 1) / 9
    return Weights(
        long=3.0 - 2.0 * nerve,
        middle=2.0,
        short=0.5 + 1.5 * nerve,
        momentum=0.5 + 1.0 * nerve,
        reversion=0.25 + 0.75 * nerve,
        volume=0.5 + 0.5 * nerve,
    )


def _level(index: int) -> Level:
    first, second = _TARGETS[index]
    return Level(
        index + 1, _NAMES[index], _RISK[index], _LARGEST[index], _CONFIDENCE[index], _SMALLEST[index], _STOPS[index],
        _BIDS[index], _POSITIONS[index], ((first, 0.5), (second, 0.5)), _TRAIL[index], _PATIENCE[index],
        _HORIZON[index], _REST[index], _EDGE_SHARE[index], _LENS[index], _WEAK[index], _weights(index + 1),
    )  # fmt: skip


LEVELS = tuple(_level(index) for index in range(10))


def level(number: int) -> Level:
    """The level of this number, 1 to 10. Raises IndexError."""
    if not 1 <= number <= len(LEVELS):
        raise IndexError(f"there is no level {number}")
    return LEVELS[number - 1]
