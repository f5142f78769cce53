"""The audit: the ledger folded anew from disk, held against its identities and against memory."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import takewhile
from pathlib import Path

from app.domain.ledger import Account, Entry, folded
from app.domain.money import NOTHING, minus, total
from app.domain.session import Session
from app.runtime.pit import Pit
from app.runtime.reckoning import gently, reckonings
from app.runtime.standing import standing
from app.store.books import entries
from app.store.database import Store
from app.store.equity import last_mark
from app.store.trades import ALL, count_trades, trades

Residuals = dict[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found. `entries` counts those that could be folded.

    `residuals` by identity, zero where it holds, None where it could not be reckoned: `entries` (each sums to zero for
    every asset), `books` (cash + cost = deposits + realized − gas), `below_zero` (nothing is), `trades` (each entry
    after the deposit has its own; how many have none), `equity` (= deposits + realized + unrealized − gas), and for the
    session at work `memory` (it is what disk says). An archive has `equity` only where it held nothing at its end: then
    its last mark is its cash. `account` is what the entries fold into.
    """

    entries: int
    residuals: Residuals
    fault: str | None = None
    account: Account | None = None

    @property
    def balanced(self) -> bool:
        return self.fault is None and not any(self.residuals.values())


async def audited(store: Store, session: Session, pit: Pit | None) -> Audit:
    """Audit a session; with its pit, up to where memory stands now. Entries are read again as soon as anything has been
    written to the database's file, by whomever. Raises StoreRefused."""
    held = pit.account if pit else None
    equity = {"equity": standing(pit).residual} if pit else {}
    stamp = await asyncio.to_thread(_stamp, store)
    # Two accounts of one version are equal in all else, or the books are wrong: neither is taken for the other.
    state = (held, *stamp)
    found = await reckonings(store).of(f"{session.id} audit", state, lambda: _audited(store, session, held))
    return replace(found, residuals=found.residuals | equity)


def _stamp(store: Store) -> tuple[object, ...]:
    """What every write to the database changes: size and time of its files. A server's have none that can be seen, and
    each audit is one of its own."""
    file = store.engine.url.database if store.engine.dialect.name == "sqlite" else None
    if not file:
        return (object(),)
    kept = [path.stat() for path in (Path(file), Path(f"{file}-wal")) if path.exists()]
    return tuple((each.st_size, each.st_mtime_ns) for each in kept)


def _audited(store: Store, session: Session, held: Account | None) -> Audit:
    account_id = session.id
    found = audit(account_id, gently(entries(store, account_id)), held)
    if found.account is not None:
        if session.ended_at is not None:
            found.residuals.update(_at_the_end(store, account_id, found.account))
        missing = found.entries - 1 - count_trades(store, account_id)
        # While this is read, more may be traded; what is missing stays missing.
        found.residuals["trades"] = Decimal(max(0, missing))
    return found


def _at_the_end(store: Store, account_id: str, account: Account) -> Residuals:
    """The equity of an archive's last mark, less its cash, where it held nothing; nothing where the last mark may be
    from before the last trade."""
    marked, newest = last_mark(store, account_id), trades(store, account_id, ALL, 1)
    if marked is None or account.open_positions:
        return {}
    # A trade carries the time at which it was decided: a mark that is younger may be of before it was written.
    if newest and (marked.at < newest[0].at or marked.cash != account.cash):
        return {}
    return {"equity": total(marked.equity, minus(account.cash))}


def audit(account_id: str, written: Iterable[Entry], held: Account | None = None) -> Audit:
    """Fold an account's entries, those up to the version of the one that is held in memory, and look at what they
    come to."""
    upto = written if held is None else takewhile(lambda entry: entry.number <= held.version, written)
    counted = _Counted(upto)
    try:
        account = folded(account_id, counted)
    except (ValueError, ArithmeticError, LookupError) as error:
        unknown: Residuals = dict.fromkeys(("entries", "books", "below_zero", "trades"))
        if held:
            unknown["memory"] = None
        return Audit(counted.number, unknown, f"What follows entry {counted.number} cannot be folded: {error}.")
    residuals: Residuals = {"entries": NOTHING, "books": account.residual, "below_zero": _below_zero(account)}
    if held:
        residuals["memory"] = apart(account, held)
    return Audit(counted.number, residuals, account=account)


def apart(one: Account, other: Account) -> Decimal:
    """How far two accounts are apart in all their figures together; zero only where they are the same."""
    pairs = list(zip(_figures(one), _figures(other), strict=True))
    for asset in {*one.positions, *other.positions}:
        positions = one.positions.get(asset), other.positions.get(asset)
        amounts = [(p.quantity, p.cost, p.bought, p.paid, p.realized) if p else (NOTHING,) * 5 for p in positions]
        pairs += zip(*amounts, strict=True)
    return total(*(total(mine, minus(yours)).copy_abs() for mine, yours in pairs))


def _figures(account: Account) -> tuple[Decimal, ...]:
    dollars = (account.cash, account.deposits, account.realized, account.gas, account.fees, account.impact)
    return (Decimal(account.version), *dollars)


def _below_zero(account: Account) -> Decimal:
    """What is less than nothing, added up."""
    amounts = [account.cash, account.deposits, account.gas, account.fees]
    for position in account.positions.values():
        amounts += [position.quantity, position.cost, position.bought, position.paid]
    return total(*(amount for amount in amounts if amount < 0))


class _Counted:
    """Entries on their way; `number` counts those that were taken and folded."""

    def __init__(self, written: Iterable[Entry]) -> None:
        self.number = 0
        self._written = written

    def __iter__(self) -> Iterator[Entry]:
        for entry in self._written:
            yield entry
            self.number += 1
