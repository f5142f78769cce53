"""What the marks of an account from elsewhere have to prove: no worth that its entries do not allow."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise, takewhile

from app.domain.bars import Bar, Interval
from app.domain.drawdown import Drawdown
from app.domain.ledger import Account
from app.domain.money import NOTHING, product, significant, total
from app.domain.tokens import TokenKey
from app.domain.trades import Trade
from app.runtime.spelling import Misspelled, utc
from app.store.equity import Mark
from app.trading.watchlist import board_key

# Clocks that are set right by the network move by less, and nothing is longer in being written.
SLACK = timedelta(seconds=60)
# While a trade is written a replay shows more bars, at most so many marked at once.
_MARKED_AT_ONCE = 200
# With one position, a mark that no live price stands behind is never made.
_PART_STALE = 2
# What sources hold a price to be differs, and bars have no room for all of it.
_BEYOND = Decimal(3)
# After every trade the cash is another: no more than a few entries of a minute leave the same.
_LOOKED_AT = 100


class Course:
    """An account from entry to entry: when, the cash, how much else it had and what that could be worth.

    `peaks` are the highest prices that are known of its tokens, in US dollars by address.
    """

    def __init__(self, peaks: Mapping[str, Decimal]) -> None:
        self._peaks = peaks
        self._times: list[datetime] = []
        self._most: list[Decimal | None] = []
        # By how many positions were open at least, and by the cash: the places of those entries, in order.
        self._places = [defaultdict[Decimal, list[int]](list) for _ in range(_PART_STALE + 1)]

    def add(self, at: datetime, account: Account) -> None:
        """The account after one more entry."""
        held = account.open_positions
        for least in range(min(len(held), _PART_STALE) + 1):
            self._places[least][account.cash].append(len(self._times))
        self._times.append(at)
        known = all(position.asset in self._peaks for position in held)
        worth = (product(position.quantity, self._peaks[position.asset]) for position in held if known)
        self._most.append(total(account.cash, *worth) if known else None)

    def had(self, cash: Decimal, equity: Decimal, least: int, since: datetime, until: datetime) -> bool:
        """Whether at some moment of these it had this cash, and so many open positions or more that could be worth the
        rest of the equity."""
        first = max(bisect_left(self._times, since) - 1, 0)
        last = max(bisect_right(self._times, until) - 1, 0)
        places = self._places[least].get(cash, [])
        found = bisect_left(places, first)
        some = takewhile(lambda place: place <= last, places[found : found + _LOOKED_AT])
        return any((most := self._most[place]) is None or equity <= most for place in some)


def peaks_of(trades: Iterable[Trade], bars: Mapping[TokenKey, Sequence[tuple[Interval, Bar]]]) -> dict[str, Decimal]:
    """The highest that each token could be worth, by address; none of a token that no bars came with."""
    tops = {key: max(bar.high for _, bar in rows) for key, rows in bars.items() if rows}
    found: dict[str, Decimal] = {}
    for trade in trades:
        asset, top = trade.token.key.address, tops.get(board_key(trade.token) or trade.token.key)
        if top is not None:
            dearest = max(top, significant(trade.price), significant(trade.mid_price))
            found[asset] = max(found.get(asset, NOTHING), product(dearest, _BEYOND))
    return found


def prove_marks(account_id: str, marks: Sequence[Mark], course: Course, *, replayed: bool, ended: bool) -> None:
    """Each is of an account as it was about then, worth its cash and no less, and remembers what those before it did.
    Raises Misspelled."""
    for place, mark in enumerate(marks):
        about = _about(marks, place, played=replayed and not (ended and place == len(marks) - 1))
        if not (_is_possible(mark) and course.had(mark.cash, mark.equity, _held(mark), *about)):
            raise Misspelled(f"the mark of the equity of {account_id} at {utc(mark.at)} is not what its entries allow")
    for earlier, later in pairwise(marks):
        if _forgets(earlier, later):
            raise Misspelled(f"the mark of the equity of {account_id} at {utc(later.at)} forgets what was before it")


def _about(marks: Sequence[Mark], place: int, *, played: bool) -> tuple[datetime, datetime]:
    """The moments that a mark may be of: a trade carries the time at which it was decided, and counts once it is
    written. A recording that is played goes on meanwhile; at the end nothing was being written any more."""
    at = marks[place].at
    since = at - SLACK
    if played:
        since = min(since, marks[max(place - _MARKED_AT_ONCE, 0)].at)
    return since, at + SLACK


def _is_possible(mark: Mark) -> bool:
    if mark.equity < mark.cash or (mark.hold is not None and mark.hold < 0):
        return False
    if mark.highest is None or mark.deepest_pct is None:
        # An earlier release remembered neither.
        return mark.highest is mark.deepest_pct
    return mark.highest >= 0 and 0 <= mark.deepest_pct <= 100


def _held(mark: Mark) -> int:
    """How many positions were open at least. The highest and the deepest are those between marks too, and do not know
    of a worth that prices stand in which were not live."""
    if mark.highest is not None and mark.deepest_pct is not None:
        below = Drawdown(mark.highest).below_pct(mark.equity)
        if mark.equity > mark.highest or mark.deepest_pct < below:
            return _PART_STALE
    return int(mark.equity > mark.cash)


def _forgets(earlier: Mark, later: Mark) -> bool:
    if earlier.highest is None or earlier.deepest_pct is None:
        return False
    if later.highest is None or later.deepest_pct is None:
        return True
    return later.highest < earlier.highest or later.deepest_pct < earlier.deepest_pct
