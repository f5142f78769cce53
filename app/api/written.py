"""What is answered often, written out without detours: the JSON of the documented shapes at a fraction of its cost."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.api.shapes import utc
from app.domain.money import plain
from app.domain.orders import Order, SizeUnit
from app.domain.trades import Trade
from app.runtime.trade_rows import plain_or_none, trade_item

Row = TypeVar("Row")


def order_item(order: Order) -> dict[str, Any]:
    """An OrderShape."""
    ticket = order.ticket
    sizes: dict[str, str | None] = dict.fromkeys(SizeUnit)
    sizes[ticket.size.unit] = plain(ticket.size.amount)
    return {
        "order_id": ticket.order_id,
        "created_at": utc(order.created_at),
        "token": ticket.token.symbol,
        "token_address": ticket.token.address,
        "side": ticket.side,
        "type": ticket.type,
        **sizes,
        "limit_price": plain_or_none(ticket.limit_price),
        "stop_price": plain_or_none(ticket.stop_price),
        "trail_pct": plain_or_none(ticket.trail_pct),
        "slippage_bps": plain(ticket.slippage_bps),
        "expires_at": utc(ticket.expires_at) if ticket.expires_at else None,
        "status": order.state,
        "reason": order.reason,
        "origin": ticket.origin,
        "trade_id": order.trade_id,
        "oco_id": order.oco_id,
        "ended_at": utc(order.ended_at) if order.ended_at else None,
    }


def placed_item(order: Order, trade: Trade | None) -> dict[str, Any]:
    """A PlacedShape."""
    return {"order": order_item(order), "trade": trade_item(trade) if trade else None}


def page(
    rows: Sequence[Row], limit: int, item: Callable[[Row], dict[str, Any]], place: Callable[[Row], int]
) -> dict[str, Any]:
    """A page of rows, of which there is one more than the limit where another page follows."""
    shown = rows[:limit]
    following = str(place(shown[-1])) if len(rows) > limit else None
    return {"items": [item(row) for row in shown], "next_cursor": following}


def as_json(content: object) -> bytes:
    """As a JSONResponse would write it."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
