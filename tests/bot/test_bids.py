"""The bid of the moment: nine levels have one of their own, the tenth looks at how fast the price moves."""

import pytest

from app.bot.bids import bid_of
from app.bot.indicators import Z_SHORT, Row
from app.bot.levels import LEVELS, level
from app.domain.bids import Bid


def moved(deviations: float) -> Row:
    """A row whose short move is so many standard deviations."""
    row = [0.0] * 10
    row[Z_SHORT] = deviations
    return tuple(row)


@pytest.mark.parametrize(
    ("deviations", "bid"),
    [(0.0, Bid.RAISED), (0.99, Bid.RAISED), (-0.99, Bid.RAISED), (1.0, Bid.URGENT), (-1.0, Bid.URGENT)],
)
def test_the_tenth_level_bids_urgently_where_the_price_moves_fast_either_way(deviations: float, bid: Bid) -> None:
    assert bid_of(level(10), moved(deviations)) is bid


def test_the_tenth_level_bids_urgently_where_it_knows_no_indicators() -> None:
    assert bid_of(level(10), None) is Bid.URGENT


def test_every_other_level_bids_its_own_whatever_the_price_does() -> None:
    for each in LEVELS[:9]:
        assert {bid_of(each, row) for row in (None, moved(0.0), moved(5.0))} == {each.bid}
