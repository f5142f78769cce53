"""Equity, performance and the audit over REST."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.domain.session import Session
from app.runtime.house import House
from app.store import equity as kept
from app.store.sessions import archive, succeed
from tests.api.ledger import asked, got, pit_of, placed, refused
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import opened_house

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def minutes(house: House, clock: FakeClock, count: int) -> None:
    """Let minutes pass, each marked as the scheduler does."""
    for _ in range(count):
        clock.advance(60)
        house.ring()
        await house.mark()


async def every(query: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await got(f"/equity?limit={limit}&cursor={cursor}&{query}")
        found += page["items"]
        cursor = page["next_cursor"]
    return found


async def test_equity_is_told_newest_first_with_what_holding_would_be_worth(demo: House, clock: FakeClock) -> None:
    await placed(amount_usd="400")
    await minutes(demo, clock, 12)
    marks = await every("", 500)
    times = [datetime.fromisoformat(mark["at"]) for mark in marks]
    assert times == sorted(times, reverse=True)
    assert times[0] == clock.utc
    account = await got("/account")
    assert (marks[0]["equity"], marks[0]["cash"]) == (account["equity"], account["cash"])
    assert all(mark["hold"] is not None for mark in marks)
    held = (await got("/performance"))["hold_return_pct"]
    assert Decimal(held) == pytest.approx(Decimal(marks[0]["hold"]) / 100 - 100, abs=Decimal("1e-9"))


@pytest.mark.parametrize("interval", ["", "interval=1m", "interval=5m", "interval=1d"])
async def test_pages_of_equity_leave_none_out_and_none_twice(demo: House, clock: FakeClock, interval: str) -> None:
    await minutes(demo, clock, 3)
    assert await every(interval, 1) == await every(interval, 2) == await every(interval, 500)


async def test_an_interval_has_its_last_mark(demo: House, clock: FakeClock) -> None:
    await minutes(demo, clock, 7)
    all_, spaced = await every("", 500), await every("interval=5m", 500)
    assert len(all_) > len(spaced) > 1
    for mark in spaced:
        start = datetime.fromisoformat(mark["at"]).replace(second=0)
        start -= timedelta(minutes=start.minute % 5)
        inside = [one for one in all_ if start <= datetime.fromisoformat(one["at"]) < start + timedelta(minutes=5)]
        assert mark == inside[0]


async def test_a_gap_in_the_marks_hides_nothing(demo: House, clock: FakeClock) -> None:
    await minutes(demo, clock, 2)
    clock.advance(86_400)
    await minutes(demo, clock, 2)
    assert (await got("/equity?limit=4"))["items"] == (await every("", 500))[:4]
    assert len((await got("/equity?limit=4"))["items"]) == 4


@pytest.mark.parametrize("query", ["interval=2m", "interval=", "cursor=999999999999999999", "session=s9"])
async def test_a_series_that_is_none_is_refused(demo: House, query: str) -> None:
    status, code = refused(await asked("GET", f"/equity?{query}"))
    assert (status, code) == ((404, "unknown_session") if "session" in query else (422, "malformed"))


FIGURES = {
    *("win_rate_pct", "profit_factor", "expectancy_usd", "sharpe", "sortino", "max_drawdown_pct", "exposure_pct"),
    *("return_pct", "hold_return_pct", "fill_error_median_bps", "fill_error_p95_bps"),
    *("fill_error_30s_median_bps", "fill_error_30s_p95_bps"),
}


async def test_every_figure_is_a_number_or_has_its_reason(demo: House, clock: FakeClock) -> None:
    await placed(amount_usd="100")
    await minutes(demo, clock, 2)
    await placed(side="sell", share_pct="100")
    figures = await got("/performance")
    assert figures.keys() >= FIGURES | {"costs", "reasons", "round_trips"}
    assert figures["round_trips"] >= 1
    for name in FIGURES:
        assert (figures[name] is None) == (name in figures["reasons"])
    assert all(reason.endswith(".") for reason in figures["reasons"].values())
    assert figures["sharpe"] is None
    assert Decimal(figures["exposure_pct"]) > 0


async def test_performance_and_account_tell_one_story(demo: House) -> None:
    figures, account = await got("/performance"), await got("/account")
    assert figures["costs"] == account["costs"]
    assert Decimal(figures["return_pct"]) == pytest.approx(Decimal(account["return_pct"]), abs=Decimal("1e-8"))
    assert figures["max_drawdown_pct"] == account["max_drawdown_pct"]


async def test_the_books_balance_and_disk_says_what_memory_does(demo: House) -> None:
    await placed(amount_usd="100")
    audit = await got("/audit")
    assert audit["balanced"] is True
    assert audit["entries"] == pit_of(demo).account.version
    assert set(audit["residuals"]) == {"entries", "books", "below_zero", "memory", "trades", "equity"}
    assert set(audit["residuals"].values()) == {"0"}
    assert audit["fault"] is None


@pytest.mark.parametrize("ended", ["0001-01-01T00:00:00", "9999-12-31T23:59:59.999"])
@pytest.mark.parametrize("query", ["", "interval=1d&limit=500"])
async def test_the_equity_of_a_session_of_impossible_years_is_answered(demo: House, ended: str, query: str) -> None:
    at = datetime.fromisoformat(ended).replace(tzinfo=UTC)
    far = succeed(demo.store, None, Session("", "Far", "", "elsewhere", 8453, Decimal(1), at), at)
    archive(demo.store, far.id, at)
    assert (await got(f"/equity?session={far.id}&{query}")) == {"items": [], "next_cursor": None}


async def test_an_archive_that_held_nothing_was_worth_its_cash(tmp_path: Path, clock: FakeClock) -> None:
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        await placed(amount_usd="100")
        await minutes(house, clock, 2)
        await placed(side="sell", share_pct="100")
        await minutes(house, clock, 2)
        assert (await asked("POST", "/sessions", {})).status_code == 201
        audit = await got("/audit?session=s1")
        assert (audit["balanced"], audit["residuals"]["equity"]) == (True, "0")
        (last,) = kept.marks(house.store, "s1")[-1:]
        kept.mark(house.store, [("s1", replace(last, equity=last.equity + 5))])
        audit = await got("/audit?session=s1")
        assert (audit["balanced"], audit["residuals"]["equity"]) == (False, "5")
        # What is left is from before the last trade, and says nothing of the end.
        with closing(sqlite3.connect(tmp_path / "drydock.db", isolation_level=None)) as other:
            other.execute("DELETE FROM equity WHERE at >= (SELECT max(at) FROM trades)")
        assert "equity" not in (await got("/audit?session=s1"))["residuals"]


async def tampered(tmp_path: Path, clock: FakeClock, *statements: str) -> dict[str, Any]:
    """The audit of a desk whose database somebody has changed behind its back."""
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH"), clock):
        await placed(amount_usd="100")
        await placed(amount_usd="200")
        assert (await got("/audit"))["balanced"] is True
        with closing(sqlite3.connect(tmp_path / "drydock.db", isolation_level=None)) as other:
            for statement in statements:
                other.execute(statement)
        audit = await got("/audit")
        assert audit["balanced"] is False
        return audit


async def test_an_entry_that_was_changed_is_noticed(tmp_path: Path, clock: FakeClock) -> None:
    doubled = "UPDATE entries SET postings = replace(postings, 'cash USD -', 'cash USD -1') WHERE number = 3"
    audit = await tampered(tmp_path, clock, doubled)
    assert audit["fault"] == "What follows entry 2 cannot be folded: entry 3 does not sum to zero."
    assert (audit["entries"], audit["residuals"]["books"]) == (2, None)


async def test_an_entry_that_is_missing_is_noticed(tmp_path: Path, clock: FakeClock) -> None:
    audit = await tampered(tmp_path, clock, "DELETE FROM entries WHERE number = 3")
    assert audit["fault"] is None
    assert Decimal(audit["residuals"]["memory"]) > 200


async def test_a_trade_that_is_missing_is_noticed(tmp_path: Path, clock: FakeClock) -> None:
    audit = await tampered(tmp_path, clock, "DELETE FROM trades WHERE number = 2")
    assert {name for name, residual in audit["residuals"].items() if residual != "0"} == {"trades"}
    assert audit["residuals"]["trades"] == "1"
