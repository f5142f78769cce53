"""The floor: what all the doubled sources share: tape, listed tokens and pools, mischief afoot, calls made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.domain.chains import CHAINS
from app.domain.registry import REGISTRY, on_chain
from app.domain.tokens import Token, TokenKey
from tests.double.mischief import Mischief
from tests.double.pools import Pool, deployed_pool, pools_on
from tests.double.tally import Request
from tests.double.tape import Tape, UnknownAsset, asset_name
from tests.double.wire import Lens

PRICED = ("coingecko", "defillama", "dexscreener", "geckoterminal", "coinbase", "kraken", "alchemy")
QUOTING = ("kyberswap", "velora")
ON_CHAIN = ("chainlink", "rpc", *(f"rpc/{chain_id}" for chain_id in CHAINS))
SOURCES = frozenset({*PRICED, *QUOTING, *ON_CHAIN})

# How long before the answer the stated time lies, in seconds; the price itself is always the present one.
_LAG_S = {"coingecko": 5, "defillama": 20, "alchemy": 3, "chainlink": 12}


def utc_now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Deployed:
    """An unlisted token; `old_text` answers name and symbol as bytes32."""

    token: Token
    old_text: bool = False


@dataclass(slots=True)
class Floor:
    """State that tests change from their own thread while the server reads it."""

    now: Callable[[], datetime] = utc_now
    prices: Mapping[str, str | Decimal] | None = None
    tape: Tape = field(init=False)
    requests: list[Request] = field(default_factory=list[Request])
    deployed: dict[TokenKey, Deployed] = field(default_factory=dict[TokenKey, Deployed])
    contracts: set[TokenKey] = field(default_factory=set[TokenKey])
    delisted: set[str] = field(default_factory=set[str])
    sequencers: dict[int, tuple[bool, datetime]] = field(default_factory=dict[int, tuple[bool, datetime]])
    _new_pools: list[Pool] = field(default_factory=list[Pool])
    _afoot: dict[tuple[str, str | None], Mischief] = field(default_factory=dict[tuple[str, str | None], Mischief])
    _skews: dict[tuple[str, str], Decimal] = field(default_factory=dict[tuple[str, str], Decimal])

    def __post_init__(self) -> None:
        self.tape = Tape(self.now, self.prices)

    def misbehave(self, source: str, mischief: Mischief, asset: str | None = None) -> None:
        """Raises ValueError for an unknown source and UnknownAsset for an unknown asset."""
        self._afoot[_known(source), self._asset(asset)] = mischief

    def behave(self, source: str | None = None) -> None:
        """Ends the mischief of one source, or of all."""
        for key in [key for key in list(self._afoot) if source in (None, key[0])]:
            self._afoot.pop(key, None)

    def skew(self, source: str, asset: str, factor: Decimal) -> None:
        """The source sees the asset's price times `factor` from now on; 1 ends it."""
        self._skews[_known(source), self._asset(asset) or ""] = factor

    def afoot(self, sources: tuple[str, ...], assets: set[str]) -> list[Mischief]:
        """The mischiefs that touch an answer of these sources about these assets: for all tokens, then for one."""
        places: list[str | None] = [None, *sorted(assets)]
        found = [self._afoot.get((source, place)) for source in sources for place in places]
        return [mischief for mischief in found if mischief]

    def lens(self, sources: tuple[str, ...], asset: str) -> Lens:
        """The sight that the first of the sources has of an asset; the mischief of any of them spoils it."""
        name = asset_name(asset)
        skew = self._skews.get((sources[0], name), Decimal(1))
        places = [(source, place) for place in (name, None) for source in sources]
        mischief = next(filter(None, map(self._afoot.get, places)), None)
        seen_at = self.now() - timedelta(seconds=_LAG_S.get(sources[0], 0))
        return Lens(self.tape.price(name) * skew, seen_at, mischief, skew)

    def deploy(self, token: Token, old_text: bool, liquidity_usd: Decimal | None, price: Decimal) -> str:
        """Adds an unlisted token, with a market where liquidity is given; answers its name on the tape."""
        self.deployed[token.key] = Deployed(token, old_text)
        self.tape.list(asset_of(token), price)
        if liquidity_usd is not None:
            self._new_pools.append(deployed_pool(token, liquidity_usd))
        return asset_of(token)

    def token(self, chain_id: int, address: str) -> Token | None:
        """The token at an address (any case), listed or deployed."""
        key = TokenKey(chain_id, address.lower())
        return REGISTRY.get(key) or (self.deployed[key].token if key in self.deployed else None)

    def tokens(self, chain_id: int) -> list[Token]:
        """Every token of a chain, listed ones first."""
        return [*on_chain(chain_id), *(d.token for d in self.deployed.values() if d.token.chain_id == chain_id)]

    def pools(self, chain_id: int) -> list[Pool]:
        """Every pool of a mainnet in order of address; a testnet has none that a provider knows."""
        chain = CHAINS.get(chain_id)
        if chain is None or chain.is_testnet:
            return []
        new = [pool for pool in self._new_pools if pool.base.chain_id == chain_id]
        return sorted([*pools_on(chain_id), *new], key=lambda pool: pool.address.lower())

    def _asset(self, asset: str | None) -> str | None:
        if asset is not None and asset not in self.tape:
            raise UnknownAsset(asset)
        return None if asset is None else asset_name(asset)


def asset_of(token: Token) -> str:
    """The asset that a token is on the tape: its CoinGecko id, or 'chain:address' where it has none."""
    return asset_name(token.coingecko_id or f"{token.chain_id}:{token.key.address}")


def _known(source: str) -> str:
    if source not in SOURCES:
        raise ValueError(f"no source named {source!r}; there are {', '.join(sorted(SOURCES))}")
    return source
