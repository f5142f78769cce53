"""Real contracts at the addresses they have on mainnet and Base, on a node of the tests' own.

Where the bytecode is from:
- Multicall3: byte for byte what stands on the chains (its hash is checked), as the OP stack preinstalls it.
- Feeds: Chainlink's own proxy, as on the chains; behind it Chainlink's own aggregator for tests, to which anybody can
  tell a round. The aggregator of production takes its rounds from a committee's signatures only.
- WETH9 and LINK: their published builds. USDC: OpenZeppelin's ERC-20 with the decimals set to six, because no
  package holds Circle's.
- The token that states 32 bytes: put together by hand in `constants`, because no package was found to hold an old one.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak

from app.domain.registry import on_chain
from app.market.feeds import FEEDS, SEQUENCERS
from app.market.rpc import MULTICALL3
from tests.evm.anvil import Anvil

# The hash of the code at MULTICALL3 on every chain, as EXTCODEHASH tells it.
MULTICALL3_HASH = "d5c15df687b16f2ff992fc8d767b4216323184a2bbc6ee2f9c398c318e770891"

DECIMALS, SYMBOL, NAME = "313ce567", "95d89b41", "06fdde03"
_SLOT_OF_DECIMALS = 5
_ANYBODY = "0x" + "00" * 20


def address_of(chain_id: int, symbol: str) -> str:
    """The address of a curated token."""
    return next(token.address for token in on_chain(chain_id) if token.symbol == symbol)


def selector(signature: str) -> str:
    """The first four bytes of a call, in hex without 0x: selector('name()') is 06fdde03."""
    return keccak(signature.encode())[:4].hex()


def call_data(signature: str, *values: object) -> str:
    """A call with its arguments: call_data('setController(address)', '0x…')."""
    kinds = [kind for kind in signature[signature.index("(") + 1 : -1].split(",") if kind]
    return f"0x{selector(signature)}{encode(kinds, values).hex()}"


def constants(answers: Mapping[str, bytes]) -> str:
    """The code of a contract that answers each selector with its 32 bytes, and reverts on all others."""
    # Each branch: DUP1 PUSH4 selector EQ PUSH2 target JUMPI. Each target: JUMPDEST PUSH32 word, MSTORE, RETURN.
    first = 6 + 11 * len(answers) + 3
    targets = range(first, first + 42 * len(answers), 42)
    branches = "".join(f"8063{key}1461{target:04x}57" for key, target in zip(answers, targets, strict=True))
    bodies = "".join(f"5b7f{word.hex()}60005260206000f3" for word in answers.values())
    return f"0x60003560e01c{branches}5f5ffd{bodies}"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of the address book, and the aggregator behind its proxy."""

    anvil: Anvil
    proxy: str
    aggregator: str

    def says(self, answer: int, at: datetime | None) -> None:
        """Its newest round from now on: the answer in its own units, and when; None is a round not complete."""
        stamp = int(at.timestamp()) if at else 0
        data = call_data("updateRoundData(uint80,int256,uint256,uint256)", 7, answer, stamp, stamp)
        self.anvil.send(self.aggregator, data)


class Lab:
    """The contracts of one chain on one node; `feeds` by CoinGecko id, `sequencer` where the chain has one."""

    def __init__(self, anvil: Anvil, modules: Path) -> None:
        self.anvil = anvil
        self.modules = modules
        self.place(MULTICALL3, multicall3(modules))
        self.open(address_of(anvil.chain_id, "WETH"), self._built("canonical-weth/build/contracts/WETH9.json"))
        self.open(address_of(anvil.chain_id, "LINK"), self._built("@chainlink/contracts/abi/v0.4/LinkToken.json"))
        self._open_usdc()
        self.feeds = {asset: self.feed(proxy) for asset, proxy in FEEDS[anvil.chain_id].items()}
        watched = SEQUENCERS.get(anvil.chain_id)
        self.sequencer = self.feed(watched) if watched else None

    def place(self, address: str, code: str) -> None:
        """Code that needs no constructor; '0x' removes what stood there."""
        self.anvil.rpc("anvil_setCode", address, code)

    def open(self, address: str, creation: str) -> None:
        """Have a constructor do its work at this very address: it runs there first, then gives way to what it made."""
        self.place(address, creation)
        runtime = self.anvil.rpc("eth_call", {"from": self.anvil.trader, "to": address}, "latest")
        self.anvil.send(address, "0x")
        self.place(address, runtime)

    def deployed(self, creation: str) -> str:
        """The address of a new contract."""
        return str(self.anvil.send(None, creation)["contractAddress"])

    def feed(self, proxy: str) -> Feed:
        """Open a feed at this address; its first round answers 0, now."""
        aggregator = self.deployed(self.aggregator())
        arguments = encode(["address", "address"], [aggregator, _ANYBODY]).hex()
        self.open(proxy, self._built("@chainlink/contracts/abi/v0.6/EACAggregatorProxy.json") + arguments)
        return Feed(self.anvil, proxy, aggregator)

    def aggregator(self) -> str:
        """What creates an aggregator of eight decimals that answers 0."""
        created = self._built("@chainlink/contracts/abi/v0.6/MockV3Aggregator.json")
        return created + encode(["uint8", "int256"], [8, 0]).hex()

    def erc20(self, symbol: str, name: str) -> str:
        """What creates an ERC-20 of 18 decimals, all of whose million tokens are the trader's."""
        created = self._built("@openzeppelin/contracts/build/contracts/ERC20PresetFixedSupply.json")
        values = [name, symbol, 10**24, self.anvil.trader]
        return created + encode(["string", "string", "uint256", "address"], values).hex()

    def _open_usdc(self) -> None:
        address = address_of(self.anvil.chain_id, "USDC")
        self.open(address, self.erc20("USDC", "USD Coin"))
        self.anvil.rpc("anvil_setStorageAt", address, f"0x{_SLOT_OF_DECIMALS:064x}", f"0x{6:064x}")

    def _built(self, path: str) -> str:
        return creation_code(self.modules / path)


@cache
def creation_code(path: Path) -> str:
    """The code that creates a contract, from a build of truffle or of Chainlink's compiler."""
    build: dict[str, Any] = json.loads(path.read_text("utf-8"))
    code: str = build["bytecode"] if "bytecode" in build else build["compilerOutput"]["evm"]["bytecode"]["object"]
    return "0x" + code.removeprefix("0x")


@cache
def multicall3(modules: Path) -> str:
    """The code of Multicall3 as it stands on the chains."""
    source = modules / "@eth-optimism/contracts-bedrock/src/libraries/Preinstalls.sol"
    found = re.search(r'\bMultiCall3Code\s*=\s*hex"([0-9a-f]+)"', source.read_text("utf-8"))
    assert found, "the package no longer holds Multicall3"
    assert keccak(bytes.fromhex(found[1])).hex() == MULTICALL3_HASH, "this is not the Multicall3 of the chains"
    return "0x" + found[1]
