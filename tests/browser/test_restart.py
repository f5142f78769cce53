"""The server's sudden death in a browser: an open page is visibly offline, and live again by itself."""

import threading
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Slip, live_on
from tests.browser.server import Desk
from tests.browser.tabs import Tabs, until
from tests.double import Double

pytestmark = pytest.mark.browser

OFFLINE = "Drydock itself cannot be reached."


class Stopwatch:
    """Notes when the desk first answers, while the browser is watched."""

    def __init__(self, desk: Desk) -> None:
        self.answered = 0.0
        self._desk = desk
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        until(self._desk.answers, "the desk answers again")
        self.answered = time.monotonic()

    def since(self) -> float:
        """Seconds since the first answer."""
        now = time.monotonic()
        self._thread.join()
        return now - self.answered


def test_a_killed_server_leaves_the_page_offline_and_a_restarted_one_makes_it_live_without_a_reload(
    launch: Slip, double: Double, tabs: Tabs
) -> None:
    desk = launch(live_on(double))
    tab = tabs.open(desk.url, leaves=True).until_live().until_drawn()
    tab.row("LINK").click()
    tab.page.get_by_role("button", name="15m", exact=True).click()
    expect(tab.candles).to_have_attribute("data-key", "live|LINK|e196|15m")
    tab.until_state("WETH", "live")
    tab.page.evaluate("window.neverReloaded = true")

    desk.kill()
    expect(tab.badge).to_have_text("OFFLINE")
    expect(tab.badge).to_have_attribute("data-kind", "offline")
    expect(tab.banner("down")).to_contain_text(OFFLINE)
    expect(tab.health).to_have_text("not connected")
    expect(tab.health).to_have_attribute("data-kind", "down")
    for name in ("add-token", "arm", "side-buy", "side-sell", "ticket-place"):
        expect(tab.find(f"#{name}")).to_be_disabled()
    expect(tab.page.get_by_role("button", name="remove")).to_be_disabled()
    expect(tab.find("#agree")).to_have_text("")
    # Without a server nothing can be live, however young; and every price goes on ageing.
    for key in ("WETH", "cbBTC", "AERO", "LINK", "VIRTUAL", "DEGEN"):
        tab.until_state(key, "delayed")
    age = tab.trust("WETH").inner_text()
    expect(tab.trust("WETH")).not_to_have_text(age)
    expect(tab.price("WETH")).to_have_text("2,512.40")
    double.set_price("weth", "2517.65")

    desk.launch()
    watch = Stopwatch(desk)
    tab.until_live()
    back = watch.since()
    expect(tab.price("WETH")).to_have_text("2,517.65")
    tab.until_state("WETH", "live")
    priced = watch.since()
    print(f"live again {back:.1f} s, with the new price {priced:.1f} s after the first answer of /api/health")
    expect(tab.banner("down")).to_have_count(0)
    expect(tab.candles).to_have_attribute("data-key", "live|LINK|e196|15m")
    assert tab.page.evaluate("window.neverReloaded") is True
    assert back < 10
    double.set_price("chainlink", "13.482")
    expect(tab.find("#chart-price")).to_have_text("13.482")
    expect(tab.candles).to_have_attribute("data-last", "13.482")


def test_prices_of_a_server_that_stays_away_become_stale(launch: Slip, double: Double, tabs: Tabs) -> None:
    desk = launch(live_on(double))
    tab = tabs.blank(desk.url, leaves=True)
    tab.page.clock.install()
    tab.goto("/").until_drawn().until_live().until_state("WETH", "live")
    desk.kill()
    expect(tab.badge).to_have_text("OFFLINE")
    tab.until_state("WETH", "delayed")
    tab.page.clock.fast_forward("06:00")
    tab.until_state("WETH", "stale")
    tab.until_state("DEGEN", "stale")
    expect(tab.find("#chart-age")).to_have_attribute("data-state", "stale")
