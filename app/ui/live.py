"""One way out: hears the bell and refreshes what each connected tab shows, each tab by a task of its own."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import reflex as rx

from app.runtime.house import House
from app.trading.bell import Topic
from app.ui.state.view import View

# Rings within this many seconds after a push are heard as one.
GAP = 0.1

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
        self._tabs: dict[str, _Tab] = {}

    def start(self) -> "asyncio.Task[None]":
        """Begin to push; cancel the task to end."""
        return asyncio.create_task(self.run())

    async def run(self) -> None:
        """Push until cancelled."""
        listener = self._house.bell.listener()
        try:
            while True:
                self.push(await listener.wait())
                await asyncio.sleep(GAP)
        finally:
            listener.leave()
            for tab in self._tabs.values():
                if tab.task:
                    tab.task.cancel()

    def push(self, topics: Iterable[Topic]) -> None:
        """Owe these topics to every connected tab, and start to pay."""
        connected = set(self._app.event_namespace.token_to_sid) if self._app.event_namespace else set()
        for gone in set(self._tabs) - connected:
            del self._tabs[gone]
        for token in connected:
            tab = self._tabs.setdefault(token, _Tab())
            tab.owed.update(topics)
            if tab.task is None or tab.task.done():
                tab.task = asyncio.create_task(self._pay(token, tab))
                tab.task.add_done_callback(_report)

    async def _pay(self, token: str, tab: _Tab) -> None:
        while tab.owed:
            topics, tab.owed = tab.owed, set()
            await self._refresh(token, tab, topics)

    async def _refresh(self, token: str, tab: _Tab, topics: set[Topic]) -> None:
        due = [view for view in self._views if view.topics & topics]
        # What only another page shows needs no look at this tab; its page is known from the last price it was sent.
        if not any(view.page in ("", tab.page) or not tab.page for view in due):
            return
        async with self._app.modify_state(rx.BaseStateToken(ident=token, cls=due[0].state)) as root:
            tab.page = root.router.url.path.rstrip("/") or "/"
            for view in due:
                if view.page in ("", tab.page):
                    await view.show(await root.get_state(view.state))


def _report(task: "asyncio.Task[None]") -> None:
    """A view that cannot be shown is a bug: it is loud, and it ends nobody else's pushing."""
    if not task.cancelled() and (error := task.exception()):
        _log.error("[PRICE] a tab could not be refreshed", exc_info=error)
