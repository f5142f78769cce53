"""The page of trades in a browser: filters, pages, a trade taken apart, and the file."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Slip
from tests.browser.dealings import opened, order
from tests.browser.server import Desk
from tests.browser.tabs import PHONE, Tab, Tabs

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(launch: Slip) -> Desk:
    """A simulated desk that has traded thirty times."""
    found = opened(launch({"DRYDOCK_MARKET": "demo"}))
    for _ in range(27):
        order(found, "buy", "WETH", amount_usd="10")
    order(found, "buy", "LINK", amount_usd="200")
    order(found, "sell", "LINK", share_pct="50")
    order(found, "sell", "LINK", share_pct="100")
    return found


def page_of(desk: Desk, tabs: Tabs, size: tuple[int, int] = (1440, 900)) -> Tab:
    tab = tabs.open(desk.url, "/trades", size=size)
    expect(tab.find("#which-trades")).to_have_text("1–25 of 30")
    return tab


def test_pages_and_filters_are_the_servers(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    rows = tab.find("#trades tr[data-trade]")
    expect(rows).to_have_count(25)
    tab.page.get_by_role("button", name="Older").click()
    expect(tab.find("#which-trades")).to_have_text("26–30 of 30")
    expect(rows).to_have_count(5)
    expect(tab.page.get_by_role("button", name="Older")).to_be_disabled()
    tab.page.get_by_label("Side").select_option("sell")
    expect(tab.find("#which-trades")).to_have_text("1–2 of 2")
    tab.page.get_by_label("Token").select_option(label="WETH")
    expect(tab.find(".nothing")).to_have_text("No trade fits these filters.")
    tab.page.get_by_role("button", name="Clear").click()
    expect(rows).to_have_count(25)
    tab.page.get_by_label("From").fill("2001-01-01")
    tab.page.get_by_label("To", exact=True).fill("2001-01-02")
    expect(tab.find(".nothing")).to_be_visible()


def test_a_trade_opens_to_what_it_cost_and_closes_again(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    details = tab.page.get_by_role("button", name="Details").first
    details.click()
    apart = tab.find("#apart")
    for part, words in (
        ("price", "Mid price"),
        ("costs", "Pool fee"),
        ("result", "Price move"),
        ("quote", "quote reckoned from reserves"),
    ):
        expect(apart.locator(f'[data-part="{part}"]')).to_contain_text(words)
    expect(tab.find('[aria-expanded="true"]')).to_have_count(1)
    tab.find('[aria-expanded="true"]').click()
    expect(apart).to_have_count(0)


def test_the_file_holds_what_the_filters_leave(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    tab.page.get_by_label("Token").select_option(label="LINK")
    expect(tab.find("#which-trades")).to_have_text("1–3 of 3")
    with tab.page.expect_download() as download:
        tab.find("#trades-csv").click()
    assert download.value.suggested_filename == "drydock-trades-s1.csv"
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["symbol"], row["side"]) for row in rows] == [("LINK", "buy"), ("LINK", "sell"), ("LINK", "sell")]


def test_a_new_trade_stands_on_the_page_by_itself(desk: Desk, tabs: Tabs) -> None:
    tab = tabs.open(desk.url, "/trades")
    count = tab.find("#which-trades")
    expect(count).to_have_text(re.compile("of 3"))
    before = int(count.inner_text().split()[-1])
    order(desk, "buy", "AERO", amount_usd="10")
    expect(count).to_have_text(f"1–25 of {before + 1}")
    expect(tab.find("#trades tr[data-trade]").first).to_contain_text("AERO")


def test_the_page_fits_a_phone_with_a_trade_open(desk: Desk, tabs: Tabs) -> None:
    tab = tabs.open(desk.url, "/trades", size=PHONE)
    tab.page.get_by_role("button", name="Details").first.click()
    expect(tab.find("#apart")).to_be_visible()
    assert tab.width() <= PHONE[0]
