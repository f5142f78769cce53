"""The panel under the chart in a browser: positions, their exits, orders, marks on the chart, and the audit."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Slip
from tests.browser.dealings import anew, opened, order
from tests.browser.server import Desk
from tests.browser.tabs import DESKTOP, PHONE, Tab, Tabs, until

pytestmark = pytest.mark.browser

# What does not fit while LINK is called something else: what sticks out of its box, and which rows are covered.
SQUEEZED = """symbol => {
  const box = (found) => found.getBoundingClientRect();
  const find = (selector) => [...document.querySelectorAll(selector)];
  const texts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.nodeValue.includes("LINK")) texts.push(walker.currentNode);
  const before = texts.map((text) => text.nodeValue);
  texts.forEach((text) => (text.nodeValue = text.nodeValue.replaceAll("LINK", symbol)));
  const [ticket] = find("#ticket"), [offer] = find("#offer"), [place] = find("#ticket-place"), [book] = find("#book");
  const faults = find("#ticket *").filter((one) => box(one).right > box(ticket).right).map((one) => one.id);
  const cut = find("#positions button").filter((one) => box(one).right > box(book).right);
  faults.push(...cut.map((one) => one.innerText));
  if (box(offer).bottom > box(place).top) faults.push("the offer is under the button");
  if (box(find(".line.quote")[0]).bottom > box(offer).bottom + 1) faults.push("the grade is out of sight");
  texts.forEach((text, i) => (text.nodeValue = before[i]));
  return faults;
}"""


@pytest.fixture(scope="module")
def desk(launch: Slip) -> Desk:
    """A simulated desk that holds two tokens, and on which no other module trades."""
    found = opened(launch({"DRYDOCK_MARKET": "demo"}))
    order(found, "buy", "WETH", amount_usd="1000")
    order(found, "buy", "LINK", amount_usd="500")
    return found


@pytest.fixture(scope="module")
def bare(launch: Slip) -> Desk:
    """Another, for tests that begin with nothing held."""
    return opened(launch({"DRYDOCK_MARKET": "demo"}))


def position(tab: Tab, key: str) -> Locator:
    return tab.find(f'[data-position="{key}"]')


def desk_of(desk: Desk, tabs: Tabs, size: tuple[int, int] = DESKTOP) -> Tab:
    tab = tabs.open(desk.url, size=size).until_drawn()
    expect(position(tab, "WETH")).to_be_visible()
    return tab


def named(tab: Tab, name: str) -> Locator:
    return tab.page.get_by_role("button", name=name, exact=True)


def test_positions_are_worth_something_else_at_every_tick_without_being_sent_again(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    values = tab.follow('[data-position="WETH"] .value')
    until(lambda: len(set(values())) > 3, "a few ticks")
    expect(position(tab, "WETH").locator(".pnl")).to_have_text(re.compile(r"^[+−0][\d.,]* \([+−]?\d+\.\d\d %\)$"))
    expect(position(tab, "WETH").locator(".age")).to_have_attribute("data-state", "live")
    rows = [frame for frame in tab.frames if "levels" in str(frame)]
    assert len(rows) <= 2, "the rows come with the page, and once more when the past of all tokens is there"


def test_half_is_sold_and_then_the_rest_and_each_time_a_toast_says_what_it_cost(desk: Desk, tabs: Tabs) -> None:
    order(desk, "buy", "AERO", amount_usd="300")
    tab = desk_of(desk, tabs)
    before = position(tab, "AERO").locator(".quantity").inner_text()
    named(tab, "Sell ½ AERO").click()
    expect(tab.find(".toast").first).to_contain_text("Sold")
    expect(position(tab, "AERO").locator(".quantity")).not_to_have_text(before)
    named(tab, "Close AERO").click()
    expect(position(tab, "AERO")).to_have_count(0)
    expect(tab.find(".toast")).to_have_count(2)


def test_exits_are_set_in_place_refused_in_a_sentence_and_found_again_among_the_orders(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    position(tab, "WETH").locator(".exits-button").click()
    tab.page.get_by_label("Stop at").fill("999999")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("alert")).to_contain_text("is not below the price")
    tab.page.get_by_label("Stop at").fill("1000")
    tab.page.get_by_label("Below the high").fill("10")
    named(tab, "Set").click()
    expect(position(tab, "WETH").locator(".all-exits")).to_have_text(re.compile(r"^−\d+(\.\d)? % / trail 10 %$"))
    tab.page.get_by_role("tab", name="Orders").click()
    waiting = tab.find('#orders tr[data-state="open"]')
    expect(waiting).to_have_count(2)
    expect(waiting.filter(has_text="stop-loss")).to_contain_text("≤ 1,000.00")
    waiting.filter(has_text="stop-loss").get_by_role("button", name="Cancel").click()
    expect(waiting).to_have_count(1)
    tab.page.get_by_role("tab", name="Positions").click()
    position(tab, "WETH").locator(".exits-button").click()
    expect(tab.page.get_by_label("Stop at")).to_have_value("")
    named(tab, "Clear all").click()
    expect(position(tab, "WETH").locator(".all-exits")).to_have_text("none")


@pytest.mark.parametrize("seconds", [-20, 20])
def test_a_browser_whose_clock_is_wrong_sets_exits_all_the_same(desk: Desk, tabs: Tabs, seconds: int) -> None:
    tab = tabs.blank(desk.url)
    tab.page.clock.set_system_time(datetime.now(UTC) + timedelta(seconds=seconds))
    tab.goto("/").until_drawn()
    position(tab, "LINK").locator(".exits-button").click()
    tab.page.get_by_label("Below the high").fill("12")
    named(tab, "Set").click()
    expect(position(tab, "LINK").locator(".all-exits")).to_have_text("trail 12 %")
    position(tab, "LINK").locator(".exits-button").click()
    named(tab, "Clear all").click()
    expect(position(tab, "LINK").locator(".all-exits")).to_have_text("none")


def test_many_fills_of_one_bar_are_one_mark_that_counts_them(bare: Desk, tabs: Tabs) -> None:
    desk = anew(bare)
    # Eight: wherever one bar ends and another begins, one of them holds more than three.
    for _ in range(8):
        order(desk, "buy", "WETH", amount_usd="10")
    tab = desk_of(desk, tabs)
    expect(tab.candles).to_have_attribute("data-marks", "8")
    expect(tab.candles.locator(".scatterlayer text").filter(has_text="×").first).to_have_text(re.compile("^×[4-8]$"))
    assert tab.candles.locator(".scatterlayer path.point").count() < 8


def test_a_position_can_be_left_in_a_narrow_window(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs, (1000, 800))
    box, panel = named(tab, "Close WETH").bounding_box(), tab.find("#book").bounding_box()
    assert box is not None and panel is not None
    assert box["x"] + box["width"] <= panel["x"] + panel["width"]
    assert tab.width() <= 1000


def test_all_three_exits_leave_room_for_the_ways_out(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    position(tab, "WETH").locator(".exits-button").click()
    for name, text in (("Stop at", "1234.5"), ("Target at", "98765"), ("Below the high", "12.5")):
        tab.page.get_by_label(name).fill(text)
    named(tab, "Set").click()
    expect(position(tab, "WETH").locator(".all-exits")).to_contain_text("trail 12.5 %")
    for width in (1280, 1366, 1440, 1920, PHONE[0]):
        tab.page.set_viewport_size({"width": width, "height": 900})
        box, panel = named(tab, "Close WETH").bounding_box(), tab.find("#book").bounding_box()
        assert box is not None and panel is not None
        assert box["x"] + box["width"] <= panel["x"] + panel["width"]
        expect(position(tab, "WETH").locator(".all-exits")).to_be_visible()


def test_a_trade_is_marked_on_the_chart_without_the_chart_being_sent_again(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    tab.until_state("DEGEN", "live")
    marks = int(tab.kept(tab.candles, "data-marks"))
    histories = sum("history_rx_state_" in str(frame) for frame in tab.frames)
    order(desk, "buy", "WETH", amount_usd="50")
    expect(tab.candles).to_have_attribute("data-marks", str(marks + 1))
    assert sum("history_rx_state_" in str(frame) for frame in tab.frames) == histories
    box = tab.candles.bounding_box()
    assert box is not None
    note = tab.find(".candle-note")
    for x in range(int(box["width"]) - 60, 0, -4):
        tab.page.mouse.move(box["x"] + x, box["y"] + box["height"] / 3)
        if note.is_visible():
            break
    expect(note).to_contain_text("▲ Bought")


def test_a_tab_that_shows_nothing_says_so_in_words(bare: Desk, tabs: Tabs) -> None:
    tab = tabs.open(anew(bare).url)
    for name, words in (("Positions", "Nothing is held"), ("Orders", "No orders yet"), ("Trades", "No trades yet")):
        tab.page.get_by_role("tab", name=name).click()
        expect(tab.find("#book")).to_contain_text(words)


def test_a_position_fits_a_phone_and_can_be_left_from_there(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs, PHONE)
    for name in ("Positions", "Orders", "Trades"):
        tab.page.get_by_role("tab", name=name).click()
        assert tab.width() <= PHONE[0], name
    tab.page.get_by_role("tab", name="Positions").click()
    button = named(tab, "Sell ½ LINK")
    box = button.bounding_box()
    assert box is not None and box["height"] >= 36
    before = position(tab, "LINK").locator(".quantity").inner_text()
    button.click()
    expect(position(tab, "LINK").locator(".quantity")).not_to_have_text(before)


def test_the_badge_of_the_books_opens_the_audit(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    tab.find("#books").click()
    expect(tab.find("#audit-verdict")).to_contain_text("The books balance")
    expect(tab.find('#audit tr[data-holds="yes"]')).to_have_count(6)
    tab.page.keyboard.press("Escape")
    expect(tab.find("#audit-verdict")).to_have_count(0)


def test_a_long_symbol_gives_way_to_what_is_pressed_and_no_row_of_the_offer_is_under_the_button(
    desk: Desk, tabs: Tabs
) -> None:
    tab = desk_of(desk, tabs)
    tab.row("LINK").click()
    tab.find("#ticket-amount").fill("250")
    expect(tab.find("#ticket-place")).to_have_text(re.compile("LINK"))
    for width in (1440, 1024, 800, 1280, 1920, PHONE[0]):
        tab.page.set_viewport_size({"width": width, "height": 900})
        for symbol in ("LINK", "SUPERCALIFRAGILISTIC"):
            assert tab.page.evaluate(SQUEEZED, symbol) == [], (width, symbol)
        assert tab.width() <= width
