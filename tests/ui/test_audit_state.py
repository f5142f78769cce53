"""The audit as a view: what was found, in plain words, whatever was found."""

import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest

from app.runtime.audit import Audit
from app.runtime.house import House, settle_in
from app.ui.state import audit
from app.ui.state.audit import AuditState
from tests.ui.dealings import bought, sold
from tests.ui.tabs import Tab, call

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def opened() -> AuditState:
    state = await Tab().get(AuditState)
    await call(state, "open")
    assert (state.shown, state.busy) == (True, False)
    return state


async def test_books_that_balance_say_so_with_every_identity(own: House) -> None:
    await bought(own, "WETH", "500")
    await sold(own, "WETH", "50")
    state = await opened()
    assert state.balanced
    assert state.verdict.startswith("The books balance: 3 entries")
    assert {row[2] for row in state.rows} == {"0"}
    assert {row[3] for row in state.rows} == {"yes"}
    names = [row[0] for row in state.rows]
    assert {"Every entry sums to zero", "Memory is what disk says", "Equity at the prices of now"} <= set(names)
    assert all(row[1] for row in state.rows)
    await call(state, "close")
    assert not state.shown


async def test_a_residual_and_what_could_not_be_reckoned_are_shown_for_what_they_are() -> None:
    found = Audit(7, {"books": Decimal("-0.000000000001"), "memory": None, "entries": Decimal(0), "novel": Decimal(1)})
    rows = {row[0]: row[2:] for row in audit._rows(found)}
    assert rows["Cash and what is held at cost"] == ["-0.000000000001", "no"]
    assert rows["Memory is what disk says"] == ["not reckoned", ""]
    assert rows["Every entry sums to zero"] == ["0", "yes"]
    assert rows["novel"] == ["1", "no"]
    assert "do not balance" in audit._verdict(found)
    assert audit._verdict(Audit(1, {}, "Entry 2 cannot be folded.")) == "Entry 2 cannot be folded."


async def test_every_identity_that_is_audited_has_a_saying(own: House) -> None:
    state = await opened()
    assert {row[0] for row in state.rows} == {name for name, _ in audit._SAYINGS.values()}


async def test_a_ledger_that_was_tampered_with_does_not_balance(own: House) -> None:
    await bought(own, "WETH", "500")
    with closing(sqlite3.connect(own.settings.data_dir / "drydock.db", isolation_level=None)) as other:
        other.execute("DELETE FROM trades")
    state = await opened()
    assert not state.balanced
    assert ["Every entry has its trade", "1", "no"] in [[row[0], *row[2:]] for row in state.rows]


async def test_without_a_desk_there_is_nothing_to_audit_and_that_is_said() -> None:
    settle_in(None)
    state = await opened()
    assert (state.rows, state.balanced) == ([], False)
    assert "still opening" in state.verdict
