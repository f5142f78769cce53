"""The page of the levels in a browser: curves, ranking, what each level is, and the slider's level in all of them."""

import re

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
    return opened(launch({"DRYDOCK_MARKET": "demo", "DRYDOCK_BOT_TICK_SECONDS": "1"}))


def page_of(desk: Desk, tabs: Tabs, size: tuple[int, int] = (1440, 900)) -> Tab:
    tab = tabs.open(desk.url, "/levels", size=size)
    expect(tab.find("#curves")).to_have_attribute("data-lines", re.compile(r"1[01]"))
    return tab


def test_ten_ledgers_are_drawn_and_ranked_beside_holding_and_cash(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    rows = tab.find("#ranking tbody tr")
    expect(rows).to_have_count(12)
    expect(tab.find('#ranking tr[data-kind="hold"]')).to_contain_text("Holding")
    expect(tab.find('#ranking tr[data-kind="cash"]')).to_contain_text("$10,000.00")
    assert {tab.kept(row, "data-level") for row in rows.all()} == {"", *(str(number) for number in range(1, 11))}
    expect(tab.find("#curves")).to_have_attribute("aria-label", re.compile("Level 10 Autonomous"))
    expect(tab.find("#curves .scatterlayer .trace")).to_have_count(11)


def test_without_holding_only_the_ten_are_drawn(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    switch = tab.page.get_by_role("switch", name="Without holding")
    for pressed, lines in (("true", 10), ("false", 11)):
        switch.click()
        expect(switch).to_have_attribute("aria-checked", pressed)
        expect(tab.find("#curves .scatterlayer .trace")).to_have_count(lines)


def test_the_curves_grow_by_themselves_and_reach_the_right_edge(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    for _ in range(2):
        points = tab.kept(tab.find("#curves"), "data-points")
        expect(tab.find("#curves")).not_to_have_attribute("data-points", points)
    until(
        lambda: abs(end_of(tab.find(".js-line").last) - end_of(tab.find("#curves .nsewdrag"))) < 3, "lines to the edge"
    )


def end_of(part: Locator) -> float:
    """How far to the right it reaches, in pixels."""
    box = part.bounding_box()
    assert box is not None
    return box["x"] + box["width"]


def test_pointing_at_a_line_names_its_level_and_its_return_for_as_long_as_one_points(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    expect(tab.find("#curves .annotation-text").first).to_be_visible()
    box = tab.find("#curves .scatterlayer .trace .js-line").last.bounding_box()
    assert box is not None
    tab.page.mouse.move(box["x"] + box["width"] - 40, box["y"] + box["height"] / 2)
    tab.page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] / 2, steps=5)
    words = tab.find("#curves .hoverlayer")
    expect(words).to_contain_text(re.compile(r"Level \d+ [A-Z].* \d+\.\d\d\s%"))
    # A tick draws the lines anew, and what is being read stays.
    points = tab.kept(tab.find("#curves"), "data-points")
    expect(tab.find("#curves")).not_to_have_attribute("data-points", points)
    expect(words).to_contain_text("Level")


def test_the_sliders_level_stands_out_everywhere_as_soon_as_it_is_moved(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    for level in ("9", "2"):
        assert httpx.put(f"{desk.url}/api/bot/level", json={"level": int(level)}, timeout=30).status_code == 200
        expect(tab.find("#curves")).to_have_attribute("data-level", level)
        expect(tab.find("#what-levels")).to_have_attribute("data-chosen", level)
        expect(tab.find('#ranking tr[data-chosen="yes"]')).to_have_attribute("data-level", level)


def test_the_page_promises_nothing(desk: Desk, tabs: Tabs) -> None:
    expect(page_of(desk, tabs).find("#honest")).to_contain_text("Nothing here is a promise")


def test_on_a_phone_the_page_fits_and_only_the_table_of_levels_scrolls_sideways(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs, PHONE)
    assert tab.width() <= PHONE[0]
    box = tab.find(".sideways")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    chart = tab.find("#curves").bounding_box()
    assert chart is not None
    assert chart["height"] >= 300
