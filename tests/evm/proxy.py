"""A node that is not quite as it should be: a real HTTP server in front of a real node, which spoils what passes."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any

import httpx

Item = dict[str, Any]
# What becomes of one call: another call that is asked instead, or, with 'error' or 'result' in it, the answer.
Spoil = Callable[[Item], Item]


class Proxy:
    """Passes batches on to `target`. `spoil` sees every call first; `before` is run once, ahead of the next batch that
    holds an eth_call. `status`, where it is not 200, is all that is answered; `batches` are the methods asked."""

    def __init__(self, target: str, spoil: Spoil = lambda item: item) -> None:
        self.target, self.spoil = target, spoil
        self.before: list[Callable[[], object]] = []
        self.status, self.headers = 200, dict[str, str]()
        self.batches: list[list[str]] = []
        self._client = httpx.Client(trust_env=False, timeout=10)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._client.close()

    @property
    def asked(self) -> set[str]:
        """Every method that was asked."""
        return {method for batch in self.batches for method in batch}

    def answers(self, batch: list[Item]) -> list[Item]:
        """What is answered to a batch."""
        self.batches.append([item["method"] for item in batch])
        if self.before and "eth_call" in self.batches[-1]:
            self.before.pop(0)()
        spoiled = [self.spoil(item) for item in batch]
        asked = [item for item in spoiled if "method" in item]
        answered = self._client.post(self.target, json=asked).json() if asked else []
        return [item for item in spoiled if "method" not in item] + answered

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body leave together: apart, the second waits 40 ms for the first to be acknowledged.
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                said = json.dumps(proxy.answers(body) if proxy.status == 200 else {}).encode()
                self.send_response(proxy.status)
                for name, value in (proxy.headers | {"content-length": str(len(said))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def refusing_overrides(item: Item) -> Item:
    """As a node that knows no state overrides: a third argument is one too many."""
    if item["method"] in ("eth_call", "eth_estimateGas") and len(item["params"]) > 2:
        return {
            "jsonrpc": "2.0",
            "id": item["id"],
            "error": {"code": -32602, "message": "too many arguments, want at most 2"},
        }
    return item


def ignoring_overrides(item: Item) -> Item:
    """As a node that does not look at a third argument."""
    return item | {"params": item["params"][:2]} if item["method"] in ("eth_call", "eth_estimateGas") else item
