"""What a tick costs on the way to a browser: few bytes, even for a long watchlist with the chart open."""

from itertools import pairwise
from statistics import median

import pytest

from tests.browser.conftest import Slip
from tests.browser.tabs import Tabs, until

pytestmark = pytest.mark.browser

TWENTY = (
    "WETH,USDC,USDbC,USDT,DAI,EURC,cbBTC,WBTC,cbETH,wstETH,weETH,LINK,UNI,AAVE,COMP,AERO,VIRTUAL,MORPHO,BRETT,DEGEN"
)
MOST_BYTES = 2048


def size(frame: str | bytes) -> int:
    return len(frame.encode() if isinstance(frame, str) else frame)


def test_a_tick_of_twenty_prices_with_the_chart_open_is_at_most_two_kilobytes(launch: Slip, tabs: Tabs) -> None:
    desk = launch({"DRYDOCK_MARKET": "demo", "DRYDOCK_WATCHLIST": TWENTY})
    tab = tabs.open(desk.url).until_drawn().until_state("DEGEN", "live")
    assert tab.find("[data-token]").count() == 20

    def ticks() -> list[int]:
        """Where the frames of each tick begin, since the past of all tokens was sent."""
        tab.price("WETH").inner_text()
        past = max(place for place, frame in enumerate(tab.frames) if "history_rx_state_" in str(frame))
        return [place for place, frame in enumerate(tab.frames) if place > past and "quotes_rx_state_" in str(frame)]

    until(lambda: len(ticks()) > 12, "a dozen ticks in a row without a history", seconds=240)
    begun = ticks()
    costs = [sum(map(size, tab.frames[one:other])) for one, other in pairwise(begun)]
    print(f"bytes of a tick of 20 prices: median {median(costs):.0f}, all {sorted(costs)}")
    assert len(costs) >= 12
    assert median(costs) <= MOST_BYTES
