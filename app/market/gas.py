"""What a transaction costs on its chain, the pure part: fees of the next block, and of the data elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from eth_abi.abi import encode

from app.domain.bids import PERCENTILES, Bid, Fare
from app.domain.quotes import Gas, Leg
from app.market.decode import Json, rows, table
from app.market.rpc import Ask, eth_call, int_of
from app.market.source import Garbled

OP_STACK = frozenset({10, 8453, 84532})
ARBITRUM = frozenset({42161})

_BLOCKS = 5
_STANDARD = PERCENTILES.index(Bid.STANDARD.percentile)
_OP_LEAST_TIP = 1_000_000
# A sequencer orders by time there: what is offered on top of the base fee is not charged.
_UNTIPPED = ARBITRUM
# No block of these chains has room for more.
_MOST_UNITS = 100_000_000
_LEAST_UNITS = 21_000
FIRST_BALANCE = 17_100
# 2^100 wei is more than all ether: what claims a fee beyond it makes no sense.
_MOST_WEI = 2**100

_FEE_ORACLE = "0x420000000000000000000000000000000000000F"
_L1_FEE, _OPERATOR_FEE = "0x49948e0e", "0x275aedd2"
_NODE_INTERFACE = "0x00000000000000000000000000000000000000C8"
_L1_COMPONENT = "0x77d488a2"

# Fields of a transaction that only its length matters of: a nonce of an account in use, and ordinary fees and limit.
_NONCE, _TIP_WEI, _MOST_FEE_WEI, _LIMIT = 0x2B7, 0x0F4A19, 0x3B9ACA07, 0x3D8F1

Rlp = bytes | list["Rlp"]


@dataclass(frozen=True, slots=True)
class Fees:
    """What a unit of gas costs in the block after `block`, in wei: the base fee, known, and a usual tip for each of
    PERCENTILES, which never falls from one to the next."""

    block: int
    base_wei: int
    tips: tuple[int, ...]

    @property
    def tip_wei(self) -> int:
        """The standard bid's."""
        return self.tips[_STANDARD]

    @property
    def unit_wei(self) -> int:
        """With the standard bid's tip."""
        return self.base_wei + self.tip_wei


def fees_ask(block: str) -> Ask:
    """The call that tells what `fees` reads; `block` is a tag or a hex number."""
    return ("eth_feeHistory", [hex(_BLOCKS), block, [*PERCENTILES]])


def fees(result: object, chain_id: int) -> Fees:
    """The last base fee of an eth_feeHistory, which is the next block's; a percentile's tip is the median of what the
    transaction at that percentile of each block gave, at least 0.001 gwei on OP chains. Raises Garbled."""
    history = table(result, "the fee history")
    bases = [_wei(value) for value in rows(history.get("baseFeePerGas"), "the base fees")]
    if len(bases) < 2:
        raise Garbled("the fee history has no next block")
    tips = [_tips(block) for block in rows(history.get("reward"), "the tips")]
    if len(tips) != len(bases) - 1:
        raise Garbled("the fee history has another number of tips than of blocks")
    least = _OP_LEAST_TIP if chain_id in OP_STACK else 0
    untipped = chain_id in _UNTIPPED
    usual = tuple(0 if untipped else max(least, median_low(column)) for column in zip(*tips, strict=True))
    return Fees(int_of(history.get("oldestBlock")) + len(tips) - 1, bases[-1], usual)


def units(result: object) -> int:
    """The gas of an eth_estimateGas. Raises Garbled for what no swap could use."""
    found = int_of(result)
    if not _LEAST_UNITS < found <= _MOST_UNITS:
        raise Garbled("an estimate of gas that no swap could use")
    return found


