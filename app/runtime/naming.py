"""Naming: the session at work gets another name and note."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.refusal import Refusal
from app.domain.session import Session
from app.runtime.sessions import LONGEST_NAME, LONGEST_NOTE
from app.store.database import StoreRefused
from app.store.sessions import rename as write_names
from app.trading.bell import Topic

if TYPE_CHECKING:
    from app.runtime.house import House


async def rename(house: "House", name: str, note: str) -> Session | Refusal:
    """Give the session at work this name, which is never empty, and this note."""
    name, note = name.strip(), note.strip()
    if not name:
        return Refusal("no_name", "A session needs a name.")
    if len(name) > LONGEST_NAME or len(note) > LONGEST_NOTE:
        return Refusal("too_long", f"A name has at most {LONGEST_NAME} characters, a note {LONGEST_NOTE}.")
    async with house.switching:
        if house.pit is None:
            return Refusal("not_open", "The desk is not open.")
        desk = house.pit.desk
        try:
            await asyncio.to_thread(write_names, house.store, desk.session.id, name, note)
        except StoreRefused as error:
            return Refusal("database_refused", str(error))
        desk.session = replace(desk.session, name=name, note=note)
    house.bell.ring(Topic.SESSION)
    return desk.session
