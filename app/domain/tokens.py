"""Tokens: what identifies one, and how a symbol or an address finds it."""

import re
from dataclasses import dataclass
from typing import NamedTuple

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class TokenKey(NamedTuple):
    """What identifies a token: its chain and its address in lower case."""

    chain_id: int
    address: str


def is_address(text: str) -> bool:
    """Whether the text has the form of an EVM address (its checksum is not looked at)."""
    return _ADDRESS.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Token:
    """An ERC-20 token. `address` is EIP-55; `coingecko_id` names the asset it is priced as, if curated."""

    chain_id: int
    address: str
    symbol: str
    name: str
    decimals: int
    coingecko_id: str | None = None

    @property
    def key(self) -> TokenKey:
        return TokenKey(self.chain_id, self.address.lower())
