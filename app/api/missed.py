"""What a reader of the stream has missed where its window does not reach back: read from the store, as far as it is."""

from collections.abc import Iterable

from app.api.places import Place
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
    if not _is_before(seen, now):
        return [gap("unknown_event", "The last event's id is of another desk, or of data that is gone.")]
    try:
        return [*_trades(store, seen, now), *_decisions(store, seen, now)]
    except StoreRefused as error:
        return [gap("database_refused", str(error))]


def gap(code: str, detail: str) -> bytes:
    """The event that says what was missed and is not made up."""
    return spoken("gap", {"code": code, "detail": detail})


def _is_before(seen: Place, now: Place) -> bool:
    if seen.decision > now.decision or seen.session > now.session:
        return False
    return seen.session < now.session or seen.trade <= now.trade


def _trades(store: Store, seen: Place, now: Place) -> Iterable[bytes]:
    if seen.session == 0 or seen[2:4] == now[2:4]:
        return
    found = trades_after(store, seen.account_id, seen.trade, MOST + 1)
    if seen.session == now.session:
        found = [trade for trade in found if trade.number <= now.trade]
    else:
        if now.session - seen.session > 1:
            yield gap("sessions_between", "There may have been sessions in between; their trades are at /api/trades.")
        later = trades_after(store, now.account_id, 0, MOST + 1)
        found += [trade for trade in later if trade.number <= now.trade]
    for trade in found[:MOST]:
        yield told_trade(trade, seen)
    if len(found) > MOST:
        yield gap("too_many_trades", f"More than {MOST} trades were missed; the others are at /api/trades.")


def _decisions(store: Store, seen: Place, now: Place) -> Iterable[bytes]:
    if seen.decision == now.decision:
        return
    found = decisions_after(store, seen.decision, MOST + 1)
    heard, sessions = seen._replace(session=now.session, trade=now.trade), {seen.account_id, now.account_id}
    for logged in found[:MOST]:
        number = int(logged.id[1:])
        if number <= now.decision and logged.session_id in sessions:
            yield spoken("decision", decision_item(logged), heard._replace(decision=number))
    if len(found) > MOST:
        yield gap("too_many_decisions", f"More than {MOST} decisions were missed; the others are at /api/decisions.")


def told_trade(trade: Trade, heard: Place) -> bytes:
    """A trade as an event; its reader has then heard what he had, and all trades up to this."""
    return spoken("trade", trade_item(trade), heard._replace(session=int(trade.account_id[1:]), trade=trade.number))
