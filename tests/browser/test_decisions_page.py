"""The pages of decisions and of the log in a browser: filters, what is laid open or nearest, the file, the tail."""

import csv
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Slip
from tests.browser.dealings import opened
from tests.browser.server import Desk
from tests.browser.tabs import PHONE, Tab, Tabs, until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(launch: Slip) -> Desk:
    """A simulated desk whose bot has decided on each of its tokens."""
    found = opened(
        launch({"DRYDOCK_MARKET": "demo", "DRYDOCK_WATCHLIST": "WETH,LINK", "DRYDOCK_BOT_TICK_SECONDS": "1"})
    )
    move(found, 4)
    until(lambda: len(found.get("/api/decisions").json()["items"]) >= 2, "a decision about each token")
    return found


def move(desk: Desk, level: int) -> None:
    """Move the slider, which is a decision about every token."""
    assert httpx.put(f"{desk.url}/api/bot/level", json={"level": level}, timeout=30).status_code == 200


def page_of(desk: Desk, tabs: Tabs, size: tuple[int, int] = (1440, 900)) -> Tab:
    tab = tabs.open(desk.url, "/decisions", size=size)
    expect(rows(tab).first).to_be_visible()
    return tab


def rows(tab: Tab) -> Locator:
    return tab.find("#decisions tr[data-decision]")


def test_a_decision_says_when_what_why_and_what_the_ten_levels_made_of_it(desk: Desk, tabs: Tabs) -> None:
    row = rows(page_of(desk, tabs)).first
    expect(row).to_contain_text(re.compile("WETH|LINK"))
    expect(row.locator(".ten > span")).to_have_count(10)
    expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile("level 1 [A-Z]+, .*level 10 [A-Z]+"))
    expect(row.locator(".after").last).to_have_attribute("title", "So much time has not passed yet.")


def test_new_decisions_appear_and_neither_the_filter_nor_what_is_open_is_lost(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    tab.find('[data-filter="token"]').select_option(label="LINK")
    expect(tab.find("#decisions")).not_to_contain_text("WETH")
    rows(tab).first.click()
    expect(tab.find("#laid")).to_contain_text("Price is live")
    expect(tab.find("#laid .opinions tbody tr")).to_have_count(10)
    before, laid = rows(tab).count(), tab.kept(tab.find("tr:has(+ .laid-row)"), "data-decision")
    move(desk, 7)
    expect(rows(tab)).to_have_count(before + 1)
    expect(rows(tab).first).to_contain_text("LINK")
    expect(tab.find("tr:has(+ .laid-row)")).to_have_attribute("data-decision", laid)
    tab.find('[aria-expanded="true"]').click()
    expect(tab.find("#laid")).to_have_count(0)


def test_filters_are_the_servers_and_are_taken_away_at_once(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    tab.page.get_by_label("Verdict").select_option("SELL")
    expect(tab.find(".nothing")).to_have_text("No decision fits these filters.")
    tab.page.get_by_label("First failed").select_option(label="Patience")
    tab.page.get_by_role("button", name="Clear").click()
    expect(rows(tab).first).to_be_visible()
    expect(tab.page.get_by_label("First failed")).to_have_value("")


def test_the_switch_shows_what_is_nearest_to_a_purchase_now(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    switch = tab.page.get_by_role("switch", name="Closest to trading now")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(rows(tab)).to_have_count(2)
    expect(rows(tab).first).to_contain_text(re.compile("condition"))
    rows(tab).last.get_by_role("button").press("Enter")
    expect(tab.find("#laid")).to_contain_text("Price is live")
    switch.click()
    expect(tab.page.get_by_label("Verdict")).to_be_visible()
    expect(tab.find("#laid")).to_have_count(0)


def test_the_file_holds_what_the_filters_leave(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    tab.find('[data-filter="token"]').select_option(label="LINK")
    expect(tab.find("#decisions")).not_to_contain_text("WETH")
    with tab.page.expect_download() as download:
        tab.find("#decisions-csv").click()
    assert download.value.suggested_filename == "drydock-decisions-s1.csv"
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        assert {row["symbol"] for row in csv.DictReader(file)} == {"LINK"}


def test_the_page_fits_a_phone_with_a_decision_open(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs, PHONE)
    rows(tab).first.get_by_role("button").click()
    expect(tab.find("#laid")).to_be_visible()
    assert tab.width() <= PHONE[0]


def test_the_log_shows_what_the_desk_says_as_it_says_it_and_what_is_searched_for(desk: Desk, tabs: Tabs) -> None:
    tab = tabs.open(desk.url, "/log", size=PHONE)
    lines, page = tab.find("#log-lines li[data-line]"), tab.page
    page.get_by_role("button", name="DECISION").click()
    expect(tab.find('#log-lines li[data-line]:not([data-tag="DECISION"])')).to_have_count(0)
    tab.find("#log-search").fill("TOKEN=link")
    expect(tab.find("#log-lines li", has_text="token=WETH")).to_have_count(0)
    newest = int(tab.kept(lines.first, "data-line"))
    move(desk, 6)
    expect(lines.first).not_to_have_attribute("data-line", str(newest))
    expect(lines.first).to_contain_text(re.compile("token=LINK .*level=6"))
    expect(tab.find(f'#log-lines [data-line="{newest}"]')).to_have_count(1)
    tab.find("#log-pause").click()
    held = tab.kept(lines.first, "data-line")
    move(desk, 8)
    expect(tab.find("#log-pause")).to_have_text("paused: 1 new line")
    expect(lines.first).to_have_attribute("data-line", held)
    tab.find("#log-pause").click()
    expect(lines.first).to_contain_text("level=8")
    page.get_by_role("button", name="Error").click()
    expect(tab.find(".log-panel .nothing")).to_contain_text("No line fits this.")
    page.get_by_role("button", name="Show all").click()
    expect(tab.find("#log-search")).to_have_value("")
    expect(tab.find('#log-lines li[data-line]:not([data-tag="DECISION"])').first).to_be_visible()
    assert tab.width() <= PHONE[0]
