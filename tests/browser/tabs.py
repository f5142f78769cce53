"""Browser tabs that notice what a person would not: errors in the console, refused content, calls to other hosts."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

# A desk that was killed cannot be reached: that, and nothing else, may be said of it.
_UNREACHABLE = re.compile(r"ERR_CONNECTION_|WebSocket connection to|ERR_EMPTY_RESPONSE|websocket error")
PATIENCE_MS = 30_000
Size = tuple[int, int]
DESKTOP: Size = (1440, 900)
PHONE: Size = (390, 844)
_SOMETHING = re.compile(r".")

_FOLLOW = """([selector, name]) => {
  const read = () => {
    const text = document.querySelector(selector)?.innerText;
    if (text !== undefined && text !== window[name].at(-1)) window[name].push(text);
  };
  window[name] = [];
  read();
  new MutationObserver(read).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@dataclass
class Tab:
    """A page of the desk at `home`. `leaves` says that its server goes away, so that it may be unreachable."""

    page: Page
    home: str
    leaves: bool = False
    complaints: list[str] = field(default_factory=list[str])
    hosts: set[str] = field(default_factory=set[str])
    frames: list[str | bytes] = field(default_factory=list[str | bytes])

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self._complain(f"page error: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._frame))

    def goto(self, path: str) -> "Tab":
        self.page.goto(self.home + path)
        return self

    def reload(self) -> "Tab":
        self.page.reload()
        return self

    # -- where things stand

    def find(self, selector: str, has_text: str | None = None) -> Locator:
        return self.page.locator(selector, has_text=has_text)

    @property
    def badge(self) -> Locator:
        return self.find("#market-badge")

    @property
    def health(self) -> Locator:
        return self.find("#feed-health")

    @property
    def candles(self) -> Locator:
        return self.find("#candles")

    def banner(self, kind: str) -> Locator:
        return self.find(f'.banner[data-kind="{kind}"]')

    def row(self, key: str) -> Locator:
        """A token's row in the watchlist."""
        return self.find(f'[data-token="{key}"]')

    def price(self, key: str) -> Locator:
        return self.row(key).locator(".price")

    def trust(self, key: str) -> Locator:
        """The chip with state and age of a token's price."""
        return self.row(key).locator(".age")

    def source(self, title: str) -> Locator:
        """A source's row on the page of the feed."""
        return self.find(f'tr[data-source="{title}"]')

    def pill(self, title: str) -> Locator:
        return self.source(title).locator('td[data-label="State"] .pill')

    # -- what is waited for

    def until_live(self) -> "Tab":
        expect(self.badge).to_have_attribute("data-kind", "live")
        return self

    def until_drawn(self) -> "Tab":
        """Until the chart shows bars."""
        expect(self.candles).to_have_attribute("data-view", _SOMETHING)
        return self

    def until_state(self, key: str, state: str) -> "Tab":
        expect(self.trust(key)).to_have_attribute("data-state", state, timeout=2 * PATIENCE_MS)
        return self

    def follow(self, selector: str, name: str = "followed") -> Callable[[], list[str]]:
        """From now on keep every text that is shown there; answers what gives them."""
        self.page.evaluate(_FOLLOW, [selector, name])
        return lambda: self.page.evaluate(f"window.{name}")

    def width(self) -> int:
        """How wide the page is, in pixels: more than the window's width, and it scrolls sideways."""
        return self.page.evaluate("document.scrollingElement.scrollWidth")

    def kept(self, locator: Locator, attribute: str) -> str:
        """An attribute that is there."""
        value = locator.get_attribute(attribute)
        assert value is not None
        return value

    # -- what must not be

    def check(self) -> None:
        """Nothing was wrong: no error, nothing refused, no other host."""
        said = [one for one in self.complaints if not (self.leaves and _UNREACHABLE.search(one))]
        assert said == []
        assert self.hosts <= {urlsplit(self.home).netloc}

    def _complain(self, what: str) -> None:
        self.complaints.append(what)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self._complain(f"console {message.type}: {message.text} {message.location}")

    def _frame(self, payload: str | bytes) -> None:
        self.frames.append(payload)

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob"):
            self.hosts.add(parts.netloc)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._complain(f"answer {response.status}: {response.url}")


class Tabs:
    """Opens tabs, each with a memory of its own unless it shares one, and checks them all at the end."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._opened: list[Tab] = []

    def open(self, home: str, path: str = "/", *, size: Size = DESKTOP, leaves: bool = False) -> Tab:
        return self.blank(home, size=size, leaves=leaves).goto(path)

    def blank(self, home: str, *, size: Size = DESKTOP, leaves: bool = False) -> Tab:
        """A tab that has not gone anywhere yet."""
        context = self._browser.new_context(viewport={"width": size[0], "height": size[1]})
        self._contexts.append(context)
        tab = Tab(context.new_page(), home, leaves)
        self._opened.append(tab)
        return tab

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def check(self) -> None:
        for tab in self._opened:
            tab.check()


def until(done: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Waits for something outside the browser. Raises AssertionError with `what` it waited for."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.05)
