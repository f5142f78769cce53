"""Uniswap V3, the pure part: where its contracts are, what to ask them, and what their answers mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from itertools import product as every
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from app.domain.money import minus, plain, product, ratio, significant, total
from app.domain.quotes import Leg
from app.domain.registry import named
from app.domain.tokens import Token
from app.market.erc20 import checksummed
from app.market.source import Garbled

# Hundredths of a basis point; enabled by the factory on every chain.
FEES = (100, 500, 3000, 10000)
MOST_UNITS = 2**255 - 1

_MILLION = Decimal(1_000_000)
# Where a swap stops when the pool has nothing left to give, on either side.
_FLOOR, _CEILING = 4295128740, 1461446703485210103287273052203988822378723970341
_LIMITS = frozenset({_FLOOR, _CEILING})
_POOL_CODE = bytes.fromhex("e34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54")

_QUOTE_ONE = {Leg.PAY: "c6a5026a", Leg.RECEIVE: "bd21704a"}
_QUOTE_PATH = {Leg.PAY: "cdca1753", Leg.RECEIVE: "2f80bb1d"}
_SWAP_ONE = {Leg.PAY: "04e45aaf", Leg.RECEIVE: "5023b4df"}
_SWAP_PATH = {Leg.PAY: "b858183f", Leg.RECEIVE: "09b81346"}
SLOT0, LIQUIDITY = "0x3850c7bd", "0x1a686502"


@dataclass(frozen=True, slots=True)
class Book:
    """Where the contracts of one chain are. `router` is SwapRouter02, `quoter` QuoterV2."""

    factory: str
    quoter: str
    router: str


_FIRST = Book(
    "0x1F98431c8aD98523631AE4a59f267346ea31F984",
    "0x61fFE014bA17989E743c5F6cB21bF9697530B21e",
    "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45",
)
BOOKS: dict[int, Book] = {
    1: _FIRST,
    10: _FIRST,
    137: _FIRST,
    42161: _FIRST,
    8453: Book(
        "0x33128a8fC17869897dcE68Ed026d694621f6FDfD",
        "0x3d4e44Eb1374240CE5F1B871ab261CD16335B76a",
        "0x2626664c2603336E57B271c5C0b26F421741e481",
    ),
}
_BETWEEN = {137: ("WETH", "WPOL")}
_WRAPPED = {137: "WPOL"}


@dataclass(frozen=True, slots=True)
class Route:
    """A way through the pools: the tokens from the one that is paid to the one received, and each pool's fee."""

    tokens: tuple[Token, ...]
    fees: tuple[int, ...]

    @property
    def label(self) -> str:
        """As people call it: '0.05 %', or '0.05 % → WETH → 0.3 %'."""
        parts = [f"{plain(Decimal(fee) / 10_000)} %" for fee in self.fees]
        between = [token.symbol for token in self.tokens[1:-1]]
        return parts[0] + "".join(f" → {symbol} → {part}" for symbol, part in zip(between, parts[1:], strict=True))

    @property
    def fee(self) -> Decimal:
        """The fraction of what is paid that the pools keep: 1 − (1 − fee) of every pool."""
        kept = Decimal(1)
        for fee in self.fees:
            kept = product(kept, 1 - Decimal(fee) / _MILLION)
        return total(Decimal(1), minus(kept))

    def pools(self, factory: str) -> tuple[str, ...]:
        """The address of each pool on the way, whether there is one or not."""
        hops = zip(pairwise(self.tokens), self.fees, strict=True)
        return tuple(pool_address(factory, one.address, other.address, fee) for (one, other), fee in hops)


@dataclass(frozen=True, slots=True)
class Quoted:
    """What QuoterV2 answered: the other leg in base units, the gas of the swap inside it, and whether a pool ran dry,
    in which case the amount is for a part of what was asked only."""

    amount: int
    gas: int
    dry: bool


def native_coin(chain_id: int) -> Token | None:
    """The token that pools take for the chain's native coin."""
    return named(chain_id, _WRAPPED.get(chain_id, "WETH"))


def between(chain_id: int, pays: Token, receives: Token) -> tuple[Token, ...]:
    """The tokens through which a swap may go."""
    found = (named(chain_id, symbol) for symbol in _BETWEEN.get(chain_id, ("WETH",)))
    return tuple(token for token in found if token and token.key not in (pays.key, receives.key))


def routes(chain_id: int, pays: Token, receives: Token) -> tuple[Route, ...]:
    """Every way to try: direct, then through one token between, over all fees."""
    direct = [Route((pays, receives), (fee,)) for fee in FEES]
    hops = between(chain_id, pays, receives)
    return (*direct, *(Route((pays, hop, receives), fees) for hop in hops for fees in every(FEES, FEES)))


