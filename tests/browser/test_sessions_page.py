"""The page of sessions in a browser: a new one, another name, two compared, and files to take away."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Slip
from tests.browser.dealings import opened, order
from tests.browser.server import Desk
from tests.browser.tabs import PHONE, Tab, Tabs

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(launch: Slip) -> Desk:
    """A simulated desk that has traded once."""
    found = opened(launch({"DRYDOCK_MARKET": "demo"}))
    order(found, "buy", "WETH", amount_usd="1000")
    return found


def page_of(desk: Desk, tabs: Tabs, size: tuple[int, int] = (1440, 900)) -> Tab:
    tab = tabs.open(desk.url, "/sessions", size=size)
    expect(tab.find('[data-session="s1"]')).to_be_visible()
    return tab


def test_a_new_session_archives_the_present_one_and_both_can_be_compared(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    other = tabs.open(desk.url).until_drawn()
    expect(other.find('[data-position="WETH"]')).to_be_visible()
    form = tab.find("#new-session")
    expect(form).to_contain_text("is archived")
    form.get_by_label("Name").fill("Second")
    form.get_by_label("Starting balance, $").fill("2500")
    pressed_twice(tab)
    expect(tab.find("#session-said")).to_have_text("“Second” is open.")
    expect(tab.find('[data-session="s1"]')).to_contain_text("archived")
    expect(tab.find('[data-session="s2"]')).to_contain_text("at work")
    # Every other tab has gone along.
    expect(other.find('[data-position="WETH"]')).to_have_count(0)
    expect(other.find("#cash")).to_contain_text("2,500.00")
    expect(other.find(".toast")).to_contain_text("another session now, “Second”: $2,500.00 in cash, nothing held.")
    expect(other.find("#foot-session")).to_have_text("Session “Second”, day 1")
    for name in ("s1", "s2"):
        tab.find(f'[data-session="{name}"] input').click()
    table = tab.find("#comparison")
    expect(table.get_by_role("row", name="Starting balance")).to_have_attribute("data-differs", "yes")
    expect(table.get_by_role("row", name="Market")).to_have_attribute("data-differs", "")


def test_a_form_that_makes_no_sense_is_refused_before_anybody_is_asked_to_be_sure(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    form = tab.find("#new-session")
    form.get_by_label("Name").fill("Third")
    form.get_by_label("Starting balance, $").fill("a lot")
    expect(form.locator("#fault")).to_have_text("Type the starting balance as a number, like 10000.")
    expect(tab.find("#open-session")).to_be_disabled()
    expect(form.get_by_label("Name")).to_have_value("Third")
    form.get_by_label("Starting balance, $").fill("$2,500")
    expect(form.locator("#fault")).to_have_count(0)
    expect(tab.find("#open-session")).to_be_enabled()


def test_a_double_click_enter_or_a_single_press_archives_nothing(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    before = desk.get("/api/sessions").json()
    tab.find("#new-session").get_by_label("Name").fill("Fourth")
    tab.page.keyboard.press("Enter")
    button = tab.find("#open-session")
    button.dblclick()
    expect(button).to_have_text("Sure? Press again")
    expect(button).to_have_text("Archive and open")
    assert tab.find("#session-said").inner_text() == ""
    assert desk.get("/api/sessions").json() == before


def test_more_presses_than_are_needed_archive_once(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    before = len(desk.get("/api/sessions").json()["items"])
    pressed_twice(tab, clicks=3)
    expect(tab.find("#session-said")).to_have_text(re.compile("is open.$"))
    assert len(desk.get("/api/sessions").json()["items"]) == before + 1


def test_a_browser_whose_clock_is_wrong_opens_a_session_all_the_same(desk: Desk, tabs: Tabs) -> None:
    tab = tabs.blank(desk.url)
    for seconds in (-20, 20):
        tab.page.clock.set_system_time(datetime.now(UTC) + timedelta(seconds=seconds))
        tab.goto("/").until_drawn().goto("/sessions")
        tab.find("#new-session").get_by_label("Name").fill(f"Clock {seconds}")
        pressed_twice(tab)
        expect(tab.find("#session-said")).to_have_text(f"“Clock {seconds}” is open.")


def pressed_twice(tab: Tab, clicks: int = 1) -> None:
    """Press the button, and once it has asked whether one is sure again, as often as that."""
    button = tab.find("#open-session")
    button.click()
    expect(button).to_have_text("Sure? Press again")
    tab.page.wait_for_timeout(400)
    button.click(click_count=clicks, delay=20)


def test_the_session_at_work_takes_another_name(desk: Desk, tabs: Tabs) -> None:
    tab = page_of(desk, tabs)
    form = tab.find("#rename-session")
    form.get_by_label("Name").fill("November again")
    form.get_by_label("Note").fill("Calm seas.")
    form.get_by_role("button", name="Keep").click()
    row = tab.find("#sessions tbody tr").first
    expect(row).to_contain_text("November again")
    expect(row).to_contain_text("Calm seas.")


def test_a_session_and_its_trades_are_taken_away(desk: Desk, tabs: Tabs) -> None:
    row = page_of(desk, tabs).find('[data-session="s1"]')
    with row.page.expect_download() as download:
        row.get_by_role("button", name="JSON").click()
    assert download.value.suggested_filename == "drydock-session-s1.json"
    content = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert content["session"]["id"] == "s1"
    with row.page.expect_download() as download:
        row.get_by_role("button", name="CSV").click()
    assert len(Path(download.value.path()).read_text("utf-8").splitlines()) == 2


def test_the_page_fits_a_phone(desk: Desk, tabs: Tabs) -> None:
    assert page_of(desk, tabs, PHONE).width() <= PHONE[0]