def used(estimated: int, exact: Leg, pools: int) -> int:
    """The gas that a receipt will show, given what eth_estimateGas says a transaction has to bring.

    Nodes search downwards from (used + refunds + 2,300) · 64/63, so the middle of what is left without the refunds is
    within 2 % of what is used. The router gives back a slot where the receiving leg is exact (2,800), and where what
    is paid passes through it between two pools (19,900 each): EIP-3529's refunds of its own storage.
    """
    refunds = 19_900 * (pools - 1) if exact is Leg.PAY else 2_800
    least = estimated * 63 // 64 - 2_300 - refunds
    return max((least + estimated - refunds) // 2, _LEAST_UNITS)


def beyond_quoter(pools: int, *, holds: bool) -> int:
    """The gas of a swap outside of what QuoterV2 measures: the transaction, the router, taking what is paid.

    Measured on a real EVM, receipt less gasEstimate, SwapRouter02, a wallet that holds both tokens: 26,200 to 34,100
    through one pool, 15,400 to 24,100 through two (each pool's measure holds a balance that is new to the quoter). A
    wallet that holds nothing yet of what it receives writes a new balance: 17,100 more.
    """
    return 34_000 - 10_000 * (pools - 1) + (0 if holds else FIRST_BALANCE)


def cost(chain_id: int, fees: Fees, units: int, basis: str, data: Sequence[bytes | None]) -> Gas:
    """All of it. `data` is what the calls of `data_asks` returned, None where one reverted. Raises Garbled.

    Arbitrum counts the data in units of gas, which its eth_estimateGas has already added.
    """
    own, l1_wei, l1_units = units, 0, 0
    if chain_id in OP_STACK:
        # The operator's fee came later than the oracle: one that does not know it charges none.
        l1_wei = word(data[0]) + (word(data[1]) if data[1] else 0)
    elif chain_id in ARBITRUM:
        l1_units = word(data[0])
        own = max(units - l1_units, _LEAST_UNITS) if basis == "estimate" else units
    priced = zip(PERCENTILES, (fees.base_wei + tip for tip in fees.tips), strict=True)
    fares = tuple(Fare(percentile, wei, l1_wei + l1_units * wei) for percentile, wei in priced)
    return Gas(own, fees.unit_wei, fares[_STANDARD].l1_wei, basis, fares=fares)


def unsigned(chain_id: int, to: str, data: str) -> bytes:
    """The transaction as it is before it is signed (EIP-1559), for oracles that charge for its bytes."""
    fields: list[Rlp] = [_big(chain_id), _big(_NONCE), _big(_TIP_WEI), _big(_MOST_FEE_WEI), _big(_LIMIT)]
    fields += [bytes.fromhex(to[2:]), b"", bytes.fromhex(data[2:]), []]
    return b"\x02" + rlp(fields)


def rlp(item: Rlp) -> bytes:
    """Recursive Length Prefix, as the Yellow Paper's appendix B has it."""
    if isinstance(item, list):
        inner = b"".join(rlp(part) for part in item)
        return _length(len(inner), 0xC0) + inner
    if len(item) == 1 and item[0] < 0x80:
        return item
    return _length(len(item), 0x80) + item


def data_asks(chain_id: int, to: str, data: str, block: str, units_about: int) -> list[Ask]:
    """The calls that tell what the transaction's data costs where the chain keeps it; none on other chains."""
    if chain_id in OP_STACK:
        fee = _L1_FEE + encode(["bytes"], [unsigned(chain_id, to, data)]).hex()
        operator = _OPERATOR_FEE + encode(["uint256"], [units_about]).hex()
        return [eth_call(_FEE_ORACLE, fee, block), eth_call(_FEE_ORACLE, operator, block)]
    if chain_id in ARBITRUM:
        values = [to, False, bytes.fromhex(data[2:])]
        component = _L1_COMPONENT + encode(["address", "bool", "bytes"], values).hex()
        return [eth_call(_NODE_INTERFACE, component, block)]
    return []


def word(data: bytes | None) -> int:
    """The first word of what a contract returned, as wei or units. Raises Garbled where there is none, or where it
    makes no sense."""
    if data is None or len(data) < 32:
        raise Garbled("a fee is missing")
    return _sound(int.from_bytes(data[:32], "big"))


def _tips(block: Json) -> list[int]:
    """What one block's transactions gave, one tip for each of PERCENTILES. Raises Garbled."""
    tips = [_wei(tip) for tip in rows(block, "a block's tips")]
    if len(tips) != len(PERCENTILES):
        raise Garbled("a block has another number of tips than was asked for")
    if tips != sorted(tips):
        raise Garbled("a block's tips fall as the percentile rises")
    return tips


def _wei(value: Json) -> int:
    return _sound(int_of(value))


def _sound(wei: int) -> int:
    if wei > _MOST_WEI:
        raise Garbled("a fee is beyond all ether")
    return wei


def _length(count: int, base: int) -> bytes:
    if count < 56:
        return bytes([base + count])
    size = _big(count)
    return bytes([base + 55 + len(size)]) + size


def _big(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
