"""The pools of the doubled DEX sources: deep and shallow ones, both sides round, and two traps on every chain."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from hashlib import sha256
from zlib import crc32

from eth_utils.address import to_checksum_address

from app.domain.registry import on_chain
from app.domain.tokens import Token
from tests.double.tape import STABLE

_KNOWN = {
    (1, "WETH", "USDC"): "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640",
    (10, "WETH", "USDC"): "0x1fb3cf6e48F1E7B10213E7b6d87D4c073C7Fdb7b",
    (137, "WETH", "USDC"): "0xA4D8c89f0c20efbe54cBa9e7e7a7E509056228D9",
    (8453, "WETH", "USDC"): "0xd0b53D9277642d899DF5C87A3966A349A798F224",
    (42161, "WETH", "USDC"): "0xC6962004f452bE9203591991D15f6b388e09E8D0",
    (8453, "cbBTC", "USDC"): "0xfBB6Eed8e7aa03B138556eeDaF5D271A5E1e43ef",
    (1, "WETH", "UNI"): "0x1d42064Fc4Beb5F8aAF85F4617AE8b3b5B8Bd801",
    (1, "WETH", "LINK"): "0xa6Cc3C2531FdaA6Ae1A3CA84c2855806728693e8",
}
# In their deepest pool these are the quote token.
QUOTE_SIDE = frozenset({"LINK", "UNI"})
_AGAINST_USDC = frozenset({"WETH", "WBTC", "cbBTC", "WPOL", "EURC"})


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool; prices in it are the tape's times `off`. `listed` is False where a source knows no more than that
    the pool exists: no price and no liquidity."""

    address: str
    exchange: str
    base: Token
    quote: Token
    liquidity_usd: Decimal
    fee_pct: str = "0.3"
    off: Decimal = Decimal(1)
    listed: bool = True

    @property
    def chain_id(self) -> int:
        return self.base.chain_id

    def holds(self, address: str) -> bool:
        return address.lower() in (self.base.key.address, self.quote.key.address)


def deployed_pool(token: Token, liquidity_usd: Decimal) -> Pool:
    """The only pool of an unlisted token, against the chain's WETH."""
    return Pool(_address(token, "deployed"), "uniswap", token, _symbol(token.chain_id, "WETH"), liquidity_usd)


@cache
def pools_on(chain_id: int) -> tuple[Pool, ...]:
    """The pools of a mainnet's listed tokens.

    Each token has a deep pool and one of a twelfth of its size with the sides exchanged. WETH also has a pool
    of $1,500 that is 40 % off, and one that was only just made.
    """
    usdc, weth = _symbol(chain_id, "USDC"), _symbol(chain_id, "WETH")
    pools: list[Pool] = []
    for token in on_chain(chain_id):
        if token.symbol != "USDC":
            pools += _pair(token, usdc if token.symbol in _AGAINST_USDC or token.coingecko_id in STABLE else weth, usdc)
    trap = Pool(_address(weth, "trap"), "uniswap", weth, usdc, Decimal(1500), "1", off=Decimal("1.4"))
    new = Pool(_address(weth, "new"), "uniswap", weth, usdc, Decimal(0), "1", listed=False)
    return (*pools, trap, new)


def _pair(token: Token, deep: Token, shallow: Token) -> list[Pool]:
    base, quote = (deep, token) if token.symbol in QUOTE_SIDE else (token, deep)
    fee, size = ("0.05", Decimal(90_000_000)) if deep.symbol == "USDC" else ("0.3", _size(token))
    known = _KNOWN.get((token.chain_id, base.symbol, quote.symbol))
    main = Pool(known or _address(token, "deep"), "uniswap", base, quote, size, fee)
    back = (token, shallow) if token.symbol in QUOTE_SIDE else (shallow, token)
    return [main, Pool(_address(token, "shallow"), "sushiswap", *back, round(size / 12, 2), "0.3")]


def _size(token: Token) -> Decimal:
    return Decimal(2_000_000 + crc32(token.key.address.encode()) % 18_000_000)


def _symbol(chain_id: int, symbol: str) -> Token:
    return next(token for token in on_chain(chain_id) if token.symbol == symbol)


def _address(token: Token, which: str) -> str:
    seed = f"{token.chain_id}/{token.key.address}/{which}"
    return str(to_checksum_address("0x" + sha256(seed.encode()).hexdigest()[:40]))
