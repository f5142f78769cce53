"""Bids for gas: how eagerly a transaction pays to be taken, as a percentile of what others tip."""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Bid(StrEnum):
    """How eagerly gas is paid for. `BY_CONDITIONS` stands for whichever of the others the market asks for; where nobody
    has looked at the market it is as dear as the urgent one."""

    MINIMAL = "minimal"
    LOW = "low"
    STANDARD = "standard"
    RAISED = "raised"
    URGENT = "urgent"
    BY_CONDITIONS = "by conditions"

    @property
    def percentile(self) -> int:
        """The percentile of recent blocks' priority fees that is paid, 1 to 99."""
        return _TERMS[self][0]

    @property
    def factor(self) -> Decimal:
        """How many times the usual price a unit of gas costs, where a market declares its gas and nobody tips."""
        return _TERMS[self][1]


# The factors are declared, not measured. They take a usual tip to be a tenth of what a unit of gas costs, as it is
# about on a second layer, and a bid to move the tip alone: minimal leaves it out, low gives half of it, raised twice,
# urgent three and a half times.
_TERMS = {
    Bid.MINIMAL: (10, Decimal("0.90")),
    Bid.LOW: (25, Decimal("0.95")),
    Bid.STANDARD: (50, Decimal("1.00")),
    Bid.RAISED: (75, Decimal("1.10")),
    Bid.URGENT: (90, Decimal("1.25")),
    Bid.BY_CONDITIONS: (90, Decimal("1.25")),
}

PERCENTILES = tuple(sorted({bid.percentile for bid in Bid}))


class Fare(NamedTuple):
    """What a transaction pays at a percentile of tips, in wei: for a unit of gas, and for its data on a chain that
    keeps it elsewhere."""

    percentile: int
    unit_wei: int
    l1_wei: int
