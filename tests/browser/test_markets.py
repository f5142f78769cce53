"""The markets in a browser: invented and recorded ones say what they are, and `auto` offers the way back to live."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Slip, live_on
from tests.browser.server import ROOT, Desk
from tests.browser.tabs import PHONE, Tab, Tabs, until
from tests.double import Double, dead_port

pytestmark = pytest.mark.browser

PAGES = ("/", "/feed")
RECORDED = ROOT.parent / "shared" / "data" / "WETH_USDC_polygon_univ3_1m_2023-08-13_17.csv"


def written(path: Path, minutes: int) -> Path:
    """A recording of so many bars of a minute that rise by a dollar each; one row twice, one of them nonsense."""
    began = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
    lines = ["timestamp,open,high,low,close,volume"]
    for minute in range(minutes):
        at, price = began + timedelta(minutes=minute), 2000 + minute
        lines.append(f"{at.isoformat()},{price},{price + 2},{price - 1},{price + 1},{1000 + minute}")
    lines += [lines[5], f"{began.isoformat()},2000,abc,1999,2001,1"]
    path.write_text("\n".join(lines) + "\n")
    return path


def moves(tab: Tab, times: int) -> list[str]:
    """Waits until the price of WETH has moved so often; what was shown."""
    seen = tab.follow('[data-token="WETH"] .price')
    tab.until_drawn()
    until(lambda: len(seen()) > times, "the price moves")
    return seen()


def fits_a_phone(tabs: Tabs, desk: Desk) -> None:
    """No page of this market scrolls sideways, however much there is to say of it."""
    for path in PAGES:
        tab = tabs.open(desk.url, path, size=PHONE)
        expect(tab.health).not_to_be_empty()
        assert tab.width() <= PHONE[0]


def test_a_demo_says_on_every_page_that_nothing_is_real_and_moves(launch: Slip, tabs: Tabs) -> None:
    desk = launch({"DRYDOCK_MARKET": "demo"})
    for path in PAGES:
        tab = tabs.open(desk.url, path)
        expect(tab.badge).to_have_text("SIMULATED · Base")
        expect(tab.badge).to_have_attribute("data-kind", "demo")
        expect(tab.banner("demo")).to_contain_text("SIMULATED")
        expect(tab.banner("demo")).to_contain_text("Nothing here is a real price.")
        expect(tab.find("#go-live")).to_have_count(0)
        expect(tab.health).to_have_text("simulated prices")
    fits_a_phone(tabs, desk)
    tab = tabs.open(desk.url).until_state("WETH", "live")
    assert len(set(moves(tab, 3))) > 2
    expect(tab.find("#agree")).to_have_text("simulated")


def test_a_replay_shows_the_recorded_market_moving_says_what_it_dropped_and_ends(
    launch: Slip, tabs: Tabs, tmp_path: Path
) -> None:
    recording = written(tmp_path / "small.csv", minutes=48)
    desk = launch({"DRYDOCK_MARKET": f"replay:{recording}", "DRYDOCK_REPLAY_SPEED": "240"})
    tab = tabs.open(desk.url)
    expect(tab.badge).to_have_text(re.compile("^REPLAY · Base"))
    expect(tab.banner("note")).to_contain_text("RECORDED")
    expect(tab.banner("note")).to_contain_text("small.csv: 48 bars of 1 min for WETH")
    expect(tab.banner("note")).to_contain_text("rows dropped: 2")
    expect(tab.find("#add-token")).to_have_count(0)
    seen = moves(tab, 3)
    assert seen == sorted(seen)
    assert tabs.open(desk.url, "/feed").banner("note").inner_text().startswith("RECORDED")
    expect(tab.badge).to_have_text("REPLAY · Base · ended")
    expect(tab.price("WETH")).to_have_text("2,048.00")
    expect(tab.candles).to_have_attribute("data-last", "2048.00")
    expect(tab.candles).to_have_attribute("data-bars", "48")
    later = tabs.open(desk.url)
    expect(later.candles).to_have_attribute("data-bars", "48")
    expect(later.candles).to_have_attribute("data-last", "2048.00")


def test_a_real_recording_moves_at_its_own_speed(launch: Slip, tabs: Tabs) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded market data is not beside the project")
    desk = launch({"DRYDOCK_MARKET": f"replay:{RECORDED}", "DRYDOCK_REPLAY_SPEED": "6000", "DRYDOCK_CHAIN_ID": "137"})
    tab = tabs.open(desk.url)
    expect(tab.badge).to_have_text("REPLAY · Polygon")
    expect(tab.banner("note")).to_contain_text("rows dropped: 0")
    expect(tab.health).to_contain_text("Aug 2023")
    expect(tab.health).to_contain_text("6,000×")
    seen = moves(tab, 5)
    fits_a_phone(tabs, desk)
    assert all(1_500 < float(price.replace(",", "")) < 2_000 for price in seen)
    tab.until_state("WETH", "live")


@pytest.mark.slow
def test_auto_without_a_source_is_a_demo_that_says_why_and_one_click_from_live_when_it_is_back(
    launch: Slip, tabs: Tabs
) -> None:
    with dead_port() as port:
        double = Double(port=port)
        desk = launch(live_on(double, DRYDOCK_MARKET="auto"))
        tab, feed = tabs.open(desk.url), tabs.open(desk.url, "/feed")
        for each in (tab, feed):
            expect(each.badge).to_have_text("SIMULATED · Base")
            expect(each.banner("demo")).to_contain_text(re.compile(r"No price source answered at \d\d:\d\d UTC"))
            expect(each.find("#go-live")).to_have_count(0)
        tab.until_state("WETH", "live")
    with double:
        for each in (tab, feed):
            expect(each.find("#go-live")).to_be_visible(timeout=60_000)
            # It is an offer: nothing has been swapped.
            expect(each.badge).to_have_text("SIMULATED · Base")
        tab.find("#go-live").click()
        for each in (tab, feed):
            expect(each.badge).to_have_text("LIVE · Base")
            expect(each.banner("demo")).to_have_count(0)
            expect(each.find("#go-live")).to_have_count(0)
        expect(tab.price("WETH")).to_have_text("2,512.40")
        tab.until_state("WETH", "live").until_drawn()
        expect(tab.candles).to_have_attribute("data-key", re.compile("^live"))
        expect(feed.pill("DexScreener")).to_have_attribute("data-kind", "live")
        expect(feed.source("Simulated market")).to_have_count(0)
        double.set_price("weth", "2515.35")
        expect(tab.price("WETH")).to_have_text("2,515.35")
