"""What a tick costs on the way to a browser: few bytes, even for a long watchlist with the chart open."""

from itertools import pairwise
from statistics import median

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Slip
from tests.browser.dealings import opened, order
from tests.browser.server import Desk
from tests.browser.tabs import Tab, Tabs, until

pytestmark = pytest.mark.browser

TWENTY = (
    "WETH,USDC,USDbC,USDT,DAI,EURC,cbBTC,WBTC,cbETH,wstETH,weETH,LINK,UNI,AAVE,COMP,AERO,VIRTUAL,MORPHO,BRETT,DEGEN"
)
MOST_BYTES = 2048


@pytest.fixture(scope="module")
def desk(launch: Slip) -> Desk:
    """A simulated desk with twenty tokens."""
    return opened(launch({"DRYDOCK_MARKET": "demo", "DRYDOCK_WATCHLIST": TWENTY}))


def size(frame: str | bytes) -> int:
    return len(frame.encode() if isinstance(frame, str) else frame)


def ticks_of(tab: Tab) -> list[int]:
    """The bytes of a dozen ticks in a row, since the past of all tokens was sent."""

    def begun() -> list[int]:
        # Playwright hears of frames only while it is asked for something.
        tab.price("WETH").inner_text()
        past = max(place for place, frame in enumerate(tab.frames) if "history_rx_state_" in str(frame))
        return [place for place, frame in enumerate(tab.frames) if place > past and "quotes_rx_state_" in str(frame)]

    until(lambda: len(begun()) > 12, "a dozen ticks in a row without a history", seconds=240)
    return [sum(map(size, tab.frames[one:other])) for one, other in pairwise(begun())]


def test_a_tick_of_twenty_prices_with_the_chart_open_is_at_most_two_kilobytes(desk: Desk, tabs: Tabs) -> None:
    tab = tabs.open(desk.url).until_drawn().until_state("DEGEN", "live")
    assert tab.find("[data-token]").count() == 20
    costs = ticks_of(tab)
    print(f"bytes of a tick of 20 prices: median {median(costs):.0f}, all {sorted(costs)}")
    assert median(costs) <= MOST_BYTES


def test_a_tick_with_five_positions_among_twenty_prices_is_at_most_two_kilobytes(desk: Desk, tabs: Tabs) -> None:
    for token in ("WETH", "cbBTC", "LINK", "AERO", "DEGEN"):
        order(desk, "buy", token, amount_usd="100")
    tab = tabs.open(desk.url).until_drawn().until_state("DEGEN", "live")
    expect(tab.find("[data-position]")).to_have_count(5)
    costs = ticks_of(tab)
    print(f"bytes of a tick of 20 prices and 5 positions: median {median(costs):.0f}, all {sorted(costs)}")
    assert median(costs) <= MOST_BYTES
