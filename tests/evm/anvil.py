"""A real node for the tests: anvil on a free port of loopback, with a chain of its own and no network."""

import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any

import httpx

from tests.evm.packages import CannotRun

BINARY = Path("@foundry-rs", "anvil-linux-amd64", "bin", "anvil")
_LISTENING = "Listening on "
_PATIENCE_S = 20.0
# More than any transaction here uses. An estimate would be short where the next block is of another second.
_PLENTY = hex(25_000_000)

# The node has to end with the tests, however they end: the kernel kills it when the thread that began it is gone
# (1 is PR_SET_PDEATHSIG). Asked for in a process of its own, because a fork from a process with threads may hang.
_TIED = (
    "import ctypes, os, sys; "
    f"ctypes.CDLL(None).prctl(1, {int(signal.SIGKILL)}, 0, 0, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Refused(Exception):
    """The node answered a call with an error, or a transaction failed."""


class Anvil:
    """One node, started from the main thread. The first block is of `opened`; each transaction makes a block.

    `home` is a folder of its own for whatever it wants to keep; `options` go to anvil as they are,
    in place of the hardfork.
    """

    def __init__(self, modules: Path, chain_id: int, home: Path, opened: datetime, *options: str) -> None:
        self.chain_id = chain_id
        self._lines: deque[str] = deque(maxlen=20)
        self._found: SimpleQueue[str | None] = SimpleQueue()
        command = [str(modules / BINARY), "--host", "127.0.0.1", "--port", "0", "--chain-id", str(chain_id)]
        command += ["--timestamp", str(int(opened.timestamp())), "--threads", "1", "--no-cors"]
        command += options or ("--hardfork", "prague")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _TIED, *command],
            cwd=home,
            env={"HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        # Read for all of the node's life: it would stand still once the pipe is full.
        self._reader = Thread(target=self._read, name="anvil", daemon=True)
        self._reader.start()
        self._client = httpx.Client(trust_env=False, timeout=_PATIENCE_S)
        try:
            self.url = self._listening()
        except CannotRun:
            self.stop()
            raise
        self.trader = str(self.rpc("eth_accounts")[0])

    def __enter__(self) -> "Anvil":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._client.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=5)
        if self._process.stdout:
            self._process.stdout.close()

    def rpc(self, method: str, *params: object) -> Any:
        """The result of one call. Raises Refused."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._client.post(self.url, json=body).json()
        if "error" in answer:
            raise Refused(f"{method}: {answer['error']}")
        return answer["result"]

    def send(self, to: str | None, data: str) -> dict[str, Any]:
        """The receipt of a transaction of the trader, mined; without `to` it creates a contract. Raises Refused."""
        order = {"from": self.trader, "data": data, "gas": _PLENTY} | ({"to": to} if to else {})
        receipt = self.rpc("eth_sendTransactionSync", order)
        if receipt["status"] != "0x1":
            raise Refused(f"a transaction to {to} failed: {receipt}")
        return receipt

    @contextmanager
    def rewound(self) -> Iterator[None]:
        """Whatever happens to the chain inside the block has not happened after it."""
        mark = self.rpc("evm_snapshot")
        try:
            yield
        finally:
            self.rpc("evm_revert", mark)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.append(line.strip())
            if line.startswith(_LISTENING):
                self._found.put(line.removeprefix(_LISTENING).strip())
        self._found.put(None)

    def _listening(self) -> str:
        try:
            address = self._found.get(timeout=_PATIENCE_S)
        except Empty:
            address = None
        if address is None:
            words = " ".join(line for line in self._lines if line) or "nothing"
            raise CannotRun(f"The node of the EVM tests did not start; it said: {words}")
        return f"http://{address}"
