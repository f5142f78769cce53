"""The live desk in a browser: a tick reaches every tab, the chart follows it, and a wrong price never shows."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.server import Desk
from tests.browser.tabs import Tab, Tabs, until
from tests.double import Double, Mischief

pytestmark = pytest.mark.browser

MANY = re.compile(r"^(9\d|\d{3,})$")
WETH = '[data-token="WETH"] .price'


def view_of(tab: Tab) -> tuple[int, int]:
    """What the chart shows, from and to, in ms."""
    start, end = tab.kept(tab.candles, "data-view").split(",")
    return int(start), int(end)


def test_every_watched_token_has_a_live_price_and_the_badge_says_live(desk: Desk, double: Double, tabs: Tabs) -> None:
    tab = tabs.open(desk.url).until_live()
    expect(tab.badge).to_have_text("LIVE · Base")
    expect(tab.health).to_have_text("7 of 7 sources live")
    for key in ("WETH", "cbBTC", "AERO", "LINK", "VIRTUAL", "DEGEN"):
        tab.until_state(key, "live")
    expect(tab.price("WETH")).to_have_text("2,512.40")
    expect(tab.price("DEGEN")).to_have_text("0.003216")
    expect(tab.find("#agree")).to_contain_text("agree")


def test_two_tabs_see_the_same_ticks_in_the_same_order(desk: Desk, double: Double, tabs: Tabs) -> None:
    both = [tabs.open(desk.url).until_live() for _ in range(2)]
    for tab in both:
        expect(tab.price("WETH")).to_have_text("2,512.40")
    followed = [tab.follow(WETH) for tab in both]
    for price in ("2,513.10", "2,515.85", "2,511.60", "2,512.40"):
        double.set_price("weth", price.replace(",", ""))
        for tab in both:
            expect(tab.price("WETH")).to_have_text(price)
    assert [seen() for seen in followed] == [["2,512.40", "2,513.10", "2,515.85", "2,511.60", "2,512.40"]] * 2


def test_the_last_candle_follows_the_tick_without_a_reload_and_keeps_the_zoom(
    desk: Desk, double: Double, tabs: Tabs
) -> None:
    tab = tabs.open(desk.url).until_live().until_drawn()
    assert int(tab.kept(tab.candles, "data-bars")) > 100
    home = view_of(tab)
    tab.candles.hover()
    tab.page.mouse.wheel(0, -600)
    expect(tab.candles).not_to_have_attribute("data-view", f"{home[0]},{home[1]}")
    zoomed = view_of(tab)
    assert zoomed[1] - zoomed[0] < 0.8 * (home[1] - home[0])
    for price in ("2520.25", "2518.75", "2512.40"):
        double.set_price("weth", price)
        expect(tab.candles).to_have_attribute("data-last", price)
        expect(tab.find("#chart-price")).to_have_text(f"2,{price[1:]}")
    after = view_of(tab)
    # At the top of an hour the view moves on by one bar.
    assert after[1] - after[0] == pytest.approx(zoomed[1] - zoomed[0], abs=2)
    assert after[0] - zoomed[0] in (0, 3_600_000)


def test_the_chosen_token_and_interval_are_shown_and_survive_a_reload(desk: Desk, double: Double, tabs: Tabs) -> None:
    tab = tabs.open(desk.url).until_live().until_drawn()
    expect(tab.candles).to_have_attribute("data-key", "live|WETH|0006|1h")
    five = tab.page.get_by_role("button", name="5m", exact=True)
    five.click()
    expect(five).to_have_attribute("aria-pressed", "true")
    expect(tab.candles).to_have_attribute("data-key", "live|WETH|0006|5m")
    tab.row("LINK").click()
    expect(tab.row("LINK")).to_have_attribute("data-chosen", "true")
    expect(tab.row("WETH")).to_have_attribute("data-chosen", "false")
    expect(tab.find(".pair")).to_have_text("LINK / USD")
    expect(tab.candles).to_have_attribute("data-key", "live|LINK|e196|5m")
    expect(tab.candles).to_have_attribute("data-last", "13.425")
    tab.reload().until_live().until_drawn()
    expect(tab.find(".pair")).to_have_text("LINK / USD")
    expect(tab.candles).to_have_attribute("data-key", "live|LINK|e196|5m")
    expect(five).to_have_attribute("aria-pressed", "true")
    assert int(tab.kept(tab.candles, "data-bars")) > 100


def test_every_interval_has_a_past(desk: Desk, double: Double, tabs: Tabs) -> None:
    tab = tabs.open(desk.url).until_live()
    for interval in ("1m", "5m", "15m", "1h", "1d"):
        tab.page.get_by_role("button", name=interval, exact=True).click()
        expect(tab.candles).to_have_attribute("data-key", f"live|WETH|0006|{interval}")
        expect(tab.candles).to_have_attribute("data-bars", MANY)


def test_a_price_a_hundred_times_too_high_never_shows(desk: Desk, double: Double, tabs: Tabs) -> None:
    tab, feed = tabs.open(desk.url).until_live(), tabs.open(desk.url, "/feed").until_live()
    expect(tab.price("WETH")).to_have_text("2,512.40")
    shown = [tab.follow(WETH, "row"), tab.follow("#chart-price", "head")]
    errors = feed.source("DexScreener").locator('td[data-label="Errors"]')
    before = int(errors.inner_text().split()[0])
    double.forget_requests()
    double.misbehave("dexscreener", Mischief.HUNDREDFOLD, "weth")
    until(lambda: len(double.requests("dexscreener")) > 3, "the source is asked on")
    double.behave()
    double.set_price("weth", "2514.15")
    expect(tab.price("WETH")).to_have_text("2,514.15")
    double.set_price("weth", "2512.40")
    expect(tab.price("WETH")).to_have_text("2,512.40")
    for seen in shown:
        assert set(seen()) == {"2,512.40", "2,514.15"}
    until(lambda: int(errors.inner_text().split()[0]) > before, "the refused prices are counted as errors")


def test_a_disputed_price_says_so_and_heals(desk: Desk, double: Double, tabs: Tabs) -> None:
    tab = tabs.open(desk.url).until_live().until_state("WETH", "live")
    try:
        double.skew("coinbase", "weth", "1.05")
        tab.until_state("WETH", "disputed")
        expect(tab.find("#agree")).to_have_text("DexScreener and Coinbase disagree")
        for source, role in (("Coinbase", "differs"), ("Kraken", "agrees"), ("GeckoTerminal", "same group")):
            expect(tab.find(".readings tr", has_text=source).locator(".pill")).to_have_text(role)
        expect(tab.trust("cbBTC")).to_have_attribute("data-state", "live")
    finally:
        double.skew("coinbase", "weth", 1)
    tab.until_state("WETH", "live")
    expect(tab.find("#agree")).to_contain_text("agree")
