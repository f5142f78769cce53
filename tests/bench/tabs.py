"""Real tabs in a real browser, each with a probe that notes when a frame arrives and when a price on screen changes."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

_PATIENCE_S = 30.0
_CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Frames are noted before the page's own listener sees them, prices in the microtask after React has changed them.
_PROBE = """
(() => {
  const probe = (window.__probe = { frames: [], prices: [] });
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...how) {
      super(...how);
      this.addEventListener("message", (event) => probe.frames.push([Date.now(), event.data]));
    }
  };
  const noted = (records) => {
    const at = Date.now();
    const cells = new Set();
    for (const { target, addedNodes } of records) {
      const element = target.nodeType === 1 ? target : target.parentElement;
      const cell = element?.closest(".row .price");
      if (cell) cells.add(cell);
      // A row that is drawn for the first time, or again after a reconnect.
      for (const node of addedNodes) node.querySelectorAll?.(".row .price").forEach((drawn) => cells.add(drawn));
    }
    for (const cell of cells) probe.prices.push([at, cell.closest("[data-token]").dataset.token, cell.textContent]);
  };
  const how = { subtree: true, childList: true, characterData: true };
  new MutationObserver(noted).observe(document, how);
})();
"""
_READY = """
(count) => document.querySelectorAll(".watch .row .price").length === count
  && Number(document.querySelector("#candles")?.dataset.bars) > 0
  && Boolean(document.querySelector("#candles")?.dataset.view)
"""
_LIVE = """
(since) => !document.querySelector('#market-badge[data-kind="offline"]')
  && window.__probe.prices.some(([at]) => at >= since)
"""


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick as a tab got it. `at` is the tick's own instant, when the market was read; `received` when the frame
    was handed to the page; all in Unix ms. `prices` are the texts by the watchlist's rows; `size` the frame's bytes."""

    at: float
    received: float
    prices: Mapping[str, str]
    size: int


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, headless: Debian's where it is installed, else Playwright's own."""
    with sync_playwright() as play:
        theirs = _CHROMIUM if _CHROMIUM.exists() else None
        chromium = play.chromium.launch(args=_ARGUMENTS, executable_path=theirs)
        try:
            yield chromium
        finally:
            chromium.close()


def open_tab(chromium: Browser, url: str, rows: int = 20) -> Page:
    """A tab of its own session with the probe in it; returns when the prices stand there and the candles are drawn."""
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.add_init_script(_PROBE)
    page.goto(url)
    _wait_until(page, _READY, rows)
    return page


def forget(page: Page) -> None:
    """Let the probe begin anew."""
    page.evaluate("window.__probe.frames.length = window.__probe.prices.length = 0")


def wait_until_live(page: Page, since_ms: float) -> None:
    """Returns when a price has changed after `since_ms` and the page no longer says that it is offline."""
    _wait_until(page, _LIVE, since_ms)


def _wait_until(page: Page, condition: str, fact: float) -> None:
    """Playwright's own waiting evaluates text inside the page, which the page's security policy forbids."""
    until = time.monotonic() + _PATIENCE_S
    while not page.evaluate(condition, fact):
        if time.monotonic() > until:
            raise TimeoutError(f"the tab does not come to {' '.join(condition.split())}")
        page.wait_for_timeout(20)


def ticks(page: Page) -> list[Tick]:
    """The ticks that the tab received."""
    found = (tick_in(text, received) for received, text in page.evaluate("window.__probe.frames"))
    return [tick for tick in found if tick]


def shown(page: Page) -> list[tuple[float, str, str]]:
    """What changed on screen: moment (Unix ms), row, price."""
    return [(at, row, text) for at, row, text in page.evaluate("window.__probe.prices")]


def tick_in(text: str, received: float) -> Tick | None:
    """The tick that a frame brings, if it brings prices."""
    if not text.startswith("42/_event,") or "quotes_rx_state_" not in text:
        return None
    _, update = json.loads(text.removeprefix("42/_event,"))
    quotes: dict[str, list[Any]] = next(
        vars["quotes_rx_state_"] for vars in update["delta"].values() if "quotes_rx_state_" in vars
    )
    at = max(quote[3] for quote in quotes.values())
    return Tick(at, received, {row: quote[0] for row, quote in quotes.items()}, len(text.encode()))


def delays(page: Page) -> list[float]:
    """For every tick that changed a price: ms from its instant until the last of its prices stood on screen.

    A tick that was overtaken, because the page drew two at once, counts until the newer one stood there.
    """
    came, changes = ticks(page), shown(page)
    measured: list[float] = []
    waiting: list[float] = []
    for before, tick in pairwise(came):
        fresh = {row: text for row, text in tick.prices.items() if text != before.prices.get(row)}
        if not fresh:
            continue
        waiting.append(tick.at)
        until = next((later.received for later in came if later.received > tick.received), float("inf"))
        seen = [at for at, row, text in changes if tick.received <= at <= until and fresh.get(row) == text]
        if seen:
            measured += [max(seen) - at for at in waiting]
            waiting.clear()
    return measured
