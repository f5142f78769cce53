"""Decisions to take away: the newest that the filters leave, as CSV."""

from dataclasses import replace

import reflex as rx

from app.runtime.exporting_decisions import decisions_csv
from app.store.database import Store
from app.store.decisions import DecisionFilter, decisions
from app.ui.state.journal import read

# About three megabytes, which a browser is given in one piece; all of them are the command line's to export.
MOST = 5_000


async def decisions_file(
    store: Store, session_id: str, wanted: DecisionFilter, most: int = MOST
) -> rx.event.EventSpec | None:
    """The event that hands decisions to the browser as a file, the newest `most` of them; None while the database
    refuses."""
    text = await read(_written, store, session_id, wanted, most)
    name = f"drydock-decisions-{session_id}.csv"
    return None if text is None else rx.download(data=text, filename=name, mime_type="text/csv")


def _written(store: Store, session_id: str, wanted: DecisionFilter, most: int) -> str:
    return "".join(decisions_csv(store, session_id, newest(store, session_id, wanted, most)))


def newest(store: Store, session_id: str, wanted: DecisionFilter, most: int) -> DecisionFilter:
    """The filter, from the time on that leaves so many: no more but for those of the same time. Raises StoreRefused."""
    found = decisions(store, session_id, wanted, most)
    return replace(wanted, since=found[-1].at) if len(found) == most else wanted
