"""Every page in a browser: nothing refused, nothing from elsewhere, nothing out of sight, a word where it is empty."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Slip, live_on
from tests.browser.server import Desk
from tests.browser.tabs import DESKTOP, PHONE, Size, Tab, Tabs
from tests.browser.test_markets import written
from tests.double import Double, Mischief, dead_port

pytestmark = pytest.mark.browser

PAGES = ("/", "/feed", "/trades", "/sessions", "/log")
DARK, LIGHT = re.compile(r"\bdark\b"), re.compile(r"\blight\b")


@pytest.fixture(scope="module")
def desk(launch: Slip, exchange: Double) -> Desk:
    """A live desk with all eight sources."""
    return launch(live_on(exchange, DRYDOCK_ALCHEMY_API_KEY="a-key-for-the-double"))


def shown(tab: Tab, path: str) -> Tab:
    """Waits until the page is full: of bars, of sources, or of what the account comes to."""
    tab.until_live()
    if path == "/":
        return tab.until_drawn().until_state("DEGEN", "live")
    if path == "/feed":
        expect(tab.find("#sources tbody tr")).to_have_count(8)
    else:
        expect(tab.find("#equity .value")).to_contain_text("$10,000.00")
    if path == "/log":
        expect(tab.find("#log-lines li").first).to_be_visible()
    return tab


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_page_loads_everything_from_its_own_server_without_one_complaint(
    desk: Desk, double: Double, tabs: Tabs, path: str, size: Size
) -> None:
    tab = tabs.blank(desk.url, size=size)
    tab.page.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => console.error('refused', e.blockedURI))"
    )
    shown(tab.goto(path), path)
    shown(tab.reload(), path)
    tab.check()
    assert tab.hosts == {f"127.0.0.1:{desk.port}"}
    assert "script-src 'self'" in desk.get(path).headers["content-security-policy"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_on_a_phone_even_when_a_source_has_a_long_complaint(
    desk: Desk, double: Double, tabs: Tabs, path: str
) -> None:
    double.misbehave("kraken", Mischief.RATE_LIMITED_HTML)
    feed = tabs.open(desk.url, "/feed", size=PHONE)
    expect(feed.pill("Kraken")).not_to_have_attribute("data-kind", "live")
    tab = shown(tabs.open(desk.url, path, size=PHONE), path)
    assert tab.width() <= PHONE[0]


def test_the_bar_of_tabs_leads_from_page_to_page_on_a_phone(desk: Desk, double: Double, tabs: Tabs) -> None:
    tab = shown(tabs.open(desk.url, size=PHONE), "/")
    expect(tab.find(".topbar .nav")).to_be_hidden()
    bar = tab.find(".tabbar")
    expect(bar).to_be_in_viewport()
    bar.get_by_role("link", name="Feed").click()
    expect(tab.page).to_have_url(f"{desk.url}/feed")
    expect(tab.find("#sources tbody tr")).to_have_count(8)
    expect(bar.get_by_role("link", name="Feed")).to_have_attribute("aria-current", "page")
    bar.get_by_role("link", name="Desk").click()
    expect(tab.page).to_have_url(re.compile(re.escape(desk.url) + "/?$"))
    shown(tab, "/")
    more, menu = bar.get_by_role("button", name="More"), tab.page.get_by_role("navigation", name="More")
    expect(menu).to_be_hidden()
    more.click()
    for way in menu.locator("a, button").all():
        expect(way).to_be_in_viewport(ratio=1)
        box = way.bounding_box()
        assert box is not None and box["height"] >= 32
    menu.get_by_role("link", name="Log").click()
    expect(tab.page).to_have_url(f"{desk.url}/log")
    expect(menu).to_be_hidden()
    expect(more).to_have_attribute("data-here", "true")
    more.click()
    expect(menu.get_by_role("link", name="Log")).to_have_attribute("aria-current", "page")
    tab.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_the_bar_of_tabs_marks_the_ticket_where_it_was_asked_for_and_the_desk_again(
    desk: Desk, double: Double, tabs: Tabs
) -> None:
    tab = shown(tabs.open(desk.url, size=PHONE), "/")
    bar = tab.find(".tabbar")
    for name, back in (("Trade", False), ("Desk", False), ("Trade", True), ("Desk", False)):
        if back:
            tab.page.go_back()
            tab.reload()
        else:
            bar.get_by_role("link", name=name, exact=True).click()
        expect(bar.locator('[aria-current="page"]')).to_have_text(name)
    expect(tab.find("#ticket")).not_to_be_in_viewport()
    expect(tab.find("#foot-session")).to_have_text(re.compile(r"^Session “.+ on Base”, day \d+$"))


def test_the_way_to_the_api_leads_to_the_servers_own_pages(desk: Desk, double: Double, tabs: Tabs) -> None:
    tab = shown(tabs.open(desk.url), "/")
    with tab.page.expect_popup() as opened:
        tab.find(".foot .api-link").click()
    expect(opened.value).to_have_title(re.compile("Drydock"))
    assert opened.value.url == f"{desk.url}/api/docs"


def test_the_scheme_is_dark_at_first_and_a_change_stays_over_pages_and_reloads(
    desk: Desk, double: Double, tabs: Tabs
) -> None:
    tab = shown(tabs.open(desk.url), "/")
    root, switch = tab.find("html"), tab.page.get_by_role("button", name="Switch between dark and light")
    expect(root).to_have_class(DARK)
    dark = tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
    switch.click()
    expect(root).to_have_class(LIGHT)
    assert tab.page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    tab.reload()
    expect(root).to_have_class(LIGHT)
    shown(tab.goto("/feed"), "/feed")
    expect(root).to_have_class(LIGHT)
    switch.click()
    expect(root).to_have_class(DARK)


def test_a_page_that_cannot_be_told_anything_yet_shows_where_things_will_stand(
    desk: Desk, double: Double, tabs: Tabs
) -> None:
    for path in PAGES:
        tab = tabs.blank(desk.url)
        # The connection is there and says nothing.
        tab.page.route_web_socket(re.compile("/_event"), lambda _: None)
        tab.goto(path)
        expect(tab.find(".skeleton").first).to_be_visible()
        expect(tab.badge).to_have_text("STARTING")


def test_a_desk_that_has_never_had_a_price_says_so_everywhere(launch: Slip, tabs: Tabs) -> None:
    with dead_port() as port:
        desk = launch(live_on(Double(port=port)))
        tab = tabs.open(desk.url)
        expect(tab.badge).to_have_text("NO FEED · Base")
        expect(tab.find(".empty")).to_contain_text("No bars yet")
        expect(tab.price("WETH")).to_have_text("–")
        expect(tab.trust("WETH")).to_have_attribute("data-state", "none")
        expect(tab.find(".readings")).to_contain_text("No source has given a price of this token yet.")
        expect(tab.find("#agree")).to_have_text("no source has a price")


def test_the_header_of_a_replay_fits_its_words_and_keeps_what_is_pressed_whole(
    launch: Slip, tabs: Tabs, tmp_path: Path
) -> None:
    recording = written(tmp_path / "small.csv", minutes=48)
    settings = {"DRYDOCK_MARKET": f"replay:{recording}", "DRYDOCK_REPLAY_SPEED": "600", "DRYDOCK_CHAIN_ID": "137"}
    tab = tabs.open(launch(settings).url, size=(1440, 920)).until_drawn()
    expect(tab.health).to_contain_text("recorded 05 Mar 2024")
    expect(tab.find("#books")).to_be_visible()
    for width in (1600, 1440, 1410, 1280, 1200, 1000, 800, PHONE[0]):
        tab.page.set_viewport_size({"width": width, "height": 920})
        expect(tab.find("#flatten")).to_be_in_viewport(ratio=1)
        assert tab.width() <= width


def test_desks_on_different_ports_are_served_from_the_one_build(launch: Slip, tabs: Tabs) -> None:
    desks = [launch({"DRYDOCK_MARKET": "demo", "DRYDOCK_CHAIN_ID": chain}) for chain in ("10", "137")]
    assert desks[0].port != desks[1].port
    for desk, name in zip(desks, ("Optimism", "Polygon"), strict=True):
        tab = tabs.open(desk.url)
        expect(tab.badge).to_have_text(f"SIMULATED · {name}")
        tab.until_state("WETH", "live")
        assert tab.hosts == {f"127.0.0.1:{desk.port}"}
