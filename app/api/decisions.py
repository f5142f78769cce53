"""The log of decisions over REST: by the page, and each with its gates, its flip, the ten levels and its outcome."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse

from app.api.bot_answers import DecisionInFull, DecisionPage
from app.api.document import problems
from app.api.door import house, refused, session_asked
from app.api.forms import Cursor, DecisionQuery, Limit, place_of
from app.api.tokens import address_of
from app.api.written import page, plain_or_none
from app.bot.words import flip_said, shown, title, titles
from app.domain.decisions import Decision, Gate, Logged
from app.domain.refusal import Refusal
from app.runtime.exporting_decisions import decision_item, figure, gate_item, opinion_item
from app.runtime.outcomes import Outcome, outcomes
from app.store import decisions as kept
from app.store.decisions import DecisionFilter, number_of

router = APIRouter(prefix="/api")
Wanted = Annotated[DecisionQuery, Query()]

_NAMES = ("after_5m", "after_1h", "after_24h")


@router.get("/decisions", response_model=None, responses={200: {"model": DecisionPage}} | problems(404, 409))
async def decisions(wanted: Wanted, limit: Limit = 50, cursor: Cursor = "") -> JSONResponse:
    """The session's decisions, newest first. One is kept when a verdict, a first failed gate or the level changes."""
    session = await session_asked(wanted.session)
    address = address_of(session, wanted.token) if wanted.token is not None else None
    which = DecisionFilter(address, wanted.verdict, wanted.level, wanted.first_failed, wanted.since, wanted.until)
    found = await asyncio.to_thread(kept.decisions, house().store, session.id, which, limit + 1, place_of(cursor))
    return JSONResponse(page(found, limit, decision_item, lambda logged: number_of(logged.id) or 0))


@router.get("/decisions/{decision_id}", response_model=None, responses={200: {"model": DecisionInFull}} | problems(404))
async def decision(decision_id: Annotated[str, Path(examples=["d1"])]) -> JSONResponse:
    """One decision, of any session, with all that was weighed and what the price has done since."""
    found = await asyncio.to_thread(kept.decision, house().store, decision_id)
    if found is None:
        raise refused(Refusal("unknown_decision", f"There is no decision {decision_id[:60]!r}."))
    return JSONResponse(_in_full(found, await outcomes(house(), found)))


def _in_full(logged: Logged, outcome: Outcome) -> dict[str, Any]:
    made = logged.decision
    return decision_item(logged) | {
        "gates": [_gate(gate) for gate in made.gates],
        "flip": _flip(made),
        "flip_said": _flip_said(made),
        "levels": [opinion_item(opinion) for opinion in logged.opinions],
        "outcome": _outcome(outcome),
    }


def _gate(gate: Gate) -> dict[str, Any]:
    # A log outlives the release that wrote it, and its gates.
    known = gate.name in titles()
    return gate_item(gate) | {"title": title(gate.name) if known else gate.name, "shown": shown(gate) if known else ""}


def _flip_said(made: Decision) -> str:
    flip = made.flip
    if flip is not None and flip.gate not in titles():
        return f"Its gate {flip.gate!r} is not one of this release."
    return flip_said(made)


def _flip(made: Decision) -> dict[str, Any] | None:
    flip = made.flip
    return flip and {
        "gate": flip.gate,
        "value": figure(flip.value),
        "sense": flip.sense,
        "threshold": figure(flip.threshold),
        "verdict": flip.verdict,
        "said": _flip_said(made),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    figures = {f"{name}_pct": getattr(outcome, name) for name in _NAMES}
    reasons = {name: found.reason for name, found in figures.items() if found.value is None}
    return {name: plain_or_none(found.value) for name, found in figures.items()} | {"reasons": reasons}
