"""The bid of the moment: what a level offers for gas, where level 10 looks at how fast the price moves."""

from app.bot.indicators import Z_SHORT, Row
from app.bot.levels import Level
from app.domain.bids import Bid

# A short move of one standard deviation: two in three are slower.
FAST = 1.0


def bid_of(level: Level, row: Row | None) -> Bid:
    """The level's bid. By conditions it is urgent where the price has just moved fast, either way, since others trade
    too then, and raised elsewhere. Without indicators, as for a stop between two bars, it is urgent."""
    if level.bid is not Bid.BY_CONDITIONS:
        return level.bid
    return Bid.RAISED if row is not None and abs(row[Z_SHORT]) < FAST else Bid.URGENT
