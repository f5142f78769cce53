"""What a session from elsewhere has to prove before it is believed: its books balance, and its rows agree."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from app.domain.chains import CHAINS
from app.domain.ledger import Account, Book, Entry, Position, deposit, posted
from app.domain.money import minus, total
from app.domain.session import Session
from app.domain.trades import TradeStatus
from app.runtime.proving_marks import SLACK, Course, peaks_of, prove_marks
from app.runtime.proving_trades import prove_flattens, prove_orders, prove_trade, sums
from app.runtime.spelling import Misspelled
from app.store.archives import Archive, Holder, Holdings

PERSON = "person"
_MARKET = re.compile(r"live|demo|replay:[^/\\\x00-\x1f]{1,200}")
# An account is called after its session, with something behind it that begins with no digit.
_SUFFIX = re.compile(r"[./:_-][A-Za-z0-9./:_-]{0,40}|", re.ASCII)
_LEVELS = range(1, 11)
_REPLAY = "replay:"
# The years that a recording may be of.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file says that an account comes to."""

    figures: Mapping[str, Any]
    positions: Mapping[str, Position]


def prove(archive: Archive, claims: Mapping[str, Claim]) -> None:
    """Raises Misspelled for the first thing that does not hold."""
    _prove_session(archive.session)
    _prove_holders(archive.session, [each.holder for each in archive.accounts])
    _prove_unique("order", (order.id for each in archive.accounts for order in each.orders))
    _prove_unique("flattening", (flatten.order_id for each in archive.accounts for flatten in each.flattens))
    for each in archive.accounts:
        balance = archive.session.starting_balance if each.holder.kind == PERSON else None
        claim = claims[each.holder.id]
        course = Course(peaks_of(each.trades, archive.bars))
        _prove_books(each, claim, balance, course)
        prove_orders(each)
        prove_flattens(each, claim.positions.keys())
        _prove_unique("mark of the equity", (str(mark.at) for mark in each.marks))
        _in_time("marks of the equity", [mark.at for mark in each.marks])
        _prove_times(archive.session, each)
        replayed, ended = archive.session.market.startswith(_REPLAY), archive.session.ended_at is not None
        prove_marks(each.holder.id, each.marks, course, replayed=replayed, ended=ended)
    for bars in archive.bars.values():
        _in_years(bar.at for _, bar in bars)


def _prove_session(session: Session) -> None:
    if session.chain_id not in CHAINS:
        raise Misspelled(f"its chain {session.chain_id} is not one that Drydock knows")
    if not _MARKET.fullmatch(session.market):
        raise Misspelled("its market is neither live, demo nor a replay")
    if session.ended_at is not None and session.ended_at < session.started_at:
        raise Misspelled("it ended before it began")
    _in_years(at for at in (session.started_at, session.ended_at) if at)


def _prove_holders(session: Session, holders: Sequence[Holder]) -> None:
    people = [holder.id for holder in holders if holder.kind == PERSON]
    if people != [session.id]:
        raise Misspelled("it has not exactly one account of a person, with the session's own id")
    for holder in holders:
        suffix = holder.id.removeprefix(session.id)
        if not holder.id.startswith(session.id) or not _SUFFIX.fullmatch(suffix):
            raise Misspelled(f"its account {holder.id[:40]!r} is not called after its session")
        if holder.kind not in (PERSON, "shadow") or (holder.level is not None and holder.level not in _LEVELS):
            raise Misspelled(f"its account {holder.id[:40]!r} is neither a person's nor a shadow's")


def _prove_unique(what: str, ids: Iterable[str]) -> None:
    twice = [id_ for id_, count in Counter(ids).items() if count > 1]
    if twice:
        raise Misspelled(f"more than one {what} in it is called {twice[0][:40]!r}")


def _prove_books(each: Holdings, claim: Claim, balance: Decimal | None, course: Course) -> None:
    """After the deposit, the entries fold into what is claimed, each with the trade that made it; the closed positions
    are theirs. The course is told how the account goes."""
    account_id = each.holder.id
    _prove_deposit(account_id, each.entries, balance)
    if [trade.number for trade in each.trades] != list(range(2, len(each.entries) + 1)):
        raise Misspelled(f"the trades of {account_id} are not those of its entries, one for each after the deposit")
    account, closed = Account(account_id), list[tuple[int, Position]]()
    for entry, trade in zip(each.entries, (None, *each.trades), strict=False):
        after = _posted(account, entry)
        if trade is not None:
            prove_trade(trade, entry, total(after.realized, minus(account.realized)))
            position = after.positions.get(trade.token.key.address)
            if position and trade.status is TradeStatus.FILLED and not position.is_open:
                closed.append((entry.number, position))
        account = after
        course.add(entry.at, account)
    if any(getattr(account, name) != figure for name, figure in claim.figures.items()):
        raise Misspelled(f"the entries of {account_id} do not come to what it says they do")
    if account.positions != claim.positions:
        raise Misspelled(f"the entries of {account_id} do not come to the positions that it states")
    if closed != list(each.closed):
        raise Misspelled(f"the closed positions of {account_id} are not those that its entries closed")
    _in_time("entries", [entry.at for entry in each.entries])


def _prove_deposit(account_id: str, entries: Sequence[Entry], balance: Decimal | None) -> None:
    """The first entry is a deposit: of the balance, where one is stated."""
    if not entries:
        raise Misspelled(f"{account_id} has no entries")
    first = entries[0]
    amount = total(*(posting.amount for posting in first.postings if posting.book is Book.CASH))
    if amount <= 0 or sums(first.postings) != sums(deposit(1, first.at, amount).postings):
        raise Misspelled(f"the first entry of {account_id} is not a deposit")
    if balance is not None and amount != balance:
        raise Misspelled("what it began with is not its starting balance")


def _posted(account: Account, entry: Entry) -> Account:
    try:
        return posted(account, entry)
    except (ValueError, ArithmeticError) as error:
        raise Misspelled(f"entry {entry.number} of {account.id} cannot follow: {error}") from error


def _in_time(what: str, moments: Sequence[datetime]) -> None:
    if any(later < earlier for earlier, later in pairwise(moments)):
        raise Misspelled(f"its {what} are not in the order of time")


def _prove_times(session: Session, each: Holdings) -> None:
    """All is from between the beginning and the end. A replay that is left and begun anew ends at its beginning."""
    ends = session.ended_at is not None and not session.market.startswith(_REPLAY)
    since, until = session.started_at - SLACK, session.ended_at + SLACK if ends and session.ended_at else _LATEST
    times = {
        "entries": [entry.at for entry in each.entries],
        "orders": [at for order in each.orders for at in (order.created_at, order.ended_at) if at],
        "marks of the equity": [mark.at for mark in each.marks],
    }
    for what, moments in times.items():
        _in_years(moments)
        if any(not since <= at <= until for at in moments):
            raise Misspelled(f"one of its {what} is from before it began or from after it ended")
    # Of one that was imported while it was open, what it knew last is taken to be its end.
    _in_years(flatten.at for flatten in each.flattens)


def _in_years(moments: Iterable[datetime]) -> None:
    if any(not _EARLIEST <= at < _LATEST for at in moments):
        raise Misspelled(f"a time in it is not of the years {_EARLIEST.year} to {_LATEST.year - 1}")
