"""The audit of a ledger: what holds has a residual of zero, and what does not is named."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from app.domain.ledger import Entry, Posting, deposit, folded, gas_paid, swapped
from app.runtime.audit import apart, audit

AT = datetime(2026, 11, 2, tzinfo=UTC)
TOKEN = "0x" + "1" * 40


def entries() -> list[Entry]:
    """A deposit, a purchase, and half of it sold at a loss."""
    return [
        deposit(1, AT, Decimal(1000)),
        Entry(2, AT, swapped(TOKEN, Decimal(3), Decimal("100.1")) + gas_paid(Decimal("0.02")), Decimal("0.05")),
        Entry(3, AT, swapped(TOKEN, Decimal("-1.5"), Decimal("-49.7")) + gas_paid(Decimal("0.02")), Decimal("0.05")),
    ]


def test_a_ledger_that_balances_has_no_residual() -> None:
    found = audit("a", entries(), folded("a", entries()))
    assert (found.entries, found.balanced, found.fault) == (3, True, None)
    assert set(found.residuals.values()) == {Decimal(0)}


def test_entries_that_memory_has_not_heard_of_yet_are_left_for_later() -> None:
    found = audit("a", entries(), folded("a", entries()[:2]))
    assert (found.entries, found.balanced) == (2, True)


def test_memory_that_is_ahead_of_disk_does_not_balance() -> None:
    found = audit("a", entries()[:2], folded("a", entries()))
    assert not found.balanced
    assert found.residuals["memory"] != 0


def test_the_least_difference_in_any_figure_of_memory_is_noticed() -> None:
    account = folded("a", entries())
    least = Decimal("1e-18")
    for name in ("cash", "deposits", "realized", "gas", "fees", "impact"):
        assert apart(account, replace(account, **{name: getattr(account, name) + least})) == least
    position = account.positions[TOKEN]
    for name in ("quantity", "cost", "bought", "paid", "realized"):
        other = {TOKEN: replace(position, **{name: getattr(position, name) + least})}
        assert apart(account, replace(account, positions=MappingProxyType(other))) == least
    gone = replace(account, positions=MappingProxyType({}))
    assert apart(account, gone) == apart(gone, account) > 0


def test_an_entry_that_overdraws_ends_the_audit_with_a_sentence() -> None:
    too_much = Entry(4, AT, swapped(TOKEN, Decimal(-2), Decimal(-60)))
    found = audit("a", [*entries(), too_much])
    assert (found.entries, found.balanced) == (3, False)
    assert found.fault == "What follows entry 3 cannot be folded: more is sold than was held."
    assert found.residuals == dict.fromkeys(("entries", "books", "below_zero", "trades"))


def test_an_entry_that_does_not_sum_to_zero_ends_the_audit_with_a_sentence() -> None:
    def written() -> Iterator[Entry]:
        yield from entries()
        yield Entry(4, AT, (Posting(entries()[0].postings[0].book, "USD", Decimal(1)),))

    found = audit("a", written(), folded("a", entries()))
    # Memory ends before it: it is not what memory was made from.
    assert found.balanced is False
    assert found.fault == "What follows entry 3 cannot be folded: entry 4 does not sum to zero."
