"""The ten levels over REST: what each is, what it would do now, and what its shadow ledger has come to."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from app.api.bot_answers import LevelShape, WeightsShape
from app.api.door import pit
from app.bot.levels import LEVELS, Level
from app.bot.words import meaning
from app.domain.money import plain
from app.runtime.exporting_decisions import figure
from app.runtime.looks import LevelLine, Look

router = APIRouter(prefix="/api")

_FIGURES = ("trail_pct", "patience_h", "horizon_h", "rest_h", "edge_share", "lens", "weak")


@router.get("/levels", response_model=None, responses={200: {"model": list[LevelShape]}})
async def levels() -> JSONResponse:
    """All ten, by number, as of the bot's last tick."""
    bot = pit().bot
    looks, lines = bot.looks(), {line.level: line for line in bot.lines()}
    return JSONResponse([_level(level) | _now(level, looks) | _shadow(lines[level.number]) for level in LEVELS])


def _level(level: Level) -> dict[str, Any]:
    """What a level is."""
    return {
        "level": level.number,
        "name": level.name,
        "meaning": meaning(level),
        "risk": figure(level.risk),
        "largest_pct": figure(level.largest_pct),
        "confidence": figure(level.confidence),
        "smallest_usd": figure(level.smallest_usd),
        "stop_pct": figure(level.stop_pct),
        "bid": level.bid,
        "gas_factor": figure(level.gas_factor),
        "max_positions": level.positions,
        "targets": [{"gain_pct": figure(gain), "share_pct": figure(100 * share)} for gain, share in level.targets],
        **{name: figure(getattr(level, name)) for name in _FIGURES},
        "weights": {name: figure(getattr(level.weights, name)) for name in WeightsShape.model_fields},
    }


def _now(level: Level, looks: list[Look]) -> dict[str, Any]:
    """What it would do with each token."""
    opinions = ((look.token, opinion) for look in looks for opinion in look.opinions if opinion.level == level.number)
    return {
        "now": [
            {
                "symbol": token.symbol,
                "token_address": token.address,
                "verdict": opinion.verdict,
                "first_failed": opinion.first_failed,
            }
            for token, opinion in opinions
        ]
    }


def _shadow(line: LevelLine) -> dict[str, Any]:
    return {
        "equity": plain(line.equity),
        "return_pct": plain(line.return_pct),
        "max_drawdown_pct": plain(line.max_drawdown_pct),
        "trades": line.trades,
        "positions": line.positions,
        "costs": {"gas": plain(line.gas), "fees": plain(line.fees), "impact": plain(line.impact)},
    }
