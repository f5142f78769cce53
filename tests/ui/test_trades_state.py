"""Trades as views: pages of them, filters, and the file that is taken away."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.domain.orders import Side
from app.domain.trades import TradeStatus
from app.runtime.house import House
from app.store.trades import TradeFilter
from app.ui.outcomes import said_of_trade
from app.ui.state import trades
from app.ui.state.downloads import trades_file
from app.ui.state.trades import PAGE, RECENT, RecentState, TradesState, wanted_of
from tests.clock import FakeClock
from tests.runtime.houses import house_of
from tests.ui.dealings import bought, pit_of, sold
from tests.ui.tabs import Tab, call, demo_settings
from tests.ui.test_hostile_events import HOSTILE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def shown() -> TradesState:
    state = await Tab().get(TradesState)
    await call(state, "load")
    return state


async def test_the_newest_trades_stand_beside_the_chart_and_all_are_counted(own: House) -> None:
    await bought(own, "WETH", "500")
    for _ in range(RECENT):
        await sold(own, "WETH", "1")
    last = await sold(own, "WETH", "1")
    state = await Tab().get(RecentState)
    await call(state, "load")
    assert (len(state.rows), state.count, state.rows[0]["id"]) == (RECENT, RECENT + 2, last.id)


async def test_a_row_says_what_was_traded_at_which_price_and_cost(own: House) -> None:
    buy, sell = await bought(own, "WETH", "500"), await sold(own, "WETH", "100")
    rows = (await shown()).rows
    assert [(row["side"], row["symbol"], row["status"], row["origin"]) for row in rows] == [
        ("sell", "WETH", "filled", "hand"),
        ("buy", "WETH", "filled", "hand"),
    ]
    assert rows[1]["value"] == "500.00"
    assert rows[1]["price"].replace(",", "") == f"{buy.price:.2f}"
    assert (rows[1]["pnl"], rows[0]["pnl"][0]) == ("", "−")
    assert rows[0]["slippage"] == f"{sell.slippage_bps:.1f} bp"
    assert trades.row(replace(sell, slippage_bps=Decimal(5)))["slippage"] == "5.0 bp"


async def test_a_cost_of_a_trade_is_one_text_wherever_it_is_told(own: House) -> None:
    buy = replace(await bought(own, "WETH", "50"), fee_usd=Decimal("0.025"), gas_usd=Decimal("0.0124"))
    parts = {name: text for lines in trades.taken_apart(buy).values() for name, text, _ in lines}
    assert (parts["Pool fee"], parts["Gas"], trades.row(buy)["gas"]) == ("$0.025", "$0.012", "0.012")
    assert "fee $0.025" in said_of_trade(buy)[1] and "gas $0.012" in said_of_trade(buy)[1]


async def test_pages_are_turned_by_what_was_last_on_them_so_that_new_trades_move_nothing(own: House) -> None:
    await bought(own, "WETH", "500")
    for _ in range(2 * PAGE):
        await sold(own, "WETH", "1")
    state = await shown()
    assert (len(state.rows), state.first, state.older, state.newer, state.count) == (PAGE, 1, True, False, 2 * PAGE + 1)
    first = [row["id"] for row in state.rows]
    await call(state, "go_older")
    second = [row["id"] for row in state.rows]
    assert (state.first, state.older, state.newer) == (PAGE + 1, True, True)
    assert not set(first) & set(second)
    await sold(own, "WETH", "1")
    await trades.show_page(state)
    assert [row["id"] for row in state.rows] == second
    await call(state, "go_older")
    assert (len(state.rows), state.older) == (1, False)
    await call(state, "go_older")
    assert len(state.rows) == 1
    for _ in range(5):
        await call(state, "go_newer")
    assert (state.newer, state.first, state.rows[1]["id"]) == (False, 1, first[0])


async def test_filters_leave_what_fits_and_begin_at_the_first_page(own: House) -> None:
    weth, link = await bought(own, "WETH", "500"), await bought(own, "LINK", "500")
    await sold(own, "WETH", "50")
    state = await shown()
    assert state.tokens == [[link.token.key.address, "LINK"], [weth.token.key.address, "WETH"]]
    for name, value, left in (
        ("token", weth.token.key.address, 2),
        ("side", "sell", 1),
        ("status", "reverted", 0),
        ("status", "", 1),
        ("origin", "bot", 0),
        ("origin", "hand", 1),
        ("since", f"{weth.at:%Y-%m-%d}", 1),
        ("until", f"{weth.at:%Y-%m-%d}", 1),
        ("until", f"{weth.at - timedelta(days=1):%Y-%m-%d}", 0),
    ):
        await call(state, "narrow", name, value)
        assert (len(state.rows), state.count) == (left, left), (name, value)
    await call(state, "widen")
    assert (len(state.rows), set(state.wanted.values())) == (3, {""})


async def test_a_token_that_is_no_longer_watched_can_still_be_filtered_by(own: House) -> None:
    link = await bought(own, "LINK", "500")
    await sold(own, "LINK", "100")
    own.floor.watchlist.remove(link.token.key)
    assert (await shown()).tokens == [[link.token.key.address, "LINK"]]


async def test_another_session_begins_with_its_own_trades_and_no_filter(own: House) -> None:
    await bought(own, "WETH", "500")
    state = await shown()
    await call(state, "narrow", "side", "buy")
    state._session = "another"
    await trades.show_page(state)
    assert (len(state.rows), state.wanted["side"]) == (1, "")


async def test_nothing_that_a_browser_can_say_breaks_the_page(own: House) -> None:
    trade = await bought(own, "WETH", "500")
    tab = Tab()
    state = await tab.get(TradesState)
    await call(state, "load")
    for said in [*HOSTILE, "9999-12-31", "2026-02-30", "s1-99999999999", "other-1"]:
        for name in ("token", "side", "status", "origin", "since", "until", said):
            await call(state, "narrow", name, said)
        await call(state, "take_apart", said)
        assert (state.opened, len(state.rows)) == ("", 1), said
        tab.sent()
    await call(state, "take_apart", trade.id)
    assert state.opened == trade.id


async def test_the_last_day_of_a_filter_counts_whole() -> None:
    wanted = wanted_of(
        dict.fromkeys(("token", "side", "status", "origin"), "") | {"since": "2026-01-05", "until": "2026-01-05"}
    )
    assert wanted.since is not None and wanted.until is not None
    assert wanted.until - wanted.since == timedelta(days=1)


# -- taken apart


async def test_a_sale_is_taken_apart_into_parts_that_add_up(own: House) -> None:
    await bought(own, "WETH", "5000")
    sale = await sold(own, "WETH", "100")
    state = await shown()
    await call(state, "take_apart", sale.id)
    result = {line[0]: line[1] for line in state.result}
    assert list(result) == ["Price move", "Pool fee", "Price impact", "Realized", "Gas", "After gas"]
    cents = {name: Decimal(text.replace("−", "-").replace("$", "").replace(",", "")) for name, text in result.items()}
    assert sum(cents[name] for name in ("Price move", "Pool fee", "Price impact")) == pytest.approx(
        cents["Realized"], abs=Decimal("0.03")
    )
    assert sale.realized_pnl is not None
    assert cents["Realized"] == round(sale.realized_pnl, 2)
    assert [line[0] for line in state.costs] == ["Pool fee", "Price impact", "Gas", "Total cost"]
    quote = {line[0]: line[1] for line in state.quote}
    assert quote["Grade"] == "C · quote reckoned from reserves"
    assert (quote["Block"], quote["Fill error, next block"]) == ("none", "not measured")
    await call(state, "take_apart", sale.id)
    assert state.opened == ""


async def test_a_reverted_trade_was_charged_its_gas_and_says_why(own: House) -> None:
    trade = await bought(own, "WETH", "500")
    reverted = replace(
        trade, status=TradeStatus.REVERTED, reason="It gave too little.", block_number=123456, fill_error_bps=Decimal(3)
    )
    parts = trades.taken_apart(reverted)
    assert parts["costs"][0][2] == parts["costs"][1][2] == "not charged"
    assert parts["costs"][3][1] == parts["costs"][2][1]
    assert parts["result"][0][0] == "Gas lost"
    quote = {line[0]: line[1] for line in parts["quote"]}
    assert (quote["Block"], quote["Fill error, next block"], quote["Reason"]) == (
        "123,456",
        "3.0 bp worse",
        "It gave too little.",
    )
    assert parts["prices"][3][0] == "Would have been paid"


# -- taken away


async def test_where_the_api_is_open_the_file_is_the_apis_with_the_same_filter(own: House) -> None:
    weth = await bought(own, "WETH", "500")
    state = await shown()
    await call(state, "narrow", "side", "buy")
    await call(state, "narrow", "token", weth.token.key.address)
    await call(state, "narrow", "since", "2026-01-05")
    event = await trades_file(own, pit_of(own).session.id, wanted_of(state.wanted))
    assert event is not None
    said = {str(name): str(value) for name, value in event.args}
    address = said["url"].strip('"')
    assert urlsplit(address).path == "/api/trades.csv"
    assert parse_qs(urlsplit(address).query) == {
        "session": [pit_of(own).session.id],
        "symbol": [weth.token.key.address],
        "side": ["buy"],
        "since": ["2026-01-05T00:00:00Z"],
    }


async def test_where_a_password_closes_the_api_the_page_makes_the_file(tmp_path: Path, clock: FakeClock) -> None:
    async with house_of(demo_settings(tmp_path, password="open sesame"), clock) as house:
        await house.opened()
        await bought(house, "WETH", "500")
        event = await trades_file(house, pit_of(house).session.id, TradeFilter(side=Side.BUY))
        assert event is not None
        assert any("data:text/csv;base64," in str(value) for _, value in event.args)
