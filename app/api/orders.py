"""Orders over REST: previewed, placed, looked up and cancelled; the desk decides."""

import asyncio

from fastapi import APIRouter
from starlette.responses import JSONResponse

from app.api.answers import LegShape, OrderPage, OrderShape, PlacedShape, PreviewShape
from app.api.document import problems
from app.api.door import house, pit, refused, session_asked, unless_refused
from app.api.forms import Cursor, Limit, OfferForm, OrderNamed, PlacedForm, PreviewForm, SessionId, place_of
from app.api.written import order_item, page, placed_item
from app.domain.orders import Order, OrderState, Origin
from app.domain.quotes import Leg
from app.domain.refusal import Refusal
from app.domain.tickets import is_id
from app.store.orders import find_asked
from app.store.orders import orders as kept
from app.trading.previews import Preview

router = APIRouter(prefix="/api")


@router.post("/orders/preview", responses=problems(404, 409))
async def preview(wanted: PreviewForm) -> PreviewShape:
    """What a market order would come to now, and an offer to take it at that. Nothing changes."""
    return _preview(unless_refused(await pit().desk.preview(wanted.asked(), wanted.token)))


@router.post(
    "/orders",
    status_code=201,
    response_model=None,
    responses={
        201: {"model": PlacedShape, "description": "Taken"},
        200: {"model": PlacedShape, "description": "It had been taken before"},
    }
    | problems(404, 409),
)
async def place(wanted: PlacedForm) -> JSONResponse:
    """Place an order, or take a preview by its `quote_id`. A market order is filled, reverted or refused at once; any
    other rests. The same `order_id` again is the same order."""
    desk = pit().desk
    if isinstance(wanted, OfferForm):
        outcome = await desk.accept(wanted.order_id, wanted.quote_id, Origin.API)
    else:
        outcome = await desk.place(wanted.asked(), wanted.token, Origin.API)
    placed = unless_refused(outcome)
    return JSONResponse(placed_item(placed.order, placed.trade), 200 if placed.repeated else 201)


@router.get("/orders", response_model=None, responses={200: {"model": OrderPage}} | problems(404))
async def orders(
    status: OrderState | None = None, session: SessionId = None, limit: Limit = 50, cursor: Cursor = ""
) -> JSONResponse:
    """The session's orders, newest first."""
    account_id = (await session_asked(session)).id
    states = [status] if status else []
    found = await asyncio.to_thread(
        kept, house().store, account_id, states=states, limit=limit + 1, before=place_of(cursor)
    )
    return JSONResponse(page(found, limit, lambda row: order_item(row[1]), lambda row: row[0]))


@router.get("/orders/{order_id}", response_model=None, responses={200: {"model": OrderShape}} | problems(404))
async def order(order_id: OrderNamed) -> JSONResponse:
    """One order, of the session at work or of an archived one."""
    return JSONResponse(order_item(await _order(order_id)))


@router.delete("/orders/{order_id}", response_model=None, responses={200: {"model": OrderShape}} | problems(404, 409))
async def cancel(order_id: OrderNamed) -> JSONResponse:
    """Cancel an open order of the session at work. The order as it is then."""
    desk = pit().desk
    if (await _order(order_id)).account_id != desk.session.id:
        raise refused(Refusal("no_session", "That order is of a session that is not at work."))
    return JSONResponse(order_item(unless_refused(await desk.cancel(order_id))))


async def _order(order_id: str) -> Order:
    desk = pit().desk
    found = await desk.find(order_id)
    if found is None and is_id(order_id):
        found = await asyncio.to_thread(find_asked, house().store, order_id)
    if found is None:
        raise refused(Refusal("unknown_order", f"There is no order {order_id[:60]!r}."))
    return found


def _preview(offered: Preview) -> PreviewShape:
    quote, swap, ask = offered.quote, offered.quote.swap, offered.quote.swap.ask
    legs = {Leg.PAY: (ask.pays, swap.pay), Leg.RECEIVE: (ask.receives, swap.receive)}
    pay, receive = (
        LegShape(asset=token.symbol, address=token.address, amount=amount) for token, amount in legs.values()
    )
    return PreviewShape(
        quote_id=offered.quote_id,
        expires_at=offered.expires_at,
        side=quote.side,
        pay=pay,
        receive=receive,
        minimum_received=offered.contract.minimum_received(ask),
        maximum_paid=offered.contract.maximum_paid(ask),
        price=quote.price,
        mid_price=quote.mid_price,
        value=quote.value,
        impact_bps=quote.impact_bps,
        impact_usd=quote.impact_usd,
        fee_usd=quote.fee_usd,
        gas_usd=quote.gas_usd,
        total_cost_bps=quote.total_cost_bps,
        break_even_pct=quote.break_even_pct if quote.break_even_pct.is_finite() else None,
        grade=swap.grade,
        source=swap.source,
        route=swap.route,
        block_number=swap.block_number,
        warnings=list(offered.warnings),
    )
