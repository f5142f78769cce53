"""The ticket in a browser: one click is one trade, an old click is none, and what is armed shows it."""

import re
import time

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import Slip
from tests.browser.dealings import anew, opened
from tests.browser.server import Desk
from tests.browser.tabs import PHONE, Tabs, until
from tests.browser.tickets import SIZES_UP, armed, offered, place, preset, toast

pytestmark = pytest.mark.browser


def about(dollars: int) -> re.Pattern[str]:
    """What is left of so many dollars: the invented chain's gas is less than half a cent, or more, by the hour."""
    return re.compile(rf"^(Cash )?\$({dollars:,}\.00|{dollars - 1:,}\.9\d)$")


@pytest.fixture(scope="module")
def invented(launch: Slip) -> Desk:
    """A desk on the invented market."""
    return opened(launch({"DRYDOCK_MARKET": "demo"}))


@pytest.fixture
def desk(invented: Desk) -> Desk:
    """That desk with a session of the test's own, where nothing has been traded."""
    return anew(invented)


def test_a_click_buys_at_the_previewed_price_and_a_double_click_buys_once(desk: Desk, tabs: Tabs) -> None:
    tab, other = offered(tabs.open(desk.url)), tabs.open(desk.url).until_drawn()
    for label in ("You receive", "At least", "Price impact", "Pool fee 0.05 %", "Gas (L2 + L1 data)", "Total cost"):
        expect(tab.find("#offer dt", has_text=label)).to_be_visible()
    expect(tab.find(".grade")).to_have_text("C")
    expect(tab.find("#offer .left")).to_have_text(re.compile(r"^\d+ s left$"))
    expect(tab.find("#books")).to_contain_text("balance ✓ 0.00")
    quantity = place(tab).inner_text().split()[1]
    place(tab).dblclick()
    expect(toast(tab, "filled")).to_have_count(1)
    expect(toast(tab, "filled")).to_contain_text(re.compile(r"Bought 0\.\d+ WETH for \$250\.00: fee \$0\.1\d\d,"))
    expect(toast(tab, "filled")).to_have_role("status")
    expect(tab.find("#cash .value")).to_have_text(about(9_750))
    expect(tab.find("#costs")).to_have_attribute(
        "title", re.compile(r"^gas \$0\.00\d+, pool fees \$0\.1\d, price impact")
    )
    expect(tab.find("#books")).to_contain_text("balance ✓ 0.00")
    expect(other.find("#cash .value")).to_have_text(about(9_750))
    expect(other.find("#purse")).to_have_text(about(9_750))
    # A toast goes by itself soon enough: that there is none is looked at once.
    assert other.find(".toast").count() == 0
    # The market moves on between the preview and the fill.
    bought = toast(tab, "filled").inner_text().split()[1]
    assert float(bought) == pytest.approx(float(quantity), rel=0.005)
    toast(tab, "filled").get_by_role("button", name="Dismiss").click()
    tab.page.wait_for_timeout(100)
    assert toast(tab, "filled").count() == 0


@pytest.mark.parametrize("fast_by_ms", [0, -20_000])
def test_what_has_been_said_is_not_said_again_by_another_page_or_a_reload(
    desk: Desk, tabs: Tabs, fast_by_ms: int
) -> None:
    tab = tabs.blank(desk.url)
    tab.page.add_init_script(f"const now = Date.now; Date.now = () => now() + {fast_by_ms};")
    offered(tab.goto("/"))
    place(tab).click()
    expect(toast(tab, "filled")).to_be_visible()
    expect(toast(tab, "filled")).to_have_count(0)
    tab.page.wait_for_timeout(1_000)
    seen = "window.seen = 0; new MutationObserver(() => (window.seen += document.querySelectorAll('.toast').length))"
    watch = f"{seen}.observe(document, {{subtree: true, childList: true}})"
    tab.page.evaluate(watch)
    tab.find(".topbar").get_by_role("link", name="Trades").click()
    expect(tab.find(".trades-panel")).to_be_visible()
    tab.find(".topbar").get_by_role("link", name="Desk").click()
    tab.until_drawn()
    assert tab.page.evaluate("window.seen") == 0
    tab.page.add_init_script(watch)
    tab.reload().until_drawn()
    expect(tab.find("#cash .value")).to_have_text(about(9_750))
    tab.page.wait_for_timeout(1_000)
    assert tab.find(".toast").count() == 0
    assert fast_by_ms or tab.page.evaluate("window.seen") == 0


