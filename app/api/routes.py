"""The routes of the API: each reads the house and answers; none decides anything."""

from datetime import datetime
from decimal import Decimal

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from app.api.bearer import is_known
from app.api.document import problems
from app.api.door import house as _house
from app.api.door import unless_refused
from app.api.forms import Limit, Named
from app.api.pages import Pages
from app.api.shapes import (
    BarShape,
    BudgetShape,
    Health,
    MarketHealth,
    PriceShape,
    ReadingShape,
    SourceShape,
    TokenAsked,
    TokenShape,
    age,
)
from app.api.tokens import token_shape
from app.domain.bars import Interval
from app.domain.prices import Consensus, PriceState
from app.domain.registry import priced_as
from app.runtime.house import House, current
from app.runtime.listing import list_token, unlist_token
from app.runtime.poller import SourceStatus
from app.runtime.reach import unreachable
from app.runtime.release import release
from app.store.watchlist import WatchedToken

router = APIRouter(prefix="/api")

_PRICES = TypeAdapter(list[PriceShape])
# Ages are whole seconds: a page of prices is made anew so often, though no price has changed.
_PAGES_A_SECOND = 4


@router.get("/health")
async def health(request: Request) -> Health:
    """How the desk is. Answers 200 while the process does. Why the database refuses is told to who may use the API."""
    house = current()
    if house is None:
        market = MarketHealth(mode="none", state="starting")
        return Health(
            status="down",
            market=market,
            database="closed",
            nodes="starting",
            bot="starting",
            leader=False,
            version=release(),
        )
    return health_shape(house, tells_why=is_known(request.scope, house.settings))


def health_shape(house: House, *, tells_why: bool) -> Health:
    """How this house is; why the database refuses, which names files and hosts, where that may be told."""
    states = {house.board.peek(token.key).state for token in house.floor.watched()}
    silent = unreachable(house)
    good = PriceState.LIVE in states and not house.trouble and not silent
    return Health(
        status="ok" if good else "degraded",
        market=MarketHealth(mode=house.feed.mode, state=house.feed.state),
        database=(house.trouble if tells_why else "refused") if house.trouble else "ok",
        nodes=silent or "ok",
        bot=house.pit.bot.record.state if house.pit else "starting",
        leader=True,
        version=release(),
    )


@router.get("/prices", response_model=None, responses={200: {"model": list[PriceShape]}})
async def prices(request: Request) -> Response:
    """The price of every watched token, from the board."""
    house = _house()

    async def made() -> bytes:
        return _PRICES.dump_json([price_shape(house, entry) for entry in house.floor.watchlist])

    pages: Pages = request.app.state.pages
    body = await pages.of(house, ("prices", int(house.feed.now().timestamp() * _PAGES_A_SECOND)), made)
    return Response(body, media_type="application/json")


@router.get("/prices/{token}", responses=problems(404, 409))
async def price(token: Named) -> PriceShape:
    """The price of one watched token, by symbol or address."""
    house = _house()
    return price_shape(house, _entry(house, token))


@router.get("/prices/{token}/bars", responses=problems(404, 409))
async def bars(
    token: Named,
    interval: Interval = Interval.H1,
    limit: Limit = 50,
) -> list[BarShape]:
    """The newest bars in order of time, the open one last. `volume` is dollars, 0 where it is not known."""
    house = _house()
    found = await house.bars(_entry(house, token).token, interval, limit)
    return [
        BarShape(at=b.at, open=b.open, high=b.high, low=b.low, close=b.close, volume=b.volume, origin=b.origin)
        for b in found
    ]


@router.get("/tokens")
async def tokens() -> list[TokenShape]:
    """The watchlist."""
    return [token_shape(entry) for entry in _house().floor.watchlist]


@router.post("/tokens", status_code=201, responses=problems(404, 409))
async def add_token(asked: TokenAsked) -> TokenShape:
    """Look a token up by its address (or a known symbol) and watch it."""
    return token_shape(unless_refused(await list_token(_house(), asked.address)))


@router.delete("/tokens/{address}", responses=problems(404, 409))
async def remove_token(address: Named) -> TokenShape:
    """Stop watching a token."""
    return token_shape(unless_refused(await unlist_token(_house(), address)))


@router.get("/sources")
async def sources() -> list[SourceShape]:
    """How every source of prices is doing."""
    return [_source(status) for status in _house().feed.statuses()]


def _entry(house: House, text: str) -> WatchedToken:
    return unless_refused(house.floor.watchlist.find(text))


def price_shape(house: House, entry: WatchedToken) -> PriceShape:
    """What the board holds of a watched token."""
    token = entry.token
    held, now = house.price(token), house.feed.now()
    change = house.day(token).change_pct(held.price)
    priced = priced_as(token)
    return PriceShape(
        symbol=token.symbol,
        token_address=token.address,
        chain_id=token.chain_id,
        price=held.price,
        change_24h_pct=Decimal(f"{change:.2f}") if change is not None else None,
        state=held.state,
        confirmed=held.confirmed,
        as_of=held.as_of,
        age_s=age(held.as_of, now),
        source=held.source,
        readings=_readings(held, now),
        reference_price_from="mainnet" if priced and priced.key != token.key else None,
        reason="testnet_no_market" if priced is None else None,
    )


def _readings(held: Consensus, now: datetime) -> list[ReadingShape]:
    return [
        ReadingShape(source=r.source, price=r.price, as_of=r.stands_at, age_s=age(r.stands_at, now) or 0)
        for r in held.readings
    ]


def _source(status: SourceStatus) -> SourceShape:
    budgets = [BudgetShape(used=used, limit=limit, window_s=window) for used, limit, window in status.budget]
    return SourceShape(
        source=status.name,
        title=status.title,
        state=status.state,
        last_success_at=status.last_success_at,
        latency_p50_ms=status.latency_p50_ms,
        latency_p95_ms=status.latency_p95_ms,
        requests=status.requests,
        errors=status.errors,
        rate_limited=status.rate_limited,
        budget=budgets[0] if budgets else None,
        budgets=budgets,
        breaker=status.breaker,
        reads=status.reads,
        hits=status.hits,
        last_fault=status.last_fault,
    )
