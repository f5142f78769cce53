"""The settings: environment variables and .env, parsed once, frozen, refused with one sentence."""

import re
from contextlib import suppress
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from app.domain.chains import CHAINS
from app.domain.registry import on_chain
from app.domain.tokens import is_address
from app.market.aggregators import AGGREGATORS
from app.market.sources import NAMES, Keys
from app.runtime import hidden

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
# The address of a source or a node can hold a key.
Base = Annotated[str, Field(repr=False)]
RpcUrls = Annotated[tuple[str, ...], NoDecode, Field(repr=False)]
# A shorter secret is soon guessed, and taken out of the log it would take other words with it; a longer one is more
# than the form of a sign-in holds.
_LEAST_CHARACTERS, _MOST_CHARACTERS = 8, 500
_UNSENT = re.compile(r"^\s|\s$|[\x00-\x1f\x7f\ud800-\udfff]")
_HASHED = "$argon2"
_HASH = re.compile(
    r"\$argon2(?:id|i|d)(?:\$v=(?:16|19))?\$m=[1-9]\d{0,9},t=[1-9]\d{0,9},p=[1-9]\d{0,6}"
    r"(?:\$(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2,4}){2}",
    re.ASCII,
)
_NAMED = re.compile(r"DRYDOCK_[A-Z0-9_]{1,60}")


class BadSetting(Exception):
    """A setting cannot be used; the message is one sentence that names the variable."""