def test_a_click_that_lay_about_while_the_desk_was_away_does_nothing_and_says_so(desk: Desk, tabs: Tabs) -> None:
    tab, held = tabs.blank(desk.url), list[str | bytes]()
    holding = False

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: held.append(message) if holding else server.send(message))
        sockets.append(server)

    sockets: list[WebSocketRoute] = []
    tab.page.route_web_socket(re.compile("/_event"), between)
    offered(tab.goto("/"))
    holding = True
    place(tab).click()
    tab.page.wait_for_timeout(6_500)
    holding = False
    for message in held:
        sockets[-1].send(message)
    expect(toast(tab, "refused").first).to_contain_text(
        re.compile(r"That click was made \d+ s ago, while the desk was")
    )
    expect(toast(tab, "refused").first).to_have_role("alert")
    expect(tab.find("#cash .value")).to_have_text("$10,000.00")


def test_a_preset_fills_in_and_trades_at_once_only_while_armed(desk: Desk, tabs: Tabs) -> None:
    tab = tabs.open(desk.url).until_drawn()
    preset(tab, "$50").click()
    expect(tab.find("#ticket-amount")).to_have_value("50")
    expect(place(tab)).to_have_text(SIZES_UP)
    armed(tab)
    expect(tab.find("#ticket")).to_have_attribute("data-armed", "true")
    expect(tab.find(".armed-note")).to_have_text("The amounts below and B trade at once; S only turns to selling.")
    expect(tab.find("#armed-chip")).to_have_text("ARMED")
    preset(tab, "$100").click()
    expect(tab.find("#cash .value")).to_have_text(about(9_900))
    expect(toast(tab, "filled")).to_contain_text("for $100.00")
    other = tabs.open(desk.url).until_drawn()
    expect(other.find("#arm")).to_have_text("One-click")
    assert other.find("#armed-chip").count() == 0
    tab.find("#armed-chip").click()
    expect(tab.find("#arm")).to_have_text("One-click")
    armed(tab)
    tab.find("#ticket-type").select_option("limit")
    expect(tab.find("#arm")).to_have_text("One-click")
    tab.find("#ticket-type").select_option("market")
    armed(tab)
    tab.reload().until_drawn()
    expect(tab.find("#arm")).to_have_text("One-click")
    preset(tab, "$50").click()
    expect(place(tab)).to_have_text(SIZES_UP)
    expect(tab.find("#cash .value")).to_have_text(about(9_900))


def test_keys_choose_the_side_but_in_a_field_are_letters_and_enter_takes_the_offer(desk: Desk, tabs: Tabs) -> None:
    tab = tabs.open(desk.url).until_drawn()
    keys, amount = tab.page.keyboard, tab.find("#ticket-amount")
    keys.press("s")
    expect(tab.find("#side-sell")).to_have_attribute("aria-pressed", "true")
    expect(amount).to_be_focused()
    expect(amount).to_have_value("")
    amount.press_sequentially("7.5bs0?")
    expect(amount).to_have_value("7.5bs0?")
    expect(tab.find("#side-sell")).to_have_attribute("aria-pressed", "true")
    expect(tab.find("dialog.keys")).to_be_hidden()
    tab.page.evaluate("document.activeElement.blur()")
    keys.press("b")
    expect(tab.find("#side-buy")).to_have_attribute("aria-pressed", "true")
    expect(amount).to_be_focused()
    tab.find("#ticket-slippage").press("s")
    expect(tab.find("#ticket-slippage")).to_have_value("s")
    tab.find("#ticket-slippage").fill("")
    amount.focus()
    keys.press("Control+s")
    expect(tab.find("#side-buy")).to_have_attribute("aria-pressed", "true")
    offered(tab, "120")
    amount.press("Enter")
    expect(toast(tab, "filled")).to_contain_text("for $120.00")
    tab.page.evaluate("document.activeElement.blur()")
    keys.press("?")
    expect(tab.find("dialog.keys")).to_be_visible()
    keys.press("b")
    expect(tab.find("#cash .value")).to_have_text(about(9_880))
    keys.press("Escape")
    expect(tab.find("dialog.keys")).to_be_hidden()
    armed(tab)
    tab.page.evaluate("document.activeElement.blur()")
    keys.press("b")
    expect(tab.find("#cash .value")).to_have_text(re.compile(r"^\$9,7(60\.00|59\.99)$"))
    # Armed, it still is a letter there; what is bought is what is seen.
    amount.fill("60")
    amount.press("b")
    expect(amount).to_have_value("60b")
    amount.press("Backspace")
    amount.blur()
    keys.press("b")
    expect(tab.find("#cash .value")).to_have_text(re.compile(r"^\$9,(700\.00|699\.99)$"))


