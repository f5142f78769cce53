"""A chain to trade on: the real Uniswap V3 at its real addresses, with pools that tests fill, move and empty.

`with chain(8453) as market:` gives a node whose `url` a desk can be pointed at; its blocks come every two seconds.
"""

import json
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from eth_abi.abi import encode

from app.domain.registry import named, usdc_of
from app.domain.tokens import Token
from app.market.gas import OP_STACK
from app.market.uniswap import BOOKS, pool_address
from tests.evm.anvil import Anvil
from tests.evm.contracts import Lab, call_data, creation_code, selector
from tests.evm.packages import install

_V3 = "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json"
_QUOTER = "@uniswap/v3-periphery/artifacts/contracts/lens/QuoterV2.sol/QuoterV2.json"
_ROUTER = "@uniswap/swap-router-contracts/artifacts/contracts/SwapRouter02.sol/SwapRouter02.json"
_POSITIONS = "@uniswap/v3-periphery/artifacts/contracts/NonfungiblePositionManager.sol/NonfungiblePositionManager.json"
_OP = "@eth-optimism/contracts-bedrock/forge-artifacts/{0}.sol/{0}.json"
_NOBODY = "0x" + "00" * 20
_FOR_EVER = 2**256 - 1
_SPACING = {100: 1, 500: 10, 3000: 60, 10000: 200}
_MINT = "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
_ONE = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"
_OPEN = "createAndInitializePoolIfNecessary(address,address,uint24,uint160)"
# Base's, of 2024.
_SCALAR, _BLOB_SCALAR = 2269, 1055762

FEE_ORACLE, L1_BLOCK = "0x420000000000000000000000000000000000000F", "0x4200000000000000000000000000000000000015"
NODE_INTERFACE = "0x00000000000000000000000000000000000000C8"
# What the pools hold in dollars, by fee, and how much of that stands within ±5 % of the price.
DEPTHS = {100: (400_000, "0.95"), 500: (10_000_000, "0.8"), 3000: (6_000_000, "0.5"), 10000: (300_000, "0.5")}


@dataclass(frozen=True, slots=True)
class Moved:
    """What a swap that was really executed moved, in base units, and its receipt."""

    paid: int
    received: int
    receipt: dict[str, Any]

    @property
    def gas(self) -> int:
        return int(self.receipt["gasUsed"], 16)


