"""What the world does to a running server, and what a start then finds: orders are refused or kept, never halved."""

import os
import resource
import sqlite3
import struct
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.crowd import Crowd, done_of
from tests.chaos.forked import Forked
from tests.chaos.lines import Heard
from tests.chaos.verdict import judge, read

TRADES = 3


def ask(server: Forked, order_id: str, **more: Any) -> httpx.Response:
    """Buy for ten dollars."""
    body = {"order_id": order_id, "token": "WETH", "side": "buy", "amount_usd": "10", **more}
    return httpx.post(f"{server.url}/api/orders", json=body, timeout=30)


def bought(server: Forked, *order_ids: str) -> Heard:
    """These were bought, one after the other."""
    heard = Heard()
    for order_id in order_ids:
        answer = ask(server, order_id)
        assert answer.status_code == 201, answer.text
        heard.hear({"wants": order_id})
        heard.hear(done_of(answer.json()) | {"repeated": False})
    return heard


def is_sound(server: Forked, heard: Heard) -> None:
    """The books balance, and every row is where it belongs."""
    assert server.get("/api/audit").json()["balanced"]
    assert judge(read(server.file), heard.acknowledged.values(), heard.refused).all == []


@contextmanager
def locked(server: Forked) -> Generator[str]:
    """Another program writes to the database and does not come to an end."""
    with closing(sqlite3.connect(server.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield "is locked by another program"


@contextmanager
def unwritable(server: Forked) -> Generator[str]:
    """No file takes one byte more from the server: as on a disk that is full, or has turned read-only."""
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield "its disk is full, gone or failing"
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [locked, unwritable])
def test_orders_are_refused_in_a_sentence_while_the_disk_refuses_and_taken_again_without_a_restart(
    server: Forked, fault: Any
) -> None:
    server.start()
    heard = bought(server, "before")
    before = server.get("/api/account").json()["cash"]
    with fault(server) as saying:
        answer = ask(server, "meanwhile")
        assert answer.status_code == 503 and saying in answer.json()["detail"], answer.text
        assert server.get("/api/prices").status_code == 200
        assert server.get("/api/account").json()["cash"] == before
        assert "meanwhile" not in read(server.file).orders
    again = ask(server, "meanwhile")
    assert again.status_code == 201
    heard.hear({"wants": "meanwhile"})
    heard.hear(done_of(again.json()) | {"repeated": False})
    is_sound(server, heard)


@pytest.mark.slow
def test_who_is_told_to_end_in_mid_trade_ends_in_order_and_loses_nothing(server: Forked) -> None:
    server.start()
    heard = Heard()
    crowd = Crowd(server.url, heard)
    crowd.begin("told to end")
    assert crowd.answered.wait(30)
    time.sleep(0.3)
    assert server.stop() == 0
    crowd.join()
    assert judge(read(server.file), heard.acknowledged.values(), heard.refused).all == []
    server.start()
    assert "after=" not in server.last_said and "Traceback" not in server.said
    is_sound(server, heard)


@pytest.mark.slow
def test_after_a_kill_a_sentence_says_so_and_an_orderly_end_says_nothing(server: Forked) -> None:
    server.start()
    heard = bought(server, "kept")
    server.kill()
    server.start()
    assert "ended without warning at about " in server.last_said
    assert "nothing that is known to have been shown is missing." in server.last_said
    is_sound(server, heard)
    server.stop()
    server.start()
    assert "after=" not in server.last_said


def frames(log: Path) -> tuple[int, int]:
    """How many pages of a write-ahead log are of its present round, and the bytes that each takes."""
    data = log.read_bytes()
    size = struct.unpack(">I", data[8:12])[0] + 24
    number = 0
    while data[32 + number * size + 8 :][:8] == data[16:24]:
        number += 1
    return number, size


@pytest.mark.slow
def test_a_start_says_which_trades_went_with_the_end_of_the_write_ahead_log(server: Forked) -> None:
    server.start()
    heard = bought(server, "kept")
    log = server.file.with_name("drydock.db-wal")
    number, size = frames(log)
    bought(server, *(f"lost {index}" for index in range(TRADES)))
    server.kill()
    with log.open("r+b") as file:
        file.seek(32 + number * size + 24 + 100)
        file.write(os.urandom(64))
    server.start()
    said = server.last_said
    assert "the end of the write-ahead log was damaged" in said
    assert "the last 3 trades (s1-3 to s1-5) that had been shown are gone, and the books are as of s1-2." in said
    assert server.get("/api/orders/lost 0").status_code == 404
    is_sound(server, heard)
