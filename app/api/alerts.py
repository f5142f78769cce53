"""Alerts over REST: those that stand and those that have ended, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import JSONResponse

from app.api.door import house
from app.api.forms import Cursor, Limit, place_of
from app.api.shapes import Moment
from app.api.written import page
from app.domain.alerts import AlertKind
from app.runtime.alert_items import alert_item, rank
from app.store.alerts import AlertFilter

router = APIRouter(prefix="/api")


class AlertShape(BaseModel):
    """`about` tells two alerts of a kind apart; `sentence` says what is wrong, `recovery` what is said where it is well
    again, or, once it has ended, why it has. It stands while `recovered_at` is null. An `id` that begins with u is not
    on disk yet and will change."""

    id: str
    kind: AlertKind
    about: str
    sentence: str
    session_id: str
    raised_at: Moment
    recovered_at: Moment | None
    recovery: str


class AlertPage(BaseModel):
    """Newest first."""

    items: list[AlertShape]
    next_cursor: str | None


class AlertQuery(BaseModel):
    """Which alerts: of a kind; `standing` true are those that have not ended, false those that have."""

    kind: AlertKind | None = None
    standing: bool | None = None


@router.get("/alerts", response_model=None, responses={200: {"model": AlertPage}})
async def alerts(wanted: Annotated[AlertQuery, Query()], limit: Limit = 50, cursor: Cursor = "") -> JSONResponse:
    """What somebody should have known about at once, of all sessions, newest first."""
    which = AlertFilter(wanted.kind, wanted.standing)
    found = await house().alarms.listed(which, limit + 1, place_of(cursor))
    return JSONResponse(page(found, limit, alert_item, rank))
