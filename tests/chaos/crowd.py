"""Clients that trade over REST until the server is gone."""

import threading
from random import Random
from typing import Any

import httpx

from tests.chaos.lines import Heard, Line

SYMBOLS = ("WETH", "cbBTC", "AERO", "LINK")
CLIENTS = 4


class Crowd:
    """Clients that place orders at a server until it is gone; what they ask and are answered goes into `heard`."""

    def __init__(self, url: str, heard: Heard) -> None:
        self.heard = heard
        self.answered = threading.Event()
        self._url = url
        self._lock = threading.Lock()
        self._clients: list[threading.Thread] = []

    def begin(self, name: str) -> None:
        """Let the clients loose."""
        names = [f"{name}-{client}" for client in range(CLIENTS)]
        self._clients = [threading.Thread(target=self.trade, args=(each,)) for each in names]
        for client in self._clients:
            client.start()

    def join(self) -> None:
        """Wait until all have found that the server is gone."""
        for client in self._clients:
            client.join()

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
