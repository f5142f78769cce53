"""The ground of these tests: a lock that binds nobody to a registry, and a node that ends with them."""

import json
import re
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from app.market.rpc import MULTICALL3
from tests.clock import START
from tests.evm.anvil import BINARY, Anvil
from tests.evm.contracts import Lab
from tests.evm.packages import FOLDER, LOCK, CannotRun

# Opens a node, tells its address, and waits to be killed.
OPENS_A_NODE = """
import pathlib, sys
from tests.clock import START
from tests.evm.anvil import Anvil
node = Anvil(pathlib.Path(sys.argv[1]), 1, pathlib.Path(sys.argv[2]), START)
print(node.url, flush=True)
sys.stdin.read()
"""


def test_the_lock_names_versions_and_no_addresses() -> None:
    wanted = json.loads((FOLDER / "package.json").read_text("utf-8"))["dependencies"]
    packages = json.loads(LOCK.read_text("utf-8"))["packages"]
    assert [version for version in wanted.values() if not re.fullmatch(r"\d+\.\d+\.\d+(-[\w.-]+)?", version)] == []
    assert packages.keys() == {"", *(f"node_modules/{name}" for name in wanted)}
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def test_a_node_that_cannot_start_is_one_sentence(tmp_path: Path) -> None:
    binary = tmp_path / BINARY
    binary.parent.mkdir(parents=True)
    binary.write_text("#!/bin/sh\necho the C library is too old\nexit 1\n")
    binary.chmod(0o755)
    with pytest.raises(CannotRun, match=r"did not start; it said: the C library is too old$"):
        Anvil(tmp_path, 1, tmp_path, START)


def test_what_happened_to_a_chain_is_undone(base: Lab) -> None:
    before = base.anvil.rpc("eth_getCode", MULTICALL3, "latest")
    with base.anvil.rewound():
        base.place(MULTICALL3, "0x")
        assert base.anvil.rpc("eth_getCode", MULTICALL3, "latest") == "0x"
    assert base.anvil.rpc("eth_getCode", MULTICALL3, "latest") == before


def test_a_node_does_not_outlive_tests_that_are_killed(modules: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPENS_A_NODE, str(modules), str(tmp_path)]
    with subprocess.Popen(
        command, cwd=FOLDER.parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as tests:
        assert tests.stdout
        host, port = tests.stdout.readline().strip().removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as line:
            tests.kill()
            # The kernel ends the connection with the node: at once, or this waits for ten seconds and fails. One that
            # the node had not accepted yet is reset.
            with suppress(ConnectionResetError):
                assert line.recv(1) == b""
