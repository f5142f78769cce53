"""What every route stands on: the open house, its pit, and how a refusal of the desk is told."""

from typing import TypeVar

from app.api.problem import Problem
from app.domain.refusal import Refusal
from app.runtime.house import House, current
from app.runtime.pit import Pit

Found = TypeVar("Found")

_MALFORMED = (
    *("bad_balance", "bad_click", "bad_expiry", "bad_order_id", "bad_prices", "bad_side", "bad_size", "bad_type"),
    *("expired", "not_a_number", "not_a_price", "not_an_address", "not_positive"),
    *("too_large", "too_long", "too_many_decimals", "too_many_digits"),
    *("unknown_chain", "unknown_market"),
)
_UNKNOWN = ("unknown_order", "unknown_recording", "unknown_session", "unknown_token")
_FAILED = (
    *("database_refused", "no_rate", "no_source", "node_lagging", "outpaced"),
    *("quote_failed", "rpc_unreachable", "wrong_chain"),
)
# The status of a refusal by its code. What is not here is the desk's own decision: 409.
STATUSES = dict.fromkeys(_MALFORMED, 422) | dict.fromkeys(_UNKNOWN, 404) | dict.fromkeys(_FAILED, 503)


def house() -> House:
    """The house of this process. Raises Problem before it stands."""
    found = current()
    if found is None:
        raise Problem(503, "not_open", "The desk is not open yet.")
    return found


def pit() -> Pit:
    """The session at work. Raises Problem while the market is opening, and where it could not be opened."""
    found = house().pit
    if found is None:
        raise Problem(503, "not_open", "No session is open yet.")
    return found


def refused(refusal: Refusal) -> Problem:
    """A refusal as a problem."""
    return Problem(STATUSES.get(refusal.code, 409), refusal.code, refusal.sentence)


def unless_refused(outcome: Found | Refusal) -> Found:
    """The outcome. Raises Problem where it is a refusal."""
    if isinstance(outcome, Refusal):
        raise refused(outcome)
    return outcome
