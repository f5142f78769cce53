"""The server is killed while four clients trade over REST: what it answered is there when it is back, exactly once."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.chaos.lines import Heard, Line
from tests.chaos.server import Server
from tests.chaos.verdict import judge, judge_growth, nothing, read

KILLS = 20
SEED = 20_261_122
CLIENTS = 4
LOOKED_UP = 40
REPEATED = 10
SYMBOLS = ("WETH", "cbBTC", "AERO", "LINK")


class Crowd:
    """Clients that place orders at a server until it is gone; what they ask and are answered goes into `heard`."""

    def __init__(self, url: str, heard: Heard) -> None:
        self.heard = heard
        self.answered = threading.Event()
        self._url = url
        self._lock = threading.Lock()

    def trade(self, name: str) -> None:
        """One client's life."""
        random = Random(name)
        with httpx.Client(base_url=self._url, timeout=30) as client:
            for number in range(100_000):
                try:
                    self.ask(client, {"wants": f"{name}-{number}", "body": drawn(random)})
                    if random.random() < 0.05:
                        self._cancel(client, random)
                except httpx.TransportError:
                    return

    def ask(self, client: httpx.Client, line: Line) -> httpx.Response:
        """Place an order as `line` has it. Raises TransportError where no answer comes."""
        order_id = line["wants"]
        self._hear(line)
        answer = client.post("/api/orders", json={"order_id": order_id, **line["body"]})
        if answer.is_success:
            self._hear(done_of(answer.json()) | {"repeated": answer.status_code == 200})
            self.answered.set()
        else:
            assert answer.status_code in (409, 503), answer.text
            self._hear({"refused": order_id})
        return answer

    def _cancel(self, client: httpx.Client, random: Random) -> None:
        waiting = client.get("/api/orders", params={"status": "open"}).json()["items"]
        if waiting:
            answer = client.delete(f"/api/orders/{random.choice(waiting)['order_id']}")
            if answer.is_success:
                self._hear({"done": answer.json()["order_id"], "state": answer.json()["status"]})

    def _hear(self, line: Line) -> None:
        with self._lock:
            self.heard.hear(line)


def drawn(random: Random) -> dict[str, Any]:
    """Any order: most are to be filled at once, some to rest."""
    kind, token = random.random(), random.choice(SYMBOLS)
    dollars = f"{random.uniform(1, 100):.{random.randint(0, 6)}f}"
    if kind < 0.6:
        return {"token": token, "side": "buy", "amount_usd": dollars}
    if kind < 0.9:
        return {"token": token, "side": "sell", "share_pct": random.choice(["100", "50", "12.5"])}
    price = random.choice(["0.0001", "1000000"])
    return {"token": token, "side": "buy", "amount_usd": dollars, "type": "limit", "limit_price": price}


def done_of(placed: dict[str, Any]) -> dict[str, Any]:
    order, trade = placed["order"], placed["trade"]
    figures = {"trade": trade["id"], "quantity": trade["quantity"], "value": trade["value"]} if trade else {}
    return {"done": order["order_id"], "state": order["status"], **figures}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    try:
        yield server
    finally:
        server.kill()


@pytest.mark.slow
def test_twenty_kills_of_the_server_lose_no_order_that_was_answered(server: Server) -> None:
    random, heard = Random(SEED), Heard()
    before = nothing()
    for number in range(KILLS):
        server.start()
        known = list(heard.acknowledged)
        there_as_it_was_answered(server, heard, random)
        killed_while_they_trade(server, heard, number, random)
        after = read(server.file)
        assert judge(after, heard.acknowledged.values(), heard.refused).all == []
        assert judge_growth(before, after).all == []
        assert (heard.twice, heard.wrong) == ([], [])
        assert len(heard.acknowledged) > len(known), "nobody was answered before the kill"
        before = after
    server.start()
    there_as_it_was_answered(server, heard, random)
    assert len(before.trades) > KILLS
    assert "Traceback" not in server.said


def killed_while_they_trade(server: Server, heard: Heard, number: int, random: Random) -> None:
    """A quarter of the kills come with the very first answers."""
    crowd = Crowd(server.url, heard)
    clients = [threading.Thread(target=crowd.trade, args=(f"{number}-{client}",)) for client in range(CLIENTS)]
    for client in clients:
        client.start()
    assert crowd.answered.wait(30)
    time.sleep(random.uniform(0, 0.01) if random.random() < 0.25 else random.uniform(0.05, 0.6))
    server.kill()
    for client in clients:
        client.join()


def there_as_it_was_answered(server: Server, heard: Heard, random: Random) -> None:
    """The books balance, orders are found as they were acknowledged, and the same order again is the first one."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        audit = client.get("/api/audit").json()
        assert audit["balanced"] and not any(map(float, audit["residuals"].values())), audit
        for order_id in newest_and_some(list(heard.acknowledged), random):
            found, told = client.get(f"/api/orders/{order_id}").json(), heard.acknowledged[order_id]
            # What rested may have been filled since.
            assert found["order_id"] == order_id and told.trade_id in (None, found["trade_id"]), found
        crowd = Crowd(server.url, heard)
        known = random.sample(heard.answered, min(REPEATED, len(heard.answered)))
        unanswered = list(heard.unanswered)
        heard.unanswered.clear()
        for order_id in known:
            assert crowd.ask(client, heard.wanted[order_id]).status_code == 200
        for order_id in unanswered:
            crowd.ask(client, heard.wanted[order_id])


def newest_and_some(order_ids: list[str], random: Random) -> list[str]:
    newest, older = order_ids[-LOOKED_UP:], order_ids[:-LOOKED_UP]
    return newest + random.sample(older, min(LOOKED_UP, len(older)))
