"""Files to take away: trades as CSV and sessions as JSON, from the API where that is open."""

from datetime import datetime
from urllib.parse import urlencode

import reflex as rx

from app.domain.refusal import Refusal
from app.runtime.exporting import session_json, trades_csv
from app.runtime.house import House
from app.store.sessions import session as find_session
from app.store.trades import TradeFilter
from app.ui.state.journal import read


async def trades_file(house: House, session_id: str, wanted: TradeFilter) -> rx.event.EventSpec | None:
    """The event that hands these trades to the browser as a file; None while the database refuses."""
    name = f"drydock-trades-{session_id}.csv"
    if _is_open(house):
        return rx.download(url=f"/api/trades.csv?{_query(session_id, wanted)}", filename=name)
    text = await read(lambda: "".join(trades_csv(house.store, session_id, wanted)))
    return None if text is None else rx.download(data=text, filename=name, mime_type="text/csv")


async def session_file(house: House, session_id: str) -> rx.event.EventSpec | None:
    """The event that hands a session over as a file; None where there is none, or while the database refuses."""
    name = f"drydock-session-{session_id}.json"
    if _is_open(house):
        known = await read(find_session, house.store, session_id)
        return rx.download(url=f"/api/sessions/{known.id}/export", filename=name) if known else None
    text = await read(session_json, house.store, session_id)
    if text is None or isinstance(text, Refusal):
        return None
    return rx.download(data=text, filename=name, mime_type="application/json")


def _is_open(house: House) -> bool:
    """Whether the API answers a browser that brings nothing but a link."""
    return house.settings.password is None and house.settings.api_token is None


def _query(session_id: str, wanted: TradeFilter) -> str:
    """The filter as the API takes it."""
    stated = {
        "session": session_id,
        "symbol": wanted.address,
        "side": wanted.side,
        "status": wanted.status,
        "origin": wanted.origin,
        "since": _zulu(wanted.since),
        "until": _zulu(wanted.until),
    }
    return urlencode({name: value for name, value in stated.items() if value is not None})


def _zulu(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
