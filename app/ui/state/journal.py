"""What views read from the store: off the event loop, and nothing where it cannot be read."""

import asyncio
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from app.store.database import StoreRefused

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger("drydock.ui")


async def read(query: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T | None:
    """What the query answers; None while the database refuses, which the banner of the market says."""
    try:
        return await asyncio.to_thread(query, *arguments, **named)
    except StoreRefused as error:
        _log.warning("[TRADE] read=refused why=%r", str(error))
        return None
