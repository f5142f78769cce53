"""What a reader of the stream has missed where its window does not reach back: read from the store, as far as it is."""

from collections.abc import Iterable

from app.api.places import Place, number_in
from app.api.readers import spoken
from app.domain.trades import Trade
from app.runtime.exporting_decisions import decision_item
from app.runtime.trade_rows import trade_item
from app.store.database import Store, StoreRefused
from app.store.news import decisions_after, trades_after

# Of trades, and of decisions: whoever has missed more reads them by the page.
MOST = 500


def missed(store: Store, seen: Place, now: Place) -> list[bytes]:
    """The trades and decisions told between two places of different windows, as events, oldest first; a `gap` says
    what could not be made up. Blocks."""
    if not _is_known(seen, now):
        return [gap("unknown_event", "The last event's id is of another desk, or of data that is gone.")]
    try:
        return [*_trades(store, seen, now), *_decisions(store, seen, now)]
    except StoreRefused as error:
        return [gap("database_refused", str(error))]


def gap(code: str, detail: str) -> bytes:
    """The event that says what was missed and is not made up."""
    return spoken("gap", {"code": code, "detail": detail})


def _is_known(seen: Place, now: Place) -> bool:
    """Whether this desk can have told it. A session that is at work anew has a lower number than others before it."""
    if seen.decision > now.decision or not seen.session <= seen.newest <= now.newest:
        return False
    return seen.session != now.session or seen.trade <= now.trade


def _trades(store: Store, seen: Place, now: Place) -> Iterable[bytes]:
    """Those of the session that was at work then, and of the one that is now where it was opened since: of one that
    is at work anew nobody knows which were told before."""
    opened = now.session > seen.newest
    if now.newest - seen.newest > opened:
        yield gap("sessions_between", "There may have been sessions in between; their trades are at /api/trades.")
    if now.session != seen.session and not opened:
        yield gap("another_session", "Another session is at work; trades that it has made since are at /api/trades.")
    found = _between(store, seen, now) if seen.session else []
    if opened:
        found += _between(store, now._replace(trade=0), now)
    for trade in found[:MOST]:
        yield told_trade(trade, seen)
    if len(found) > MOST:
        yield gap("too_many_trades", f"More than {MOST} trades were missed; the others are at /api/trades.")


def _between(store: Store, seen: Place, now: Place) -> list[Trade]:
    """One more than are told at most. Of a session that is not at work now all are past."""
    found = trades_after(store, seen.account_id, seen.trade, MOST + 1)
    return [trade for trade in found if seen.session != now.session or trade.number <= now.trade]


def _decisions(store: Store, seen: Place, now: Place) -> Iterable[bytes]:
    if seen.decision == now.decision:
        return
    found = decisions_after(store, seen.decision, MOST + 1)
    heard = seen._replace(session=now.session, trade=now.trade, newest=now.newest)
    sessions = {seen.account_id, now.account_id}
    for logged in found[:MOST]:
        number = number_in(logged.id)
        if number <= now.decision and logged.session_id in sessions:
            yield spoken("decision", decision_item(logged), heard._replace(decision=number))
    if len(found) > MOST:
        yield gap("too_many_decisions", f"More than {MOST} decisions were missed; the others are at /api/decisions.")


def told_trade(trade: Trade, heard: Place) -> bytes:
    """A trade as an event; its reader has then heard what he had, and all trades up to this."""
    session = number_in(trade.account_id)
    place = heard._replace(session=session, trade=trade.number, newest=max(session, heard.newest))
    return spoken("trade", trade_item(trade), place)