@lru_cache(maxsize=2048)
def pool_address(factory: str, one: str, other: str, fee: int) -> str:
    """Where the factory puts the pool of two tokens (CREATE2), EIP-55."""
    low, high = sorted((one.lower(), other.lower()))
    salt = keccak(encode(["address", "address", "uint24"], [low, high, fee]))
    return checksummed("0x" + keccak(b"\xff" + bytes.fromhex(factory[2:]) + salt + _POOL_CODE)[12:].hex())


def quote_data(route: Route, exact: Leg, amount: int) -> str:
    """The call of QuoterV2 for an exact amount in base units (uint256), in hex."""
    if len(route.fees) > 1:
        return "0x" + _QUOTE_PATH[exact] + encode(["bytes", "uint256"], [_path(route, exact), amount]).hex()
    values = [*_ends(route), amount, *route.fees, 0]
    return "0x" + _QUOTE_ONE[exact] + encode(["address", "address", "uint256", "uint24", "uint160"], values).hex()


def swap_data(route: Route, exact: Leg, amount: int, limit: int, recipient: str) -> str:
    """The call of SwapRouter02 in hex. `limit` is the least to receive, or the most to pay, in base units."""
    if len(route.fees) > 1:
        values = (_path(route, exact), recipient, amount, limit)
        return "0x" + _SWAP_PATH[exact] + encode(["(bytes,address,uint256,uint256)"], [values]).hex()
    kinds = ["address", "address", "uint24", "address", "uint256", "uint256", "uint160"]
    return "0x" + _SWAP_ONE[exact] + encode(kinds, [*_ends(route), *route.fees, recipient, amount, limit, 0]).hex()


def quoted(data: bytes, route: Route) -> Quoted:
    """What QuoterV2 returned for this route. Raises Garbled."""
    if len(route.fees) == 1:
        amount, after, _, gas = _decoded(["uint256", "uint160", "uint32", "uint256"], data)
        return Quoted(amount, gas, after in _LIMITS)
    amount, afters, _, gas = _decoded(["uint256", "uint160[]", "uint32[]", "uint256"], data)
    if len(afters) != len(route.fees):
        raise Garbled("the quoter answered for another number of pools")
    return Quoted(amount, gas, not _LIMITS.isdisjoint(afters))


def sqrt_price(data: bytes) -> int:
    """The sqrtPriceX96 of a slot0; 0 where the pool was never opened. Raises Garbled."""
    if len(data) < 32:
        raise Garbled("a pool states no price")
    value = int.from_bytes(data[:32], "big")
    if value and not _FLOOR <= value <= _CEILING:
        raise Garbled("a pool's price is outside what Uniswap knows")
    return value


def spot(tokens: Sequence[Token], sqrt_prices: Sequence[int]) -> Decimal:
    """What one whole first token is worth in whole last tokens along the way, before any fee; to 18 digits.

    token1 per token0 = (sqrtPriceX96 / 2^96)² · 10^(decimals0 − decimals1). Every price is above zero.
    """
    above, below = 10 ** tokens[0].decimals, 10 ** tokens[-1].decimals
    for (one, other), root in zip(pairwise(tokens), sqrt_prices, strict=True):
        squared, unit = root**2, 2**192
        first = one.address.lower() < other.address.lower()
        above, below = (above * squared, below * unit) if first else (above * unit, below * squared)
    return significant(ratio(Decimal(above), Decimal(below)))


def whole(units: int, decimals: int) -> Decimal:
    """Base units in whole tokens, exact."""
    return product(Decimal(units), Decimal(f"1e{-decimals}"))


def units_of(amount: Decimal, decimals: int) -> int | None:
    """Whole tokens in base units; None where the amount is not a positive number of them that a swap can carry."""
    units = product(amount, Decimal(f"1e{decimals}"))
    return int(units) if 0 < units <= MOST_UNITS and units == units.to_integral_value() else None


def _ends(route: Route) -> tuple[str, str]:
    return route.tokens[0].address, route.tokens[-1].address


def _path(route: Route, exact: Leg) -> bytes:
    """Token, fee, token …; from the end where the end is exact."""
    step = 1 if exact is Leg.PAY else -1
    addresses = [bytes.fromhex(token.address[2:]) for token in route.tokens[::step]]
    fees = [fee.to_bytes(3, "big") for fee in route.fees[::step]]
    return addresses[0] + b"".join(fee + address for fee, address in zip(fees, addresses[1:], strict=True))


def _decoded(kinds: list[str], data: bytes) -> tuple[Any, ...]:
    try:
        return decode(kinds, data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise Garbled("the quoter's answer cannot be decoded") from error
