"""The audit as a view: the books held against their identities, each in plain words."""

from decimal import Decimal

import reflex as rx

from app.domain.money import plain
from app.runtime.audit import Audit, audited
from app.runtime.house import current
from app.store.database import StoreRefused
from app.ui import figures
from app.ui.state.view import put

# What each identity says, in the order in which they are shown.
_SAYINGS = {
    "entries": ("Every entry sums to zero", "What leaves one book arrives in another, to the last digit."),
    "books": ("Cash and what is held at cost", "= deposits + realized − gas"),
    "equity": ("Equity at the prices of now", "= deposits + realized + unrealized − gas"),
    "below_zero": ("Nothing is below zero", "No cash, no token and no cost, all entries added up."),
    "trades": ("Every entry has its trade", "Entries after the deposit that have none."),
    "memory": ("Memory is what disk says", "The desk's account against the ledger folded anew from disk."),
}


class AuditState(rx.State):
    """`rows` are the identities: name, what it says, residual, and 'yes', 'no' or '' (not reckoned) for whether it
    holds. `verdict` is one sentence."""

    shown: bool = False
    busy: bool = False
    rows: list[list[str]] = []
    verdict: str = ""
    balanced: bool = False
    at: str = ""

    @rx.event(background=True)
    async def open(self):
        """Audit the session at work, and show what was found."""
        async with self:
            put(self, shown=True, busy=True)
        found = await look()
        async with self:
            put(self, busy=False, **found)

    @rx.event
    def close(self):
        self.shown = False


async def look() -> dict[str, object]:
    """What an audit of the session at work says; one sentence where there can be none."""
    house = current()
    pit = house.pit if house else None
    if house is None or pit is None:
        return _failed("The desk is still opening; there is nothing to audit yet.")
    try:
        found = await audited(house.store, pit.session, pit)
    except StoreRefused as error:
        return _failed(str(error))
    now = figures.moment(house.clock.instant().utc)
    return {"rows": _rows(found), "verdict": _verdict(found), "balanced": found.balanced, "at": now}


def _failed(sentence: str) -> dict[str, object]:
    return {"rows": [], "verdict": sentence, "balanced": False, "at": ""}


def _verdict(found: Audit) -> str:
    if found.fault:
        return found.fault
    count = f"{found.entries:,} entr{'y' if found.entries == 1 else 'ies'}"
    if found.balanced:
        return f"The books balance: {count}, read again from disk, and every identity holds to the last digit."
    return f"The books do not balance: of {count}, read again from disk, these identities do not hold."


def _rows(found: Audit) -> list[list[str]]:
    return [
        [*_SAYINGS.get(name, (name, "")), *_held(found.residuals[name])]
        for name in sorted(found.residuals, key=lambda name: [*_SAYINGS, name].index(name))
    ]


def _held(residual: Decimal | None) -> tuple[str, str]:
    if residual is None:
        return "not reckoned", ""
    return (plain(residual), "no") if residual else ("0", "yes")
