"""What every route stands on: the open house, its pit and session, and how a refusal of the desk is told."""

import asyncio
import re
from typing import TypeVar

from app.api.problem import Problem
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.runtime.house import House, current
from app.runtime.pit import Pit
from app.store.sessions import session as find_session

Found = TypeVar("Found")
_SESSION = re.compile("s[1-9][0-9]{0,8}")

_MALFORMED = (
    *("bad_balance", "bad_click", "bad_expiry", "bad_level", "bad_limits", "bad_order_id", "bad_prices", "bad_side"),
    *("bad_size", "bad_type"),
    *("expired", "not_a_number", "not_a_price", "not_an_address", "not_positive"),
    *("too_large", "too_long", "too_many_decimals", "too_many_digits"),
    *("unknown_chain", "unknown_market"),
)
_UNKNOWN = ("unknown_decision", "unknown_order", "unknown_recording", "unknown_session", "unknown_token")
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


async def session_asked(session_id: str | None) -> Session:
    """The session of that id, archived or not; the one at work where none is named. Raises Problem, StoreRefused."""
    if session_id is None:
        return pit().session
    known = _SESSION.fullmatch(session_id) is not None
    found = await asyncio.to_thread(find_session, house().store, session_id) if known else None
    if found is None:
        raise refused(Refusal("unknown_session", f"There is no session {session_id[:60]!r}."))
    return found


def pit_of(session: Session) -> Pit | None:
    """The pit of a session, if it is the one at work."""
    found = house().pit
    return found if found and found.session.id == session.id else None
