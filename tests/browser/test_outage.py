"""Outages in a browser: a source that fails turns its chip and the top bar, all of them the whole desk; and back."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.dealings import order
from tests.browser.server import Desk
from tests.browser.tabs import Tabs
from tests.double import Double, Mischief

pytestmark = pytest.mark.browser

ALL_LIVE = "7 of 7 sources live"
ONE_SHORT = "6 of 7 sources live"
FAILING = re.compile(r"^(down|resting)$")


def test_a_sources_outage_and_recovery_turn_its_chip_and_the_top_bar(desk: Desk, double: Double, tabs: Tabs) -> None:
    feed, floor = tabs.open(desk.url, "/feed").until_live(), tabs.open(desk.url).until_live()
    expect(feed.health).to_have_text(ALL_LIVE)
    expect(feed.pill("Kraken")).to_have_attribute("data-kind", "live")
    double.misbehave("kraken", Mischief.SERVER_ERROR)
    expect(feed.pill("Kraken")).to_have_attribute("data-kind", FAILING)
    for tab in (feed, floor):
        expect(tab.health).to_have_text(ONE_SHORT)
        expect(tab.health).to_have_attribute("data-kind", "some")
        expect(tab.badge).to_have_attribute("data-kind", "live")
    expect(feed.source("Kraken").locator(".faults")).to_contain_text(re.compile("500"))
    expect(feed.source("Kraken").locator('td[data-label="Breaker"]')).to_have_text("open")
    expect(feed.pill("Coinbase")).to_have_attribute("data-kind", "live")
    expect(floor.trust("WETH")).to_have_attribute("data-state", "live")
    double.behave()
    expect(feed.pill("Kraken")).to_have_attribute("data-kind", "live")
    for tab in (feed, floor):
        expect(tab.health).to_have_text(ALL_LIVE)
        expect(tab.health).to_have_attribute("data-kind", "live")


def test_a_source_that_asks_for_patience_rests_and_its_429s_are_counted(desk: Desk, double: Double, tabs: Tabs) -> None:
    feed = tabs.open(desk.url, "/feed").until_live()
    expect(feed.pill("Coinbase")).to_have_attribute("data-kind", "live")
    double.misbehave("coinbase", Mischief.RATE_LIMITED)
    expect(feed.pill("Coinbase")).to_have_attribute("data-kind", "resting")
    expect(feed.source("Coinbase").locator('td[data-label="Told to wait"]')).to_have_text(re.compile("^[1-9]"))


@pytest.mark.slow
def test_without_any_source_the_desk_says_no_feed_and_prices_age_until_it_is_back(
    desk: Desk, double: Double, tabs: Tabs
) -> None:
    floor, feed = tabs.open(desk.url).until_live(), tabs.open(desk.url, "/feed").until_live()
    floor.until_state("WETH", "live")
    order(desk, "buy", "WETH", amount_usd="1000")
    expect(floor.find("#not-live")).to_have_count(0)
    last = floor.price("WETH").inner_text()
    double.stop()
    for tab in (floor, feed):
        expect(tab.badge).to_have_text("NO FEED · Base")
        expect(tab.badge).to_have_attribute("data-kind", "down")
        # A second one tells of the nodes, once they have been asked.
        expect(tab.find('.banner[data-kind="down"]', "No source can be reached.")).to_have_count(1)
        expect(tab.health).to_have_text("0 of 7 sources live")
        expect(tab.health).to_have_attribute("data-kind", "down")
    for key in ("WETH", "AERO", "DEGEN"):
        floor.until_state(key, "delayed")
    expect(floor.find("#chart-age")).to_have_attribute("data-state", "delayed")
    # The last known price stays, and is called what it is.
    for tab in (floor, feed):
        expect(tab.find("#equity #not-live")).to_have_text(re.compile("^100 % not live: 100 % of what is held"))
    expect(floor.price("WETH")).to_have_text(last)
    late = tabs.open(desk.url)
    expect(late.badge).to_have_text("NO FEED · Base")
    expect(late.price("WETH")).to_have_text(last)
    late.until_state("WETH", "delayed")
    double.start()
    double.set_price("weth", "2519.35")
    for tab in (floor, late):
        tab.until_live()
        expect(tab.banner("down")).to_have_count(0)
        expect(tab.price("WETH")).to_have_text("2,519.35")
        tab.until_state("WETH", "live")
        tab.until_state("DEGEN", "live")
        expect(tab.find("#not-live")).to_have_count(0)
    expect(feed.badge).to_have_text("LIVE · Base")
