"""The ticket of a tab: what stands on it, and how it is filled in and armed."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.tabs import Tab

SIZES_UP = re.compile(r"^Buy 0\.\d+ WETH")


def place(tab: Tab) -> Locator:
    return tab.find("#ticket-place")


def toast(tab: Tab, kind: str) -> Locator:
    return tab.find(f'.toast[data-kind="{kind}"]')


def preset(tab: Tab, name: str) -> Locator:
    return tab.find(f'[data-preset="{name}"]')


def offered(tab: Tab, amount: str = "250") -> Tab:
    """Waits until an offer for so many dollars stands."""
    tab.until_drawn()
    tab.find("#ticket-amount").fill(amount)
    expect(place(tab)).to_be_enabled()
    expect(place(tab)).to_have_text(SIZES_UP)
    return tab


def armed(tab: Tab) -> Tab:
    switch = tab.find("#arm")
    switch.click()
    expect(switch).to_have_text("Really arm?")
    # A double click is no second thought.
    tab.page.wait_for_timeout(400)
    switch.click()
    expect(switch).to_have_text("ARMED")
    return tab
