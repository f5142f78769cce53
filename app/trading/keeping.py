"""Keeping: the shadows are read from the disk when a session is opened, and what they have done is written to it.

A shadow's trade is acknowledged to nobody, so memory goes ahead of the disk, by one tick at most; a crash in between
loses what had not been written, and the ledger that is found balances.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.bot.levels import LEVELS
from app.domain.bids import Bid
from app.domain.books import Books
from app.domain.bots import Holding
from app.domain.ledger import folded
from app.domain.money import NOTHING, plain
from app.domain.session import Session, shadow_id
from app.domain.valuation import Marks
from app.store.books import Batch, entries
from app.store.bots import holdings, memories
from app.store.database import Store
from app.store.shadows import add_shadows
from app.trading.diary import Diary, diary_of
from app.trading.shadow import Intent, Shadow, Written
from app.trading.shadows import Shadows
from app.trading.terms import Terms


def open_shadows(store: Store, session: Session, terms: Terms, at: datetime) -> Shadows:
    """The ten ledgers of a session as they were left. Blocks. Raises StoreRefused."""
    add_shadows(store, session.id, at)
    marks, kept = Marks(), memories(store, session.id)
    shadows: list[Shadow] = []
    for level in LEVELS:
        name = shadow_id(session.id, level.number)
        memory: dict[str, Any] = json.loads(kept[name]) if name in kept else {}
        books = Books(folded(name, entries(store, name)))
        diary = diary_of(memory["diary"]) if memory else Diary()
        shadow = Shadow(level, books, marks, holdings(store, name), diary)
        recall(shadow, memory)
        shadows.append(shadow)
    found = Shadows(shadows, marks, terms)
    found.seen = {asset: datetime.fromisoformat(bar) for asset, bar in _seen(kept, session).items()}
    return found


def taken(shadows: Shadows) -> dict[Shadow, Written]:
    """What has happened since the last call; nothing of those with no news."""
    found = {shadow: shadow.written for shadow in shadows.all if _has_news(shadow.written)}
    for shadow in found:
        shadow.written = Written([], set(), remembers=False)
    return found


def batches(found: Mapping[Shadow, Written], seen: Mapping[str, datetime]) -> list[Batch]:
    """What was taken, to be written in one transaction. To be made before anything else happens."""
    return [_batch(shadow, written, seen) for shadow, written in found.items()]


def give_back(found: Mapping[Shadow, Written]) -> None:
    """What the disk has refused is written another time, before what has happened since."""
    for shadow, written in found.items():
        since = shadow.written
        shadow.written = Written([*written.changes, *since.changes], written.touched | since.touched)


def recall(shadow: Shadow, memory: Mapping[str, Any]) -> None:
    """Set what a shadow remembers beside its books and holdings."""
    drawdown = shadow.drawdown
    drawdown.see(shadow.books.account.deposits)
    if not memory:
        return
    drawdown.highest, drawdown.deepest_pct = Decimal(memory["highest"]), Decimal(memory["deepest"])
    shadow.intents = {
        asset: Intent(
            None if usd is None else Decimal(usd), datetime.fromisoformat(until), reason, pct, Bid(bid) if bid else None
        )
        for asset, (usd, until, reason, pct, bid) in memory["intents"].items()
    }


def memory_of(shadow: Shadow, seen: Mapping[str, datetime]) -> str:
    """What a shadow has to remember, as text."""
    intents = {
        asset: (None if it.usd is None else plain(it.usd), it.until.isoformat(), it.reason, it.stop_pct, it.bid)
        for asset, it in shadow.intents.items()
    }
    return json.dumps(
        {
            "diary": shadow.diary.kept(),
            "highest": plain(shadow.drawdown.highest),
            "deepest": plain(shadow.drawdown.deepest_pct),
            "intents": intents,
            "seen": {asset: bar.isoformat() for asset, bar in seen.items()},
        }
    )


def _seen(kept: Mapping[str, str], session: Session) -> dict[str, str]:
    """Up to which bar of each token all ten have come: they are written together."""
    first = kept.get(shadow_id(session.id, 1))
    return json.loads(first)["seen"] if first else {}


def _has_news(written: Written) -> bool:
    return bool(written.changes or written.touched or written.remembers)


def _batch(shadow: Shadow, written: Written, seen: Mapping[str, datetime]) -> Batch:
    account = shadow.books.account
    made = [entry for change in written.changes for entry in change.entries]
    return Batch(
        account.id,
        account.version - len(made),
        entries=tuple(made),
        trades=tuple(change.trade for change in written.changes if change.trade),
        closed=tuple(closed for change in written.changes for closed in change.closed),
        holdings=tuple(shadow.holdings.get(asset) or _gone(asset, shadow) for asset in sorted(written.touched)),
        memory=memory_of(shadow, seen),
    )


def _gone(asset: str, shadow: Shadow) -> Holding:
    """A holding of nothing: what was kept of it is dropped."""
    return Holding(asset, NOTHING, NOTHING, shadow.diary.sold[asset], NOTHING, NOTHING)
