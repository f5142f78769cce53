"""What the DEX sources have in common: when a pool is deep enough to be heard, and how it is named."""

import re
from decimal import Decimal
from typing import TypeGuard

# A pool of less is moved by a lunch, and is what false tokens are priced in.
LEAST_LIQUIDITY = Decimal(10_000)

# An address, or the 32-byte id of a Uniswap v4 pool.
_POOL_ID = re.compile(r"0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})")


def is_pool_id(value: object) -> TypeGuard[str]:
    """Whether the value is a pool's address or 32-byte id."""
    return isinstance(value, str) and _POOL_ID.fullmatch(value) is not None


def exchange_name(*parts: object) -> str:
    """The exchange's name from the parts that are text: 'uniswap v3'; 'unknown' where none is."""
    words = " ".join(part for part in parts if isinstance(part, str))
    return "".join(char for char in words if char.isprintable())[:40].strip() or "unknown"