class Settings(BaseSettings):
    """Everything that can be set, as the contract names it. Secrets do not show in its repr."""

    model_config = SettingsConfigDict(
        env_prefix="DRYDOCK_", env_file=".env", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    data_dir: Path = Path(".data")
    database_url: str = Field("", repr=False)
    redis_url: str = Field("", repr=False)
    password: SecretStr | None = None
    api_token: SecretStr | None = None
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    market: str = "auto"
    replay_speed: Decimal | Literal["max"] = Decimal(60)
    replay_symbol: str = "WETH"
    chain_id: int = 8453
    starting_balance: Decimal = Field(Decimal(10000), ge=1, le=Decimal("1e12"))
    watchlist: Annotated[tuple[str, ...], NoDecode] = ()
    sources: Annotated[tuple[str, ...], NoDecode] = ()
    coingecko_url: Base = ""
    alchemy_url: Base = ""
    defillama_url: Base = ""
    dexscreener_url: Base = ""
    geckoterminal_url: Base = ""
    coinbase_url: Base = ""
    kraken_url: Base = ""
    kyberswap_url: Base = ""
    velora_url: Base = ""
    coingecko_api_key: SecretStr | None = None
    coingecko_plan: Literal["demo", "pro"] = "demo"
    alchemy_api_key: SecretStr | None = None
    rpc_url_1: RpcUrls = ()
    rpc_url_10: RpcUrls = ()
    rpc_url_137: RpcUrls = ()
    rpc_url_8453: RpcUrls = ()
    rpc_url_42161: RpcUrls = ()
    rpc_url_84532: RpcUrls = ()
    rpc_url_11155111: RpcUrls = ()
    refresh_seconds: float = Field(15, ge=1, le=3600)
    bot_tick_seconds: float = Field(15, ge=1, le=3600)
    webhook_url: str = Field("", repr=False)
    log_format: Literal["text", "json"] = "text"

    @field_validator(
        "allowed_origins", "watchlist", "sources", *(f"rpc_url_{chain}" for chain in CHAINS), mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("password", "api_token", "coingecko_api_key", "alchemy_api_key")
    @classmethod
    def _can_be_sent(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        given = value.get_secret_value() if value else ""
        if _UNSENT.search(given):
            raise ValueError("it begins or ends with a space, or holds a character that cannot be sent")
        if info.field_name == "coingecko_api_key" and not given.isascii():
            raise ValueError("it goes into a header, which takes only ASCII")
        return value

    @field_validator("password", "api_token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _LEAST_CHARACTERS <= len(value.get_secret_value()) <= _MOST_CHARACTERS:
            raise ValueError(f"it must have at least {_LEAST_CHARACTERS} characters, and at most {_MOST_CHARACTERS}")
        return value

    @field_validator("password")
    @classmethod
    def _whole_hash(cls, value: SecretStr | None) -> SecretStr | None:
        given = value.get_secret_value() if value else ""
        if given.startswith(_HASHED) and not _HASH.fullmatch(given):
            raise ValueError("it begins as an argon2 hash does and is none")
        return value

    @field_validator("sources")
    @classmethod
    def _known_sources(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in NAMES:
                raise ValueError(f"'{name}' is no source; the sources are {', '.join(NAMES)}")
        if len(set(value)) != len(value):
            raise ValueError("a source is named twice")
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            # An origin holds no login, and no sentence may.
            if "@" in origin or not _names_a_host(origin) or urlsplit(origin).path not in ("", "/"):
                named = origin.rpartition("@")[2]
                raise ValueError(f"'{named}' is no origin like https://desk.example.com")
        return tuple(origin.lower().rstrip("/") for origin in value)

    @field_validator("chain_id")
    @classmethod
    def _known_chain(cls, value: int) -> int:
        if value not in CHAINS:
            raise ValueError(f"{value} is not one of {', '.join(str(chain) for chain in sorted(CHAINS))}")
        return value

    @field_validator("market")
    @classmethod
    def _known_market(cls, value: str) -> str:
        if value not in ("auto", "live", "demo") and not (value.startswith("replay:") and value != "replay:"):
            raise ValueError(f"'{value}' is not auto, live, demo or replay:PATH")
        return value

    @field_validator("replay_speed")
    @classmethod
    def _positive_speed(cls, value: Decimal | str) -> Decimal | str:
        if isinstance(value, Decimal) and not (value.is_finite() and 0 < value <= 1_000_000):
            raise ValueError("not a number above 0 and up to 1000000, nor 'max'")
        return value

    @field_validator("*")
    @classmethod
    def _http_urls(cls, value: object, info: object) -> object:
        name = str(getattr(info, "field_name", ""))
        if not name.endswith("_url") and not name.startswith("rpc_url_"):
            return value
        if name in ("database_url", "redis_url"):
            return value
        for url in value if isinstance(value, tuple) else (value,):
            if url and not _names_a_host(str(url)):
                raise ValueError("not an http or https address of a host")
        return value.rstrip("/") if isinstance(value, str) else value

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.host not in LOOPBACK and self.password is None:
            raise ValueError(f"DRYDOCK_HOST: {self.host} is not loopback, so DRYDOCK_PASSWORD must be set")
        return self

    @model_validator(mode="after")
    def _has_a_leader(self) -> Self:
        if self.sources == ("chainlink",):
            raise ValueError("DRYDOCK_SOURCES: Chainlink only confirms, so another source must lead")
        if self.sources and set(self.sources) <= {"alchemy", "chainlink"} and self.alchemy_api_key is None:
            raise ValueError("DRYDOCK_SOURCES: Alchemy needs DRYDOCK_ALCHEMY_API_KEY, and no other source can lead")
        return self

    @model_validator(mode="after")
    def _known_tokens(self) -> Self:
        known = {token.symbol.lower() for token in on_chain(self.chain_id)}
        for text in self.watchlist:
            if not is_address(text) and text.lower() not in known:
                chain = CHAINS[self.chain_id].name
                raise ValueError(f"DRYDOCK_WATCHLIST: '{text[:60]}' is no token that Drydock knows on {chain}")
        return self

    @cached_property
    def store_url(self) -> str:
        """The database's address: the given one, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'drydock.db').resolve()}"

    @property
    def replay_path(self) -> Path | None:
        return Path(self.market.removeprefix("replay:")) if self.market.startswith("replay:") else None

    @property
    def source_urls(self) -> dict[str, str]:
        """Source name to base address, for those that were set."""
        return self._urls(NAMES)

    @property
    def aggregator_urls(self) -> dict[str, str]:
        """Aggregator name to base address, for those that were set."""
        return self._urls(AGGREGATORS)

    @property
    def keys(self) -> Keys:
        """The sources' keys, in the clear."""
        return Keys(_clear(self.coingecko_api_key), self.coingecko_plan, _clear(self.alchemy_api_key))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must stand in no log: keys as given and as a URL spells them, addresses that hold one."""
        given = (self.coingecko_api_key, self.alchemy_api_key, self.password, self.api_token)
        plain = [secret.get_secret_value() for secret in given if secret]
        nodes = [url for chain_id in CHAINS for url in self.rpc_urls(chain_id)]
        whole = [url for url in nodes if _holds_a_key(url)] + [self.webhook_url]
        asked = [*self.source_urls.values(), *self.aggregator_urls.values(), *nodes, self.webhook_url]
        parts = [part for url in asked for part in hidden.of_url(url)]
        kept = [part for url in (self.database_url, self.redis_url) for part in hidden.of_database(url)]
        found = [*plain, *(quote(secret, safe="") for secret in plain), *whole, *parts, *kept]
        return tuple(dict.fromkeys(secret for secret in found if secret))

    def rpc_urls(self, chain_id: int) -> tuple[str, ...]:
        return getattr(self, f"rpc_url_{chain_id}", ())

    def _urls(self, names: tuple[str, ...]) -> dict[str, str]:
        urls = {name: str(getattr(self, f"{name}_url", "")) for name in names}
        return {name: url for name, url in urls.items() if url}


def _names_a_host(url: str) -> bool:
    """Whether this is the http or https address of a host, with a port that there can be where it names one."""
    # What urlsplit says of a bad address repeats it.
    with suppress(ValueError):
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
        return named and parts.scheme in ("http", "https") and url.isprintable() and " " not in url
    return False


def _holds_a_key(url: str) -> bool:
    """Whether an address says more than where a host is."""
    parts = urlsplit(url)
    return bool(parts.path.strip("/") or parts.query or parts.username)


def _clear(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def load(**overrides: object) -> Settings:
    """The settings from the environment; `overrides` (from the command line) win. Raises BadSetting."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # pyright: ignore[reportArgumentType] # the names are checked by Settings itself
    except ValidationError as error:
        raise BadSetting(_sentence(error)) from None
    except UnicodeDecodeError:
        raise BadSetting("The file .env is not text in UTF-8.") from None
    except OSError as error:
        raise BadSetting(f"The file .env cannot be read: {error.strerror}.") from None


def unknown() -> list[str]:
    """The variables of the environment and of .env that are called as settings are, and set nothing."""
    given = {**DotEnvSettingsSource(Settings).env_vars, **EnvSettingsSource(Settings).env_vars}
    # What stands in .env without a value may be a slip with a secret in it.
    names = {name.upper() for name, value in given.items() if value is not None}
    known = {f"DRYDOCK_{name.upper()}" for name in Settings.model_fields}
    return sorted(name for name in names - known if _NAMED.fullmatch(name))


def about_database(settings: Settings, said: str) -> str:
    """What is said of the database, with the variable that names it where one does."""
    return f"DRYDOCK_DATABASE_URL: {said[0].lower() + said[1:]}" if settings.database_url else said


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    why = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"{why}."
    return f"DRYDOCK_{str(first['loc'][0]).upper()}: {why[0].lower() + why[1:]}."
