"""What may come off the wire instead of an answer: anything at all, and good answers that were damaged."""

import copy
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.market import answers as a

Path = tuple[str | int, ...]

WORDS = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1",
        "2087.84",
        "NaN",
        "1e-18",
        "1e30",
        "1e999",
        "0x",
        "0x1",
        "0x" + "ff" * 32,
        "0x" + "00" * 31 + "20" + "ff" * 32,
        "base",
        "usd",
        "\ud800",
        "2026-05-28T04:04:11Z",
        "9999-12-31T23:59:59-23:59",
        a.WETH.address,
        a.POOL.address,
        hex(8453),
    ]
)
NUMBERS = st.sampled_from(
    [0, 1, -1, 3, 8453, a.STAMP, 10**12, 10**400, -(10**400)]
    + [Decimal(text) for text in ("0.5", "-0", "1e-18", "1e30", "1e-999999", "1e999999", "NaN", "sNaN", "Infinity")]
)
LEAVES = st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=8) | st.integers() | st.decimals()
KEYS = st.sampled_from(
    ["data", "error", "errors", "status", "message", "coins", "prices", "price", "usd", "result", "id", "code", "c"]
)
GARBAGE = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | WORDS, inner, max_size=4), max_leaves=12
)


def paths(node: Any, here: Path = ()) -> list[Path]:
    """The way to every node of a decoded value, itself first."""
    steps: list[Any] = []
    if isinstance(node, dict | list):
        steps = list(node) if isinstance(node, dict) else list(range(len(node)))
    return [here, *(path for step in steps for path in paths(node[step], (*here, step)))]


@st.composite
def mutations(draw: st.DrawFn, valid: Any) -> Any:
    """The valid answer with up to three of its nodes replaced by garbage or taken out."""
    payload = copy.deepcopy(valid)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths(payload)))
        if not path:
            return draw(GARBAGE)
        node = payload
        for step in path[:-1]:
            node = node[step]
        if draw(st.booleans()):
            node[path[-1]] = draw(GARBAGE)
        else:
            del node[path[-1]]
    return payload
