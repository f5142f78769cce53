"""A desk with a password in a browser: the form, the desk, the way out, and no way back."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Slip
from tests.browser.server import ROOT, Desk
from tests.browser.tabs import PHONE, Tab, Tabs

pytestmark = pytest.mark.browser

WORD = "open sesame 0f7c41"
DEMO = {"DRYDOCK_MARKET": "demo", "DRYDOCK_PASSWORD": WORD, "DRYDOCK_WATCHLIST": "WETH"}
AT_THE_DOOR = re.compile(r"/sign-in")


@pytest.fixture(scope="module")
def desk(launch: Slip) -> Desk:
    return launch(DEMO)


def show_password(tab: Tab, password: str) -> None:
    tab.find("#password").fill(password)
    tab.find("button[type=submit]").click()


def test_who_signs_in_sees_the_desk_and_who_signs_out_cannot_come_back(desk: Desk, tabs: Tabs) -> None:
    home = desk.url
    tab = tabs.open(home, "/feed")
    expect(tab.page).to_have_title("Sign in · Drydock")
    tab.check()
    show_password(tab, "wrong")
    expect(tab.find("[role=alert]")).to_have_text("That is not the password.")
    show_password(tab, WORD)
    expect(tab.page).to_have_url(re.compile("/feed/?$"))
    expect(tab.badge).to_have_attribute("data-kind", "demo")
    tab.goto("/")
    second = Tab(tab.page.context.new_page(), home, leaves=True).goto("/")
    expect(second.price("WETH")).to_contain_text(".")
    tab.find("#sign-out").click()
    expect(tab.page).to_have_url(f"{home}/sign-in")
    # The other tab is led out as well, and is told nothing more.
    expect(second.page).to_have_url(AT_THE_DOOR)
    tab.page.go_back()
    second.goto("/")
    for page in (tab.page, second.page):
        expect(page).to_have_url(AT_THE_DOOR)
        expect(page.locator("#password")).to_be_visible()
    assert tab.page.context.cookies() == []
    # What the browser says of the refusals is all that it had to complain of.
    tab.complaints = [one for one in tab.complaints if "401" not in one and "WebSocket" not in one]


def test_the_sign_in_fits_a_phone(desk: Desk, tabs: Tabs) -> None:
    tab = tabs.open(desk.url, "/", size=PHONE)
    expect(tab.find("#password")).to_be_focused()
    assert tab.width() == PHONE[0]


def test_nothing_of_the_bundle_is_served_to_strangers_and_no_secret_is_in_it(desk: Desk) -> None:
    files = [path for path in (ROOT / ".web" / "build" / "client").rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path.name for path in files if b"0f7c41" in path.read_bytes()] == []
    names = [path.relative_to(ROOT / ".web" / "build" / "client") for path in files][:40]
    with httpx.Client(base_url=desk.url) as stranger:
        assert {stranger.get(f"/{name}").status_code for name in names} == {401}
