"""What browser tests do over REST, so that there is something to see."""

from itertools import count

import httpx

from tests.browser.server import Desk
from tests.browser.tabs import until

_ids = count(1)


def opened(desk: Desk) -> Desk:
    """The desk, once it has a session to trade in and prices to trade at."""
    until(lambda: desk.get("/api/account").status_code == 200, "a session at work")
    until(lambda: _live(desk), "a live price of WETH")
    return desk


def anew(desk: Desk) -> Desk:
    """The desk with a session of its own, in which nothing has happened: far sooner there than a desk of its own."""
    answer = httpx.post(f"{desk.url}/api/sessions", json={"name": f"test {next(_ids)}"}, timeout=30)
    assert answer.status_code == 201, answer.text
    return opened(desk)


def _live(desk: Desk) -> bool:
    found = desk.get("/api/prices/WETH")
    return found.status_code == 200 and found.json()["state"] == "live"


def order(desk: Desk, side: str, token: str, **more: str) -> dict[str, object]:
    """An order that the desk has taken."""
    asked = {"order_id": f"rest-{next(_ids)}", "side": side, "token": token} | more
    answer = httpx.post(f"{desk.url}/api/orders", json=asked, timeout=30)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()
