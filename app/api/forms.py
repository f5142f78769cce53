"""What comes in: bodies and the parameters of lists, read strictly; what they mean is the desk's to judge."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from pydantic.config import JsonDict

from app.domain.decisions import Verdict
from app.domain.orders import OrderType, Origin, Side
from app.domain.tickets import LONGEST_ID, Asked
from app.domain.trades import TradeStatus


def _numeral(value: object) -> object:
    """A number as text: as it was sent, or the shortest text that says the JSON number."""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _time(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is not None:
            return at.astimezone(UTC) if at.tzinfo else at
    except (ValueError, OverflowError):
        pass
    raise ValueError("that is not a time like 2026-01-31T12:00:00Z")


def _digits(value: object) -> object:
    # pydantic takes 1.0, +5 and a space before it too.
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError("that is not a whole number in digits")
    return value


def following(digits: int) -> BeforeValidator:
    """Of a cursor: empty for the first page, or a number of at most so many digits that a page has ended with."""

    def read(value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(f"([1-9][0-9]{{0,{digits - 1}}})?", value):
            raise ValueError("that is not the next_cursor of a page")
        return value

    return BeforeValidator(read)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _zoned(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("the time needs its zone, like 2026-01-31T12:00:00Z")
    return at


# The desk judges what the text says.
_NUMBER = {"type": "string", "pattern": r"^-?[0-9]{1,60}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,3})?$"}
Numeral = Annotated[str, BeforeValidator(_numeral), WithJsonSchema({"anyOf": [_NUMBER, {"type": "number"}]})]
SideAsked = Annotated[str, WithJsonSchema({"type": "string", "enum": [*Side]})]
TypeAsked = Annotated[str, WithJsonSchema({"type": "string", "enum": [*OrderType]})]
OrderId = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_ID})]
_TIME = WithJsonSchema({"type": "string", "format": "date-time"})
Expiry = Annotated[datetime, BeforeValidator(_time), _TIME]
When = Annotated[datetime, AfterValidator(_zoned), BeforeValidator(_time), _TIME]
_ZONED = "The time has its zone, as Z or as an offset, whose + is %2B in a URL."
Since = Annotated[When | None, Field(description=f"From this time on, the time itself included. {_ZONED}")]
Until = Annotated[When | None, Field(description=f"Before this time, the time itself left out. {_ZONED}")]
# No database keeps a NUL.
Words = Annotated[str, Field(pattern="^[^\\x00]*$", max_length=10_000)]

_LISTS = ("allow", "block")

Limit = Annotated[int, Query(ge=1, le=500), BeforeValidator(_digits)]
Cursor = Annotated[str, Query(pattern="^([1-9][0-9]{0,17})?$"), following(18)]
SessionId = Annotated[str | None, Query(examples=["s1"])]
OrderNamed = Annotated[str, Path(examples=["mine-2"])]
SessionNamed = Annotated[str, Path(examples=["s1"])]
Named = Annotated[str, Path(description="A symbol, in any case, or an address.", examples=["WETH"])]


def place_of(cursor: str) -> int | None:
    """The place that a page begins below; None for the first."""
    return int(cursor) if cursor else None


def _shown_as(*examples: JsonDict) -> ConfigDict:
    """What a form looks like, for people and for programs that try it."""
    return ConfigDict(json_schema_extra={"examples": [*examples]})


_BUY: JsonDict = {"token": "WETH", "side": "buy", "amount_usd": "25"}


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Sized(_Form):
    token: str
    side: SideAsked
    amount_usd: Numeral | None = None
    quantity: Numeral | None = None
    share_pct: Numeral | None = None
    slippage_bps: Numeral | None = None


class PreviewForm(_Sized):
    """`token` is a symbol or an address. Exactly one of the three sizes: dollars, tokens, or percent of the cash that
    can be spent (a buy) or of the position (a sell)."""

    model_config = _shown_as(_BUY)

    def asked(self) -> Asked:
        """The market order that is previewed; its id is never used."""
        return Asked(
            "preview", self.side, self.amount_usd, self.quantity, self.share_pct, slippage_bps=self.slippage_bps
        )


class OrderForm(_Sized):
    """An order. `type` is market, limit, stop_loss, take_profit or trailing_stop, and says which of the prices it
    has; without `expires_at` it is good until cancelled."""

    model_config = _shown_as(
        _BUY | {"order_id": "mine-1"},
        _BUY | {"order_id": "mine-2", "type": "limit", "limit_price": "1"},
        {"order_id": "mine-3", "token": "WETH", "side": "sell", "type": "stop_loss", "share_pct": 100, "stop_price": 1},
    )

    order_id: OrderId
    type: TypeAsked = "market"
    limit_price: Numeral | None = None
    stop_price: Numeral | None = None
    trail_pct: Numeral | None = None
    expires_at: Expiry | None = None

    def asked(self) -> Asked:
        return Asked(
            self.order_id,
            self.side,
            self.amount_usd,
            self.quantity,
            self.share_pct,
            self.type,
            self.limit_price,
            self.stop_price,
            self.trail_pct,
            self.slippage_bps,
            self.expires_at,
        )


class OfferForm(_Form):
    """A preview that is taken at its word."""

    order_id: OrderId
    quote_id: str


def _kind(value: Any) -> str:
    return "offer" if isinstance(value, dict) and "quote_id" in value else "order"


PlacedForm = Annotated[Annotated[OfferForm, Tag("offer")] | Annotated[OrderForm, Tag("order")], Discriminator(_kind)]


class FlattenForm(_Form):
    model_config = _shown_as({"order_id": "out-1"})

    order_id: OrderId


class ExitsForm(_Form):
    """What is named is set, or cleared by null; what is not stays as it is. Prices are US dollars, `trailing_pct` is
    percent below the highest price since."""

    model_config = _shown_as({"stop_loss": "1", "trailing_pct": "50"}, {"stop_loss": None})

    stop_loss: Numeral | None = None
    take_profit: Numeral | None = None
    trailing_pct: Numeral | None = None


class SessionForm(_Form):
    """`market` is live, demo, or replay: with the name of a file in the data folder's `replays`. What is not stated
    is as it is in the session that is archived, and the balance as in the settings."""

    name: Words = ""
    note: Words = ""
    starting_balance: Numeral | None = None
    market: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    chain_id: Annotated[int, Field(strict=True)] | None = None


class Action(StrEnum):
    START = "start"
    PAUSE = "pause"
    STOP = "stop"


class BotForm(_Form):
    """`start`: it trades. `pause`: it looks after what it holds and opens nothing. `stop`: it only thinks."""

    action: Action


class LevelForm(_Form):
    level: Annotated[int, Field(strict=True, ge=1, le=10)]


class LimitsForm(_Form):
    """What is named is set; null lifts a limit and empties a list. `bar` is 1m, 5m, 15m or 1h; US dollars, percent of
    the equity at 00:00 UTC, basis points of one way. `allow` (empty is every token) and `block` have symbols or
    addresses of the watchlist."""

    bar: str = ""
    max_trade_usd: Numeral | None = None
    daily_loss_pct: Numeral | None = None
    max_trades_per_day: Annotated[int, Field(strict=True)] | None = None
    allow: list[Words] | None = None
    block: list[Words] | None = None
    min_liquidity_usd: Numeral | None = None
    max_slippage_bps: Numeral | None = None

    def named(self) -> dict[str, object]:
        """What the body names."""
        values = {name: getattr(self, name) for name in LimitsForm.model_fields if name in self.model_fields_set}
        return {name: [] if value is None and name in _LISTS else value for name, value in values.items()}


class DecisionQuery(BaseModel):
    """Which decisions. `token` is a symbol or an address; `verdict` (in any case), `level` and `first_failed` are the
    account's at the slider's level; `since` <= at < `until`; `session` is the open one where none is named."""

    token: str | None = None
    verdict: Annotated[
        Annotated[Verdict, BeforeValidator(_upper)] | None,
        Field(description="The account's own verdict, at the slider's level of that moment; in any case."),
    ] = None
    level: Annotated[
        Annotated[int, Field(ge=1, le=10)] | None, Field(description="The slider's level at that moment.")
    ] = None
    first_failed: Words | None = None
    since: Since = None
    until: Until = None
    session: str | None = None


class TradeQuery(BaseModel):
    """Which trades. `symbol` is a token's symbol or address; `since` <= at < `until`; `session` is the open one where
    none is named."""

    symbol: str | None = None
    side: Side | None = None
    status: TradeStatus | None = None
    origin: Origin | None = None
    since: Since = None
    until: Until = None
    session: str | None = None