class Market:
    """Uniswap V3 with its pools on the node of a lab. The trader holds every token and lets the router take it.

    WETH and USDC have a pool of every fee; LINK has pools with WETH only. Prices are dollars per whole token.
    """

    def __init__(self, lab: Lab, weth_price: int = 3500, link_price: int = 14) -> None:
        self.lab, self.anvil, self.chain_id = lab, lab.anvil, lab.anvil.chain_id
        self.book = BOOKS[self.chain_id]
        self.usdc, self.weth, self.link = usdc_of(self.chain_id), self._token("WETH"), self._token("LINK")
        self._raise_contracts()
        if self.chain_id in OP_STACK:
            self._open_fee_oracle()
        self._fund()
        for fee, (depth, near) in DEPTHS.items():
            self.open_pool(self.weth, self.usdc, fee, weth_price, (weth_price, 1), depth, float(near))
        for fee, depth in ((3000, 3_000_000), (10000, 300_000)):
            self.open_pool(self.link, self.weth, fee, link_price / weth_price, (link_price, weth_price), depth, 0.6)
        self._trade_everywhere()

    @property
    def url(self) -> str:
        return self.anvil.url

    @cached_property
    def positions(self) -> str:
        arguments = encode(["address"] * 3, [self.book.factory, self.weth.address, _NOBODY]).hex()
        return self.lab.deployed(self._built(_POSITIONS) + arguments)

    def open_pool(
        self, one: Token, other: Token, fee: int, price: float, dollars: tuple[float, float], depth: int, near: float
    ) -> None:
        """A pool at `price` (other per one) that holds `depth` dollars, the share `near` of them within ±5 %; `dollars`
        are the prices of both tokens. With no depth it is open and empty."""
        low, high = sorted((one, other), key=lambda token: token.address.lower())
        raw = price * 10 ** (other.decimals - one.decimals)
        raw = raw if low is one else 1 / raw
        root = int(math.sqrt(raw) * 2**96)
        self.anvil.send(self.positions, call_data(_OPEN, low.address, high.address, fee, root))
        tick, spacing = math.floor(math.log(raw, 1.0001)), _SPACING[fee]
        worth = {one: dollars[0], other: dollars[1]}
        for share, width in ((near, 500), (1 - near, 20_000)) if depth else ():
            ends = [round((tick + way * width) / spacing) * spacing for way in (-1, 1)]
            each = [int(depth * share / 2 / worth[token] * 10**token.decimals) for token in (low, high)]
            values = (low.address, high.address, fee, *ends, *each, 0, 0, self.anvil.trader, _FOR_EVER)
            self.anvil.send(self.positions, tupled(_MINT, values))

    def _trade_everywhere(self) -> None:
        """A pool's first swap each way writes what never was written, and costs a fifth more gas than any later one."""
        pairs = [(self.weth, self.usdc, fee) for fee in DEPTHS] + [(self.link, self.weth, fee) for fee in (3000, 10000)]
        for one, other, fee in pairs:
            before = self.sqrt_price(one, other, fee)
            for pays, gets in ((one, other), (other, one)):
                values = (pays.address, gets.address, fee, self.anvil.trader, 10**pays.decimals // 100, 0, 0)
                self.anvil.send(self.book.router, tupled(_ONE, values))
            self._push(one, other, fee, before)

    def _push(self, one: Token, other: Token, fee: int, target: int) -> None:
        """Trade until the pool stands at this sqrtPriceX96."""
        low, high = sorted((one, other), key=lambda token: token.address.lower())
        now = self.sqrt_price(one, other, fee)
        if now != target:
            pays, gets = (low, high) if target < now else (high, low)
            values = (pays.address, gets.address, fee, self.anvil.trader, 10**23, 0, target)
            self.anvil.send(self.book.router, tupled(_ONE, values))

    def pool(self, one: Token, other: Token, fee: int) -> str:
        return pool_address(self.book.factory, one.address, other.address, fee)

    def move(self, price: float, *fees: int) -> None:
        """Trade WETH against USDC until the pools of these fees, or of all, stand at this price."""
        for fee in fees or DEPTHS:
            low = min(self.weth, self.usdc, key=lambda token: token.address.lower())
            raw = price * 10.0 ** (self.usdc.decimals - self.weth.decimals)
            self._push(self.weth, self.usdc, fee, int(math.sqrt(raw if low == self.weth else 1 / raw) * 2**96))

    def sqrt_price(self, one: Token, other: Token, fee: int) -> int:
        found = self.anvil.rpc("eth_call", {"to": self.pool(one, other, fee), "data": call_data("slot0()")}, "latest")
        return int(found[2:66], 16)

    def executed(self, data: str, pays: Token, receives: Token) -> Moved:
        """What this call of the router really moves for the trader. Undone afterwards. Raises Refused."""
        with self.anvil.rewound():
            before = self.balance(pays), self.balance(receives)
            receipt = self.anvil.send(self.book.router, data)
            return Moved(before[0] - self.balance(pays), self.balance(receives) - before[1], receipt)

    def balance(self, token: Token) -> int:
        data = call_data("balanceOf(address)", self.anvil.trader)
        return int(self.anvil.rpc("eth_call", {"to": token.address, "data": data}, "latest"), 16)

    def head(self) -> int:
        return int(self.anvil.rpc("eth_blockNumber"), 16)

    def mine(self, blocks: int = 1) -> None:
        self.anvil.rpc("anvil_mine", hex(blocks))

    def base_fee(self, wei: int) -> None:
        """Have the block after the newest cost this much, and mine one so that the newest did too."""
        self.anvil.rpc("anvil_setNextBlockBaseFeePerGas", hex(wei))
        self.mine()

    def tell_arbitrum(self, l1_units: int) -> None:
        """Have Arbitrum's NodeInterface, which no package holds, say that a transaction's data is worth so much gas."""
        words = "".join(f"7f{word:064x}60{place:02x}52" for word, place in ((l1_units, 0), (10**7, 32), (10**9, 64)))
        self.lab.place(NODE_INTERFACE, f"0x{words}60605ff3")

    def snapshot(self) -> str:
        return str(self.anvil.rpc("evm_snapshot"))

    def revert(self, mark: str) -> None:
        self.anvil.rpc("evm_revert", mark)

    def first_layer(self, base_wei: int, blob_base_wei: int) -> None:
        """What the first layer costs from now on, as the oracle and the chain itself are told."""
        words = {1: base_wei, 3: _SCALAR << 96 | _BLOB_SCALAR << 64, 7: blob_base_wei}
        for slot, word in words.items():
            self.anvil.rpc("anvil_setStorageAt", L1_BLOCK, f"0x{slot:064x}", f"0x{word:064x}")
        self.mine()

    def _open_fee_oracle(self) -> None:
        for address, name in ((FEE_ORACLE, "GasPriceOracle"), (L1_BLOCK, "L1Block")):
            self.lab.place(address, runtime_code(self.lab.modules / _OP.format(name)))
        # The oracle is past the upgrades Ecotone and Fjord.
        self.anvil.rpc("anvil_setStorageAt", FEE_ORACLE, f"0x{0:064x}", f"0x{0x0101:064x}")
        self.first_layer(10**10, 10**8)

    def _raise_contracts(self) -> None:
        factory, weth = self.book.factory, self.weth.address
        self.lab.open(factory, self._built(_V3))
        self.anvil.send(factory, call_data("enableFeeAmount(uint24,int24)", 100, 1))
        self.lab.open(self.book.quoter, self._built(_QUOTER) + encode(["address"] * 2, [factory, weth]).hex())
        arguments = encode(["address"] * 4, [_NOBODY, factory, self.positions, weth]).hex()
        self.lab.open(self.book.router, self._built(_ROUTER) + arguments)

    def _fund(self) -> None:
        trader = self.anvil.trader
        self.anvil.rpc("anvil_setBalance", trader, hex(10**26))
        order = {"from": trader, "to": self.weth.address, "value": hex(10**25), "data": call_data("deposit()")}
        self.anvil.rpc("eth_sendTransactionSync", order)
        for token in (self.weth, self.usdc, self.link):
            for spender in (self.book.router, self.positions):
                self.anvil.send(token.address, call_data("approve(address,uint256)", spender, _FOR_EVER))

    def _token(self, symbol: str) -> Token:
        found = named(self.chain_id, symbol)
        assert found
        return found

    def _built(self, path: str) -> str:
        return creation_code(self.lab.modules / path)


def tupled(signature: str, values: tuple[object, ...]) -> str:
    """A call whose only argument is a struct."""
    kinds = signature[signature.index("(") + 1 : -1]
    return f"0x{selector(signature)}{encode([kinds], [values]).hex()}"


def runtime_code(path: Path) -> str:
    """The code of a contract as it stands, from a build of forge."""
    return str(json.loads(path.read_text("utf-8"))["deployedBytecode"]["object"])


def node(chain_id: int, modules: Path, home: Path, opened: datetime, *options: str) -> Anvil:
    """A node that charges what such a chain charges: on Base, for the data that goes to the first layer, too."""
    kind = ("--network", "optimism", "--hardfork", "isthmus") if chain_id in OP_STACK else ("--hardfork", "prague")
    return Anvil(modules, chain_id, home, opened, *kind, *options)


@contextmanager
def chain(chain_id: int, block_s: int = 2, weth_price: int = 3500) -> Iterator[Market]:
    """A node at the present time with pools, for a desk in another process. Every transaction makes a block, and every
    `block_s` seconds make one. To be opened from the main thread."""
    modules, ticking = install(), ("--mixed-mining", "--block-time", str(block_s))
    with (
        tempfile.TemporaryDirectory(prefix="drydock-chain-") as home,
        node(chain_id, modules, Path(home), datetime.now(UTC), *ticking) as anvil,
    ):
        yield Market(Lab(anvil, modules), weth_price)
