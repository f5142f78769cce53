"""What is traded, as rows and back: plain values in, and out of them the domain's entries, orders and trades.

Reading goes by what the driver gives, past the conversions of the columns, which would cost more than the query.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, select, type_coerce
from sqlalchemy.types import NullType

from app.domain.ledger import Book, Entry, Position, Posting
from app.domain.money import plain
from app.domain.orders import Order, OrderState, OrderType, Origin, Side, Size, SizeUnit, Ticket
from app.domain.quotes import Grade
from app.domain.tokens import Token
from app.domain.trades import Trade, TradeStatus, trade_id
from app.store.ledger_tables import CLOSED, ENTRIES, ORDERS, TRADES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# Looked up here, an enumeration's own way from text to member takes thrice as long.
_BOOKS = {book.value: book for book in Book}
_SIDES = {side.value: side for side in Side}
_STATUSES = {status.value: status for status in TradeStatus}
_ORIGINS = {origin.value: origin for origin in Origin}
_GRADES = {grade.value: grade for grade in Grade}
_TYPES = {type_.value: type_ for type_ in OrderType}

_TICKET = ("type", "limit_price", "stop_price", "trail_pct", "slippage_bps", "expires_at", "origin", "gets_out", "why")
_ORDER = ("account_id", "created_at", "body", "state", "reason", "trade_id", "oco_id", "highest", "ended_at")
_CLOSED = ("number", "asset", "bought", "paid", "realized", "opened_at", "closed_at")
_TOKEN = ("chain_id", "shown_address", "symbol", "name", "decimals", "coingecko_id")
_NOT_IN_TRADES = {"address", "shown_address", "symbol", "name", "decimals", "chain_id", "coingecko_id"}
_TRADE = tuple(column.name for column in TRADES.c if column.name not in _NOT_IN_TRADES)


def raw(*columns: Column[Any]) -> Select[Any]:
    """A query for these columns whose values come as the driver has them."""
    untouched: list[ColumnElement[Any]] = [type_coerce(column, NullType()) for column in columns]
    return select(*untouched)


def moment(value: Any) -> datetime:
    """The time of a raw Moment."""
    return value.astimezone(UTC) if isinstance(value, datetime) else _EPOCH + value * _MILLISECOND


def if_any(make: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else make(value)


ENTRY = raw(ENTRIES.c.number, ENTRIES.c.at, ENTRIES.c.postings, ENTRIES.c.fee_usd, ENTRIES.c.impact_usd)


def entry_row(account_id: str, entry: Entry, order_id: str | None) -> dict[str, Any]:
    words = [word for book, asset, amount in entry.postings for word in (book, asset, plain(amount))]
    return {
        "account_id": account_id,
        "number": entry.number,
        "at": entry.at,
        "postings": " ".join(words),
        "fee_usd": entry.fee_usd,
        "impact_usd": entry.impact_usd,
        "order_id": order_id,
    }


def entry_of(row: Sequence[Any]) -> Entry:
    number, at, postings, fee_usd, impact_usd = row
    words = postings.split(" ")
    posted = tuple(map(Posting, map(_BOOKS.__getitem__, words[::3]), words[1::3], map(Decimal, words[2::3])))
    return Entry(number, moment(at), posted, Decimal(fee_usd), Decimal(impact_usd))


ORDER = raw(
    ORDERS.c.seq,
    ORDERS.c.order_id,
    *(ORDERS.c[name] for name in _TOKEN),
    ORDERS.c.side,
    ORDERS.c.size_unit,
    ORDERS.c.size_amount,
    *(ORDERS.c[name] for name in _TICKET),
    *(ORDERS.c[name] for name in _ORDER),
)


def order_row(order: Order) -> dict[str, Any]:
    ticket = order.ticket
    return {
        "order_id": ticket.order_id,
        **token_row(ticket.token),
        "side": ticket.side,
        "size_unit": ticket.size.unit,
        "size_amount": ticket.size.amount,
        **{name: getattr(ticket, name) for name in _TICKET},
        **{name: getattr(order, name) for name in _ORDER},
    }


def order_of(row: Sequence[Any]) -> tuple[int, Order]:
    """The order, and its place among all."""
    seq, order_id, chain_id, address, symbol, name, decimals, coingecko_id, side, unit, amount, *rest = row
    type_, limit_price, stop_price, trail_pct, slippage_bps, expires_at, origin, gets_out, why, *rest = rest
    account_id, created_at, body, state, reason, traded, oco_id, highest, ended_at = rest
    ticket = Ticket(
        order_id,
        Token(chain_id, address, symbol, name, decimals, coingecko_id),
        _SIDES[side],
        Size(SizeUnit(unit), Decimal(amount)),
        _TYPES[type_],
        if_any(Decimal, limit_price),
        if_any(Decimal, stop_price),
        if_any(Decimal, trail_pct),
        Decimal(slippage_bps),
        if_any(moment, expires_at),
        _ORIGINS[origin],
        bool(gets_out),
        why,
    )
    state = OrderState(state)
    seen = if_any(Decimal, highest)
    return seq, Order(
        ticket, account_id, moment(created_at), body, state, reason, traded, oco_id, seen, if_any(moment, ended_at)
    )


TRADE = raw(*(column for column in TRADES.c if column.name != "address"))


def trade_row(trade: Trade) -> dict[str, Any]:
    return token_row(trade.token) | {name: getattr(trade, name) for name in _TRADE}


def trade_of(row: Sequence[Any]) -> Trade:
    (
        account_id,
        number,
        at,
        side,
        status,
        origin,
        order_id,
        chain_id,
        address,
        symbol,
        name,
        decimals,
        coingecko_id,
        quantity,
        price,
        mid_price,
        value,
        gas_usd,
        fee_usd,
        impact_usd,
        slippage_bps,
        grade,
        quote_source,
        route,
        block_number,
        reason,
        order_type,
        realized_pnl,
        pay,
        receive,
        rate,
        fill_error_bps,
        fill_error_30s_bps,
        decision_id,
    ) = row
    return Trade(
        trade_id(account_id, number),
        account_id,
        number,
        order_id,
        moment(at),
        _SIDES[side],
        Token(chain_id, address, symbol, name, decimals, coingecko_id),
        Decimal(quantity),
        Decimal(price),
        Decimal(mid_price),
        Decimal(value),
        Decimal(gas_usd),
        Decimal(fee_usd),
        Decimal(impact_usd),
        Decimal(slippage_bps),
        _GRADES[grade],
        quote_source,
        route,
        block_number,
        _STATUSES[status],
        reason,
        _ORIGINS[origin],
        _TYPES[order_type],
        None if realized_pnl is None else Decimal(realized_pnl),
        Decimal(pay),
        Decimal(receive),
        Decimal(rate),
        None if fill_error_bps is None else Decimal(fill_error_bps),
        None if fill_error_30s_bps is None else Decimal(fill_error_30s_bps),
        decision_id,
    )


CLOSING = raw(*(CLOSED.c[name] for name in _CLOSED))


def closed_row(account_id: str, number: int, position: Position) -> dict[str, Any]:
    figures = {name: getattr(position, name) for name in _CLOSED if name != "number"}
    return {"account_id": account_id, "number": number, **figures}


def closed_of(row: Sequence[Any]) -> tuple[int, Position]:
    """The number of the entry that closed the position, and the position with nothing left in it."""
    number, asset, bought, paid, realized, opened_at, closed_at = row
    nothing = Decimal(0)
    figures = (Decimal(bought), Decimal(paid), Decimal(realized))
    return number, Position(asset, nothing, nothing, *figures, moment(opened_at), moment(closed_at))


def asked_for(wanted: Any) -> dict[str, Any]:
    """What a filter (a dataclass) asks for, by name; what it does not ask for has no name. Addresses are in lower
    case."""
    values = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    if values.get("address") is not None:
        values["address"] = values["address"].lower()
    return {name: value for name, value in values.items() if value is not None}


def token_row(token: Token) -> dict[str, Any]:
    return {
        "chain_id": token.chain_id,
        "address": token.key.address,
        "shown_address": token.address,
        "symbol": token.symbol,
        "name": token.name,
        "decimals": token.decimals,
        "coingecko_id": token.coingecko_id,
    }