def test_a_refusal_stands_where_the_figures_were_and_the_button_is_out_of_reach(desk: Desk, tabs: Tabs) -> None:
    tab = offered(tabs.open(desk.url))
    tab.find("#ticket-amount").fill("250000")
    expect(tab.find("#refusal")).to_contain_text("more than the cash, $10,000.00.")
    expect(tab.find("#offer dl")).to_have_count(0)
    expect(place(tab)).to_be_disabled()
    tab.find("#side-sell").click()
    tab.find("#ticket-type").select_option("stop_loss")
    expect(place(tab)).to_have_text("Place stop-loss")
    expect(place(tab)).to_be_disabled()
    tab.find("#ticket-price").fill("1000")
    place(tab).click()
    expect(toast(tab, "refused")).to_contain_text("No WETH is held")


def test_flattening_is_asked_once_and_then_sells_everything(desk: Desk, tabs: Tabs) -> None:
    tab = offered(tabs.open(desk.url))
    flatten = tab.find("#flatten")
    expect(flatten).to_be_disabled()
    place(tab).click()
    expect(flatten).to_be_enabled()
    flatten.click()
    expect(flatten).to_have_text("Sure? Flatten")
    expect(flatten).to_have_text("Flatten all")
    flatten.click()
    expect(flatten).to_have_text("Sure? Flatten")
    tab.page.wait_for_timeout(400)
    flatten.click()
    expect(tab.find(".toast", has_text="Flattened: WETH sold for $249.")).to_be_visible()
    expect(flatten).to_be_disabled()
    tab.find("#books").click()
    expect(tab.find("#audit-verdict")).to_contain_text("The books balance")
    tab.page.keyboard.press("Escape")
    expect(tab.find("#books")).to_be_focused()


def test_the_button_is_in_sight_without_scrolling_armed_or_not(desk: Desk, tabs: Tabs) -> None:
    tab = offered(tabs.open(desk.url, size=(1440, 920)))
    expect(place(tab)).to_be_in_viewport(ratio=1)
    armed(tab)
    expect(tab.find("#armed-chip")).to_be_in_viewport(ratio=1)
    expect(place(tab)).to_be_in_viewport(ratio=1)
    for width in (1440, 1360, 1280, 1200, 1100, 1000, 900, 800):
        tab.page.set_viewport_size({"width": width, "height": 720})
        expect(place(tab)).to_be_in_viewport(ratio=1)
        expect(tab.find("#flatten")).to_be_in_viewport(ratio=1)
        assert tab.width() <= width


def test_a_quote_is_renewed_while_it_is_looked_at_and_never_faster_than_every_eight_seconds(
    desk: Desk, tabs: Tabs
) -> None:
    tab = tabs.open(desk.url)
    # Before there is a quote at all.
    began = time.monotonic()
    offered(tab)

    def quotes() -> int:
        return sum('"quote_id_rx_state_":".' in str(frame) for frame in tab.frames)

    def renewed() -> float:
        """Waits for the next quote; when it came."""
        before = quotes()
        until(lambda: (tab.page.wait_for_timeout(100), quotes() > before)[1], "the quote is renewed", seconds=60)
        return time.monotonic()

    # Seen through a page that is looked at ten times a second.
    assert renewed() - began >= 8 - 0.5
    tab.page.evaluate("Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'})")
    tab.page.wait_for_timeout(1_000)
    hidden = quotes()
    expect(tab.find("#offer .left")).to_have_text("expired")
    tab.page.wait_for_timeout(5_000)
    assert quotes() == hidden


@pytest.mark.parametrize("path", ["/", "/feed"])
def test_the_ticket_is_one_press_away_on_a_phone_and_nothing_scrolls_sideways(
    desk: Desk, tabs: Tabs, path: str
) -> None:
    tab = tabs.open(desk.url, path, size=PHONE)
    tab.find(".tabbar").get_by_role("link", name="Trade", exact=True).click()
    tab.until_drawn()
    expect(tab.find("#ticket-amount")).to_be_in_viewport()
    offered(tab)
    assert tab.width() <= PHONE[0]
    place(tab).click()
    expect(toast(tab, "filled")).to_be_in_viewport()
    assert tab.width() <= PHONE[0]
