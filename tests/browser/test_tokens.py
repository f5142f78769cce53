"""Tokens in a browser: one is added by its address or refused with a sentence, priced, kept, and taken away."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Slip, live_on
from tests.browser.server import Desk
from tests.browser.tabs import Tab, Tabs
from tests.double import Double

pytestmark = pytest.mark.browser

BASE = 8453
USUAL = ["WETH", "cbBTC", "AERO", "LINK", "VIRTUAL", "DEGEN"]
BARGE = "0x1111111111111111111111111111111111111111"
IMPOSTOR = "0x2222222222222222222222222222222222222222"
NO_TOKEN = "0x3333333333333333333333333333333333333333"
UNTRADED = "0x4444444444444444444444444444444444444444"
NOTHING = "0x5555555555555555555555555555555555555555"
PUDDLE = "0x6666666666666666666666666666666666666666"


def ask(tab: Tab, text: str) -> None:
    """Asks for a token in the dialog, which it opens where it is closed."""
    if not tab.find(".dialog").count():
        tab.find("#add-token").click()
    tab.find("#token-address").fill(text)
    tab.page.get_by_role("button", name="Look it up and add").click()


def watched(tab: Tab) -> list[str]:
    return [row.get_attribute("data-token") or "" for row in tab.find("[data-token]").all()]


def remove(tab: Tab, key: str) -> None:
    tab.row(key).click()
    expect(tab.row(key)).to_have_attribute("data-chosen", "true")
    tab.page.get_by_role("button", name="remove").click()
    expect(tab.row(key)).to_have_count(0)


def test_a_token_is_looked_up_added_priced_and_taken_away(desk: Desk, double: Double, tabs: Tabs) -> None:
    asset = double.deploy(BASE, BARGE, "BARGE", "Barge Token", 9, liquidity_usd=500_000, price="1.2345")
    tab, other = tabs.open(desk.url).until_live(), tabs.open(desk.url).until_live()
    ask(tab, BARGE)
    expect(tab.find("#said")).to_have_text("BARGE is on the watchlist.")
    tab.page.get_by_role("button", name="Close").click()
    expect(tab.find(".dialog")).to_have_count(0)
    for each in (tab, other):
        expect(each.price("BARGE")).to_have_text("1.2345")
        each.until_state("BARGE", "live")
    double.set_price(asset, "1.2400")
    expect(other.price("BARGE")).to_have_text("1.2400")
    tab.row("BARGE").click()
    expect(tab.find(".pair")).to_have_text("BARGE / USD")
    tab.until_drawn()
    ask(tab, BARGE.upper().replace("0X", "0x"))
    expect(tab.find("#said")).to_have_text("BARGE is already on the watchlist.")
    tab.page.get_by_role("button", name="Close").click()
    remove(tab, "BARGE")
    expect(other.row("BARGE")).to_have_count(0)
    expect(tab.find(".pair")).to_have_text("WETH / USD")
    assert watched(tab) == USUAL


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (NOTHING, f"There is no contract at {NOTHING} on Base."),
        (NO_TOKEN, f"{NO_TOKEN} is not a token."),
        (UNTRADED, "IDLE has no market on Base."),
        ("0x12345", "'0x12345' is neither an address nor a token that Drydock knows on Base."),
        ("<b>rubbish</b>", "'<b>rubbish</b>' is neither an address nor a token that Drydock knows on Base."),
        ("   ", "Type a token's address, or the symbol of a known one."),
        ("weth", "WETH is already on the watchlist."),
    ],
    ids=["no contract", "no token", "no market", "no address", "rubbish", "nothing", "there already"],
)
def test_what_cannot_be_added_is_refused_with_a_sentence(
    desk: Desk, double: Double, tabs: Tabs, text: str, sentence: str
) -> None:
    double.deploy_contract(BASE, NO_TOKEN)
    double.deploy(BASE, UNTRADED, "IDLE", "Idle", 18)
    tab = tabs.open(desk.url).until_live()
    ask(tab, text)
    expect(tab.find("#said")).to_have_text(sentence)
    assert watched(tab) == USUAL


def test_a_token_with_a_shallow_pool_can_be_watched_without_a_price_and_says_why(
    desk: Desk, double: Double, tabs: Tabs
) -> None:
    double.deploy(BASE, PUDDLE, "PUDDLE", "Puddle", 18, liquidity_usd=5_000)
    tab = tabs.open(desk.url).until_live()
    ask(tab, PUDDLE)
    expect(tab.find("#said")).to_have_text("PUDDLE is on the watchlist.")
    tab.page.get_by_role("button", name="Close").click()
    tab.row("PUDDLE").click()
    expect(tab.find(".pair")).to_have_text("PUDDLE / USD")
    expect(tab.find(".readings")).to_contain_text("Its pools hold less than $10,000.")
    expect(tab.price("PUDDLE")).to_have_text("–")
    expect(tab.trust("PUDDLE")).to_have_attribute("data-state", "none")
    expect(tab.find(".empty")).to_contain_text("No bars yet")
    remove(tab, "PUDDLE")
    assert watched(tab) == USUAL


def test_a_token_that_borrows_a_name_gets_a_row_of_its_own_and_takes_nobodys_price(
    desk: Desk, double: Double, tabs: Tabs
) -> None:
    double.deploy(BASE, IMPOSTOR, "AERO", "Not Aerodrome", 18, liquidity_usd=80_000, price="777")
    tab = tabs.open(desk.url).until_live()
    ask(tab, IMPOSTOR)
    expect(tab.find("#said")).to_have_text("AERO is on the watchlist.")
    tab.page.get_by_role("button", name="Close").click()
    expect(tab.price(IMPOSTOR)).to_have_text("777.00")
    true = "0x940181a94A35A4569E4529A3CDfB74e38FD98631"
    expect(tab.price(true)).to_have_text("0.8127")
    remove(tab, IMPOSTOR)
    expect(tab.price("AERO")).to_have_text("0.8127")
    assert watched(tab) == USUAL


def test_what_was_added_and_removed_is_so_after_a_restart(
    launch: Slip, double: Double, tabs: Tabs, tmp_path: Path
) -> None:
    double.deploy(BASE, BARGE, "BARGE", "Barge Token", 9, liquidity_usd=500_000, price="1.2345")
    desk = launch(live_on(double), tmp_path / "data")
    tab = tabs.open(desk.url, leaves=True).until_live()
    ask(tab, BARGE)
    expect(tab.find("#said")).to_have_text("BARGE is on the watchlist.")
    tab.page.get_by_role("button", name="Close").click()
    remove(tab, "LINK")
    kept = [key for key in USUAL if key != "LINK"] + ["BARGE"]
    assert watched(tab) == kept
    desk.stop()
    desk.start()
    later = tabs.open(desk.url).until_live()
    expect(later.find("[data-token]").first).to_be_visible()
    assert watched(later) == kept
    later.until_state("BARGE", "live")
