"""One way out: hears the bell; a tick is cried to all tabs at once, all else is shown to each by a task of its own."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from time import perf_counter

import reflex as rx
from reflex.constants import SocketEvent
from reflex.state import StateUpdate

from app.runtime.house import House
from app.trading.bell import Listener, Topic
from app.ui.crier import Crier
from app.ui.state.view import SIGHTS, View, page_of

# Rings within this many seconds after a push are heard as one.
GAP = 0.1
# What all tabs of a sight are told at once: a tick, of the market or of the bot, and what it and a trade both change.
_CRIED = frozenset({Topic.PRICES, Topic.ACCOUNT, Topic.SESSION, Topic.BOT})

_log = logging.getLogger("drydock.ui")


@dataclass(slots=True)
class _Tab:
    """A connected browser tab, and what it has not been shown yet."""

    owed: set[Topic] = field(default_factory=set[Topic])
    page: str = ""
    task: "asyncio.Task[None] | None" = None


class Live:
    """Pushes for as long as the house stands. A tab that is slow or busy holds up nobody but itself."""

    def __init__(self, app: rx.App, house: House, views: Sequence[View]) -> None:
        self._app = app
        self._house = house
        self._views = views
        self._crier = Crier(house, views, self._emit)
        self._tabs: dict[str, _Tab] = {}
        self._news = asyncio.Event()
        self._heard: set[Topic] = set()
        self._rung: float | None = None

    def start(self) -> "asyncio.Task[None]":
        """Begin to push; cancel the task to end."""
        task = asyncio.create_task(self.run())
        task.add_done_callback(_report)
        return task

    async def run(self) -> None:
        """Push until cancelled."""
        listener = self._house.bell.listener()
        hearing = asyncio.create_task(self._hear(listener))
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                heard, self._heard, rung, self._rung = self._heard, set(), self._rung, None
                await self.push(heard, rung)
                await asyncio.sleep(GAP)
        finally:
            hearing.cancel()
            listener.leave()
            self._house.gauges.browser_tabs = None
            for tab in self._tabs.values():
                if tab.task:
                    tab.task.cancel()

    async def _hear(self, listener: Listener) -> None:
        """Note what was rung, and since when the oldest tick among it waits to be cried."""
        while True:
            topics = await listener.wait()
            self._heard |= topics
            if Topic.PRICES in topics and self._rung is None:
                self._rung = perf_counter()
            self._news.set()

    async def push(self, topics: Iterable[Topic], rung: float | None = None) -> None:
        """Cry a tick, which was `rung` then; owe all other topics to every connected tab, and start to pay."""
        connected = dict(self._app.event_namespace.token_to_sid) if self._app.event_namespace else {}
        self._house.gauges.browser_tabs = len(connected)
        for gone in set(self._tabs) - set(connected):
            del self._tabs[gone]
        for gone in set(SIGHTS) - set(connected):
            del SIGHTS[gone]
        if cried := _CRIED & set(topics):
            crying = asyncio.create_task(self._cry(connected, cried, rung))
            crying.add_done_callback(_report)
            await asyncio.wait([crying])
        for token in connected:
            tab = self._tabs.setdefault(token, _Tab())
            tab.owed.update(topics)
            if tab.task is None or tab.task.done():
                tab.task = asyncio.create_task(self._pay(token, tab))
                tab.task.add_done_callback(_report)

    async def _cry(self, connected: Mapping[str, str], topics: Set[Topic], rung: float | None) -> None:
        told = await self._crier.cry(connected, topics)
        if told and rung is not None:
            self._house.gauges.tick_to_push.see(perf_counter() - rung)

    async def _pay(self, token: str, tab: _Tab) -> None:
        while tab.owed:
            topics, tab.owed = tab.owed, set()
            await self._refresh(token, tab, topics)

    async def _refresh(self, token: str, tab: _Tab, topics: set[Topic]) -> None:
        sight = SIGHTS.get(token)
        page = sight.page if sight else tab.page
        due = [view for view in self._views if view.topics & topics and not (sight and view.alike)]
        # What only another page shows needs no look at this tab.
        if not any(view.page in ("", page) or not page for view in due):
            return
        async with self._app.modify_state(rx.BaseStateToken(ident=token, cls=due[0].state)) as root:
            tab.page = page_of(root)
            for view in due:
                if view.page in ("", tab.page):
                    await view.show(await root.get_state(view.state))

    async def _emit(self, update: StateUpdate, sockets: Sequence[str]) -> None:
        if self._app.event_namespace:
            await self._app.event_namespace.emit(str(SocketEvent.EVENT), update, to=list(sockets))


def _report(task: "asyncio.Task[None]") -> None:
    """A view that cannot be shown is a bug: it is loud, and it ends nobody else's pushing."""
    if not task.cancelled() and (error := task.exception()):
        _log.error("[SESSION] tab=not_refreshed", exc_info=error)
