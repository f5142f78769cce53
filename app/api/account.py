"""The account over REST: what it comes to, its positions and what guards them, and selling all of them."""

import asyncio
from datetime import datetime
from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from app.api.answers import AccountShape, CostsShape, OutcomeShape, PositionShape
from app.api.document import problems
from app.api.door import house, pit, unless_refused
from app.api.forms import ExitsForm, FlattenForm, Named
from app.api.shapes import age
from app.api.tokens import token_at, token_traded
from app.api.written import placed_item
from app.domain.ledger import Position
from app.domain.money import NOTHING, significant
from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.runtime.pit import Pit
from app.runtime.standing import Holding, holdings, standing
from app.store.books import closed_positions
from app.store.database import Store
from app.trading.exits import set_exits
from app.trading.flattening import Flattened

router = APIRouter(prefix="/api")

_MOST_CLOSED = 500


class Wanted(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


@router.get("/account")
async def account() -> AccountShape:
    """The session at work and what its account comes to at the prices on the board."""
    return account_shape(pit())


def account_shape(here: Pit) -> AccountShape:
    """What the account of a session at work comes to now."""
    now = standing(here)
    return AccountShape(
        session_id=now.session.id,
        name=now.session.name,
        market=now.session.market,
        chain_id=now.session.chain_id,
        started_at=now.session.started_at,
        starting_balance=now.session.starting_balance,
        cash=now.cash,
        positions_value=now.positions_value,
        equity=now.equity,
        realized_pnl=now.realized,
        unrealized_pnl=now.unrealized,
        costs=CostsShape(gas=now.gas, fees=now.fees, impact=now.impact),
        return_pct=now.return_pct,
        max_drawdown_pct=now.max_drawdown_pct,
        residual=now.residual,
        stale_value_pct=now.stale_value_pct,
    )


@router.get("/positions")
async def positions(status: Wanted = Wanted.OPEN) -> list[PositionShape]:
    """Positions: the open ones in the order of their opening, then closed ones, newest first, at most 500."""
    here, store = pit(), house().store
    found: list[PositionShape] = []
    if status is not Wanted.CLOSED:
        now = here.desk.venue.now()
        found += [open_shape(held, now) for held in holdings(here)]
    if status is not Wanted.OPEN:
        found += [closed_shape(here, *ended) for ended in await asyncio.to_thread(_ended, here, store)]
    return found


@router.patch("/positions/{token}", responses=problems(404, 409))
async def guard(token: Named, wanted: ExitsForm) -> PositionShape:
    """Set or clear what guards a position: only what the body names changes. The position as it is then."""
    here = pit()
    held = unless_refused(here.floor.watchlist.find(token)).token
    named = {name: getattr(wanted, name) for name in wanted.model_fields_set}
    if named:
        unless_refused(await set_exits(here.desk, held, named, Origin.API))
    found = [each for each in holdings(here) if each.token.key == held.key]
    return open_shape(unless_refused(found[0] if found else _not_held(held)), here.desk.venue.now())


@router.post("/flatten", response_model=None, responses={200: {"model": list[OutcomeShape]}} | problems(409))
async def flatten_all(wanted: FlattenForm) -> JSONResponse:
    """Sell every position, whatever it moves, and pause the bot if it runs. The same `order_id` again is answered with
    what became of the first."""
    here = pit()
    outcomes = unless_refused(await here.flatten(wanted.order_id, Origin.API))
    return JSONResponse([await _outcome(here, outcome) for outcome in outcomes])


async def _outcome(here: Pit, flattened: Flattened) -> dict[str, Any]:
    """An OutcomeShape."""
    outcome = flattened.outcome
    token = await _token(here, flattened)
    named = {"token": token.symbol if token else "", "token_address": token.address if token else flattened.address}
    if isinstance(outcome, Refusal):
        return named | {"order": None, "trade": None, "code": outcome.code, "detail": outcome.sentence}
    return named | placed_item(outcome.order, outcome.trade) | {"code": None, "detail": None}


async def _token(here: Pit, flattened: Flattened) -> Token | None:
    if isinstance(flattened.outcome, Refusal):
        return token_at(here.session, flattened.address)
    return flattened.outcome.order.ticket.token


def _not_held(token: Token) -> Refusal:
    return Refusal("not_held", f"No {token.symbol} is held.")


def open_shape(held: Holding, now: datetime) -> PositionShape:
    """A position that is held, at a time of its market."""
    exits, price = held.exits, held.price
    return PositionShape(
        symbol=held.token.symbol,
        token_address=held.token.address,
        chain_id=held.token.chain_id,
        quantity=held.position.quantity,
        average_entry_price=significant(held.position.average_entry_price),
        current_price=price.price,
        price_state=price.state,
        price_age_s=age(price.as_of, now),
        price_source=price.source,
        value=held.value,
        unrealized_pnl=held.unrealized,
        unrealized_pnl_pct=held.unrealized_pct,
        realized_pnl=held.position.realized,
        stop_loss=exits.stop_loss,
        take_profit=exits.take_profit,
        trailing_pct=exits.trailing_pct,
        opened_at=held.position.opened_at,
        closed_at=None,
    )


def _ended(here: Pit, store: Store) -> list[tuple[Position, Token]]:
    """The newest positions that have ended, with their tokens."""
    found: list[tuple[Position, Token]] = []
    known: dict[str, Token] = {}
    for number, position in closed_positions(store, here.session.id, _MOST_CLOSED):
        asset = position.asset
        if asset not in known:
            known[asset] = token_at(here.session, asset) or token_traded(store, here.session, number)
        found.append((position, known[asset]))
    return found


def closed_shape(here: Pit, position: Position, token: Token) -> PositionShape:
    """A position that has ended."""
    price, now = here.desk.venue.price(token), here.desk.venue.now()
    return PositionShape(
        symbol=token.symbol,
        token_address=token.address,
        chain_id=token.chain_id,
        quantity=NOTHING,
        average_entry_price=significant(position.average_entry_price),
        current_price=price.price,
        price_state=price.state,
        price_age_s=age(price.as_of, now),
        price_source=price.source,
        value=NOTHING,
        unrealized_pnl=NOTHING,
        unrealized_pnl_pct=NOTHING,
        realized_pnl=position.realized,
        stop_loss=None,
        take_profit=None,
        trailing_pct=None,
        opened_at=position.opened_at,
        closed_at=position.closed_at,
    )
