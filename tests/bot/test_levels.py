"""The ten levels: the table that was agreed, nerve that never falls, and ten strategies instead of one in ten sizes."""

from collections.abc import Callable
from itertools import combinations, pairwise

import pytest

from app.bot.levels import LEVELS, Level, level
from app.bot.scores import readings, signal
from app.domain.bids import Bid
from app.domain.decisions import Verdict
from tests.bot.recorded import hours, played

# Number, name, risk, largest position %, confidence %, smallest trade $, stop %, gas bid, positions.
TABLE = [
    (1, "Ultra cautious", 20, 2, 95, 10, 3, "minimal", 2),
    (2, "Very cautious", 25, 3, 90, 20, 3, "low", 2),
    (3, "Cautious", 30, 5, 85, 30, 3, "standard", 3),
    (4, "Moderately cautious", 40, 7, 75, 40, 5, "standard", 3),
    (5, "Balanced", 50, 10, 65, 50, 5, "standard", 4),
    (6, "Moderately bold", 60, 12, 60, 60, 5, "raised", 4),
    (7, "Bold", 70, 15, 55, 70, 8, "raised", 5),
    (8, "Very bold", 80, 18, 50, 80, 8, "raised", 5),
    (9, "Ultra bold", 90, 22, 45, 90, 8, "urgent", 6),
    (10, "Autonomous", 100, 25, 40, 100, None, "by conditions", 8),
]
BIDS = [Bid.MINIMAL, Bid.LOW, Bid.STANDARD, Bid.RAISED, Bid.URGENT, Bid.BY_CONDITIONS]
NERVE: dict[str, Callable[[Level], float]] = {
    "tolerates more risk": lambda level: level.risk,
    "holds larger positions": lambda level: level.largest_pct,
    "needs less confidence": lambda level: -level.confidence,
    "makes no small trades": lambda level: level.smallest_usd,
    "has a wider stop, or one of its own": lambda level: float("inf") if level.stop_pct is None else level.stop_pct,
    "bids more for gas": lambda level: BIDS.index(level.bid),
    "pays at least as much for gas": lambda level: level.gas_factor,
    "opens more positions": lambda level: level.positions,
    "takes its first profit later": lambda level: level.targets[0][0],
    "takes its second profit later": lambda level: level.targets[1][0],
    "trails at a greater distance": lambda level: level.trail_pct,
    "waits longer": lambda level: level.patience_h,
    "looks further ahead": lambda level: level.horizon_h,
    "comes back sooner": lambda level: -level.rest_h,
    "lets costs eat more of the edge": lambda level: level.edge_share,
    "sees less risk": lambda level: -level.lens,
    "bears a weaker signal": lambda level: -level.weak,
    "leans less on the long run": lambda level: -level.weights.long / level.weights.short,
    "listens more to momentum": lambda level: level.weights.momentum,
    "listens more to the way back": lambda level: level.weights.reversion,
    "listens more to volume": lambda level: level.weights.volume,
}


def test_the_levels_are_those_of_the_table_to_the_figure() -> None:
    columns = ("number", "name", "risk", "largest_pct", "confidence", "smallest_usd", "stop_pct", "bid", "positions")
    assert [tuple(getattr(each, column) for column in columns) for each in LEVELS] == TABLE


@pytest.mark.parametrize("column", NERVE)
def test_nerve_never_falls_while_the_slider_rises(column: str) -> None:
    values = [NERVE[column](each) for each in LEVELS]
    assert all(low <= high for low, high in pairwise(values))
    assert values[0] < values[-1]


def test_every_level_sells_a_share_of_what_is_left_at_each_target_and_targets_rise() -> None:
    for each in LEVELS:
        gains = [gain for gain, _ in each.targets]
        assert gains == sorted(set(gains))
        assert all(0 < share <= 1 for _, share in each.targets)


@pytest.mark.parametrize("number", range(1, 11))
def test_a_level_is_found_by_its_number(number: int) -> None:
    assert level(number).number == number


@pytest.mark.parametrize("number", [-1, 0, 11])
def test_there_is_no_level_outside_one_to_ten(number: int) -> None:
    with pytest.raises(IndexError, match="no level"):
        level(number)


def test_the_levels_are_not_one_strategy_in_ten_sizes() -> None:
    """Bold levels do not merely do more of the same: each of two levels goes in where the other stays out."""
    entries: dict[int, set[int]] = {number: set() for number in range(1, 11)}
    for index, decisions in enumerate(played(hours("ETH", 4_000, 2_500))):
        for decision in decisions:
            if decision.verdict is Verdict.BUY:
                entries[decision.level].add(index)
    for one, other in combinations((1, 4, 7, 10), 2):
        mine, yours = entries[one], entries[other]
        assert len(mine & yours) / len(mine | yours) < 0.8
        assert mine - yours
        assert yours - mine


def test_a_cautious_level_prefers_the_moment_that_a_bold_one_likes_less() -> None:
    """A long rise that pauses, against a short one after a long fall: no scale makes one order of the other."""
    vol, idle = 0.005, (0.2, 50.0, 0.0, 1.0, 0.005)
    pauses, turns = ((96.0, vol, short, 0.2, long, *idle) for short, long in ((-0.5, 0.9), (0.9, -0.2)))
    timid, bold = LEVELS[0], LEVELS[-1]
    assert signal(readings(pauses), timid).direction > signal(readings(turns), timid).direction
    assert signal(readings(pauses), bold).direction < signal(readings(turns), bold).direction
