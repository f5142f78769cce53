"""The bot over REST: how it is, and its owner's orders to it."""

from fastapi import APIRouter

from app.api.bot_answers import BotShape, LimitsShape
from app.api.document import problems
from app.api.door import pit, refused, unless_refused
from app.api.forms import BotForm, LevelForm, LimitsForm
from app.api.tokens import token_at
from app.domain.bots import Limits
from app.domain.refusal import Refusal
from app.runtime.pit import Pit

router = APIRouter(prefix="/api")


@router.get("/bot")
async def bot() -> BotShape:
    """The bot of the session at work."""
    return bot_shape(pit())


@router.post("/bot", responses=problems(409))
async def command(wanted: BotForm) -> BotShape:
    """Start, pause or stop it. The bot as it is then; nothing is sold."""
    here = pit()
    _done(await here.bot.command(wanted.action.value))
    return bot_shape(here)


@router.put("/bot/level", responses=problems(409))
async def set_level(wanted: LevelForm) -> BotShape:
    """Move the slider: it counts from the next tick on, and forces no sale. The bot as it is then."""
    here = pit()
    _done(await here.bot.set_level(wanted.level))
    return bot_shape(here)


@router.put("/bot/config", responses=problems(404, 409))
async def set_limits(wanted: LimitsForm) -> BotShape:
    """Set limits: only what the body names changes. The bot as it is then."""
    here = pit()
    unless_refused(await here.bot.set_limits(wanted.named()))
    return bot_shape(here)


def _done(outcome: Refusal | None) -> None:
    if outcome is not None:
        raise refused(outcome)


def bot_shape(here: Pit) -> BotShape:
    """The bot of a session at work."""
    it, record = here.bot, here.bot.record
    whole = float(it.tick_seconds).is_integer()
    return BotShape(
        state=record.state,
        level=record.level,
        watchlist=[token.symbol for token in it.tokens()],
        tick_seconds=int(it.tick_seconds) if whole else it.tick_seconds,
        last_tick_at=it.last_tick_at,
        config=_limits(here, record.limits),
    )


def _limits(here: Pit, limits: Limits) -> LimitsShape:
    return LimitsShape(
        bar=limits.bar,
        max_trade_usd=limits.max_trade_usd,
        daily_loss_pct=limits.daily_loss_pct,
        max_trades_per_day=limits.max_trades_per_day,
        allow=[_address(here, address) for address in limits.allow],
        block=[_address(here, address) for address in limits.block],
        min_liquidity_usd=limits.min_liquidity_usd,
        max_slippage_bps=limits.max_slippage_bps,
    )


def _address(here: Pit, address: str) -> str:
    """With its checksum, where the token is known."""
    token = token_at(here.session, address)
    return token.address if token else address
