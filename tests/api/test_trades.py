"""Trades over REST: filtered, paged, never stale, and as CSV that no program for tables would run."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from app.runtime.house import House
from app.store.trades import measured
from tests.api.ledger import asked, got, pit_of, placed, pools, previewed, refused
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import opened_house
from tests.store.trading_day import fill

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = 640


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def busy(tmp_path_factory: pytest.TempPathFactory, clock: FakeClock) -> AsyncIterator[House]:
    """A desk whose session has made many trades of six tokens."""
    folder = tmp_path_factory.mktemp("busy")
    settings = settings_of(folder, market="demo", starting_balance=1_000_000)
    async with opened_house(settings, clock) as house:
        fill(house.store, MANY, pit_of(house).session.id)
        pit_of(house).desk.rounds.open(pit_of(house).session.id)
        house.bell.ring()
        yield house


async def every(query: str = "", limit: int = 500) -> list[dict[str, Any]]:
    """All trades that a query finds, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await got(f"/trades?limit={limit}&cursor={cursor}&{query}")
        assert len(page["items"]) <= limit
        found += page["items"]
        cursor = page["next_cursor"]
    return found


async def test_trades_come_newest_first_and_pages_leave_none_out_and_none_twice(busy: House) -> None:
    found = await every(limit=100)
    numbers = [int(trade["id"].rpartition("-")[2]) for trade in found]
    assert numbers == list(range(MANY + 1, 1, -1))
    assert found == await every(limit=500)
    assert len((await got("/trades"))["items"]) == 50


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("symbol=WETH", lambda trade: trade["symbol"] == "WETH"),
        ("symbol=weth", lambda trade: trade["symbol"] == "WETH"),
        ("symbol=0x4200000000000000000000000000000000000006", lambda trade: trade["symbol"] == "WETH"),
        ("side=sell", lambda trade: trade["side"] == "sell"),
        ("status=reverted", lambda trade: trade["status"] == "reverted"),
        ("origin=bot&side=buy", lambda trade: (trade["origin"], trade["side"]) == ("bot", "buy")),
        ("since=2026-06-01T00:30:00Z", lambda trade: trade["at"] >= "2026-06-01T00:30"),
        ("until=2026-06-01T02:30:00%2B02:00", lambda trade: trade["at"] < "2026-06-01T00:30"),
    ],
)
async def test_a_filter_finds_what_fits_and_nothing_else(busy: House, query: str, fits: Any) -> None:
    found, all_ = await every(query, 77), await every()
    assert found == [trade for trade in all_ if fits(trade)]
    assert 0 < len(found) < MANY


async def test_a_filter_that_fits_nothing_finds_nothing(busy: House) -> None:
    assert await every("symbol=0x0000000000000000000000000000000000000001") == []
    assert await every("since=2030-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("symbol=NOPE", 404, "unknown_token"),
        ("symbol=", 404, "unknown_token"),
        ("symbol=%00", 404, "unknown_token"),
        ("session=s9", 404, "unknown_session"),
        ("session=", 404, "unknown_session"),
        ("session=%00", 404, "unknown_session"),
        (f"session={'s' * 5000}", 404, "unknown_session"),
        ("side=BUY", 422, "malformed"),
        ("side=", 422, "malformed"),
        ("status=open", 422, "malformed"),
        ("origin=me", 422, "malformed"),
        ("since=yesterday", 422, "malformed"),
        ("since=2026-06-01T00:00:00", 422, "malformed"),
        ("since=2026-06-01", 422, "malformed"),
        ("since=1780272000", 422, "malformed"),
        ("until=0001-01-01T00:00:00%2B14:00", 422, "malformed"),
        ("until=9999-12-31T23:59:59-14:00", 422, "malformed"),
        ("until=", 422, "malformed"),
    ],
)
@pytest.mark.parametrize("path", ["/trades", "/trades.csv"])
async def test_a_filter_that_is_none_is_refused(busy: House, path: str, query: str, status: int, code: str) -> None:
    assert refused(await asked("GET", f"{path}?{query}")) == (status, code)


async def test_the_earliest_and_the_latest_times_are_times(busy: House) -> None:
    assert len(await every("since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z")) == MANY


async def test_the_csv_has_every_trade_in_order_with_the_same_figures(busy: House) -> None:
    answer = await asked("GET", "/trades.csv/")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="drydock-trades-s1.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    wanted = [{name: "" if v is None else str(v) for name, v in trade.items()} for trade in reversed(await every())]
    assert rows == wanted


async def test_the_csv_of_a_filter_has_what_the_list_has(busy: House) -> None:
    answer = await asked("GET", "/trades.csv?symbol=WETH&side=sell")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["id"] for row in reversed(rows)] == [trade["id"] for trade in await every("symbol=WETH&side=sell")]
    nothing = await asked("GET", "/trades.csv?since=2030-01-01T00:00:00Z")
    assert len(list(csv.reader(io.StringIO(nothing.text)))) == 1


HOSTILE = [
    '=HYPERLINK("http://evil.example","x")', "+1+1", "-2+3", "@SUM(1)", "\t=1", " =1", "＝1",
    'a"quote, a comma\nand a line',
]  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_text_that_a_program_for_tables_would_run_is_held_back(demo: House, hostile: str) -> None:
    async with pools(demo, source=hostile):
        taken = await placed(amount_usd="10")
    rows = list(csv.DictReader(io.StringIO((await asked("GET", "/trades.csv")).text, newline="")))
    (shown,) = [row["quote_source"] for row in rows if row["id"] == taken["trade"]["id"]]
    assert shown == (hostile if hostile.startswith("a") else f"'{hostile}")


async def test_an_order_id_is_held_back_too_and_a_number_below_zero_is_none(demo: House) -> None:
    taken = await placed(order_id="=1+1", amount_usd="10")
    await placed(side="sell", share_pct="100")
    rows = list(csv.DictReader(io.StringIO((await asked("GET", "/trades.csv")).text)))
    assert [row["order_id"] for row in rows if row["id"] == taken["trade"]["id"]] == ["'=1+1"]
    assert float(rows[-1]["realized_pnl"]) < 0


async def test_a_page_that_was_shown_is_made_anew_once_there_is_a_trade(demo: House) -> None:
    for _ in range(3):
        before = await every()
        taken = await placed(amount_usd="10")
        assert (await every())[0] == (await got("/trades?limit=1"))["items"][0] == taken["trade"]
        assert len(await every()) == len(before) + 1


async def test_a_fill_error_is_shown_once_it_was_measured(demo: House, clock: FakeClock) -> None:
    taken = await placed(amount_usd="10")
    assert (await every())[0]["fill_error_bps"] is None
    measured(demo.store, taken["trade"]["id"], Decimal("1.25"), Decimal("-2"))
    demo.bell.ring()
    found = (await every())[0]
    assert (found["fill_error_bps"], found["fill_error_30s_bps"]) == ("1.25", "-2")


async def test_a_trade_says_what_it_cost_and_where_it_came_from(demo: House, clock: FakeClock) -> None:
    offer = await previewed(amount_usd="100")
    trade = (await placed(amount_usd="100"))["trade"]
    assert {name: trade[name] for name in ("price", "mid_price", "fee_usd", "impact_usd", "gas_usd", "value")} == {
        name: offer[name] for name in ("price", "mid_price", "fee_usd", "impact_usd", "gas_usd", "value")
    }
    assert (trade["grade"], trade["quote_source"], trade["block_number"]) == ("C", offer["source"], None)
    assert (trade["origin"], trade["status"], trade["decision_id"]) == ("api", "filled", None)
    assert datetime.fromisoformat(trade["at"]) == clock.utc
