"""Which price sources there are, and how the usable ones are built."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.market.alchemy import Alchemy
from app.market.chainlink import Chainlink
from app.market.coinbase import Coinbase
from app.market.coingecko import CoinGecko
from app.market.defillama import DefiLlama
from app.market.dexscreener import DexScreener
from app.market.feeds import FEEDS
from app.market.geckoterminal import GeckoTerminal
from app.market.kraken import Kraken
from app.market.rpc import PUBLIC_NODES
from app.market.source import PriceSource

# All sources, in the order in which they lead.
NAMES = ("dexscreener", "geckoterminal", "coinbase", "kraken", "alchemy", "coingecko", "defillama", "chainlink")


@dataclass(frozen=True, slots=True)
class Keys:
    """What was bought: empty where nothing was. `coingecko_plan` is demo or pro and says what the key is for."""

    coingecko_key: str = field(default="", repr=False)
    coingecko_plan: str = "demo"
    alchemy_key: str = field(default="", repr=False)


def build(
    selected: tuple[str, ...], urls: Mapping[str, str], keys: Keys, chain_id: int, rpc_urls: tuple[str, ...]
) -> tuple[PriceSource, ...]:
    """The usable sources in the order of `selected`, or of NAMES where that is empty.

    A source's index in the tuple is its `card.rank`: the first one leads (Chainlink never does). `urls` replaces
    base URLs by source name; `chain_id` is a mainnet; public nodes stand in for missing `rpc_urls`. Alchemy without
    a key and Chainlink without feeds on the chain are left out. Raises ValueError for a name that is no source.
    """
    unknown = [name for name in selected if name not in NAMES]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a price source")
    names = [name for name in dict.fromkeys(selected or NAMES) if _usable(name, keys, chain_id)]
    nodes = rpc_urls or PUBLIC_NODES.get(chain_id, ())
    return tuple(
        _built(name, rank, urls.get(name, "").rstrip("/"), keys, chain_id, nodes) for rank, name in enumerate(names)
    )


def _usable(name: str, keys: Keys, chain_id: int) -> bool:
    if name == "alchemy":
        return bool(keys.alchemy_key)
    return name != "chainlink" or chain_id in FEEDS


def _built(name: str, rank: int, url: str, keys: Keys, chain_id: int, nodes: tuple[str, ...]) -> PriceSource:
    made: dict[str, PriceSource] = {
        "dexscreener": DexScreener(url, rank),
        "geckoterminal": GeckoTerminal(url, rank),
        "coinbase": Coinbase(url, rank),
        "kraken": Kraken(url, rank),
        "alchemy": Alchemy(keys.alchemy_key, url, rank),
        "coingecko": CoinGecko(keys.coingecko_key, keys.coingecko_plan if keys.coingecko_key else "keyless", url, rank),
        "defillama": DefiLlama(url, rank),
        "chainlink": Chainlink(chain_id, nodes, rank),
    }
    return made[name]
