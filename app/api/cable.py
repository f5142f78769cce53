"""The cable: hears the bell, makes an event of every change once, and hands the same bytes to all who listen."""

import asyncio
import logging
import secrets
from collections import Counter, deque
from collections.abc import Iterable, Sequence, Set
from itertools import islice
from typing import Any

from fastapi.sse import format_sse_event

from app.api.missed import gap, missed
from app.api.places import Place, number_in, place_in
from app.api.problem import Problem
from app.api.readers import BOUNDS, CLOSING, Bounds, Reader, spoken
from app.api.tidings import Tiding, tidings
from app.runtime.exporting_decisions import decision_item
from app.runtime.house import House
from app.runtime.trade_rows import trade_item
from app.store.database import StoreRefused
from app.store.news import decisions_after, newest, trades_after
from app.trading.bell import Topic

# Rings within this many seconds after events were told are heard as one.
GAP = 0.1
# Those who are dropped are written down once in so many seconds at most.
_QUIET = 10.0
RETRY_MS = 2000
# So many trades or decisions are told at a time, before others have their turn.
_PAGE = 100
_RETRY = format_sse_event(retry=RETRY_MS)

_log = logging.getLogger("drydock")


class Cable:
    """One for a house. While nobody listens, nor has for a while, it hears nothing: whoever comes then is told all
    anew, and what he has missed is read from the store."""

    def __init__(self, house: House, bounds: Bounds = BOUNDS) -> None:
        self._house = house
        self._bounds = bounds
        self._readers: set[Reader] = set()
        # How many were let go of since the start, by why.
        self.dropped: Counter[str] = Counter()
        self._logged = -_QUIET
        self._said: dict[str, Tiding] = {}
        self._window: deque[bytes] = deque()
        self._window_size = 0
        self._place = Place(secrets.token_hex(4))
        self._owes_decisions = False
        self._awake = False
        self._over = False
        self._left = 0.0
        self._looked = 0.0
        self._looking = asyncio.Lock()

    @property
    def listened_to(self) -> int:
        """How many readers there are."""
        return len(self._readers)

    def start(self) -> "asyncio.Task[None]":
        """Begin to hear; cancel the task to end."""
        return asyncio.create_task(self._run())

    def hang_up(self) -> None:
        """The desk closes: every reader is told, and nobody else is let in."""
        self._over = True
        for reader in tuple(self._readers):
            reader.end(CLOSING, "The desk is closing; come back with the last event's id.")

    async def reader(self, last_event_id: str | None = None) -> Reader:
        """One more who listens. He begins with what he has missed since that event, or with all as it is.

        Raises Problem where there are too many or the desk closes, StoreRefused where it cannot be looked at.
        """
        if self._over:
            raise Problem(503, "not_open", "The desk is closing.")
        if len(self._readers) >= self._bounds.readers:
            sentence = f"{self._bounds.readers} programs read the stream already, and there is room for no more."
            raise Problem(503, "too_many_readers", sentence)
        reader = Reader(self._bounds, self)
        self._readers.add(reader)
        try:
            await self._begin(reader, last_event_id)
        except BaseException:
            reader.leave()
            raise
        return reader

    async def hear(self, topics: Set[Topic]) -> None:
        """Tell all what has changed."""
        if not self._awake:
            return
        async with self._looking:
            if not self._readers and self._house.clock.instant().mono - self._left > self._bounds.linger_s:
                self._sleep()
            else:
                await self._look(topics)

    # -- who listens

    def drop(self, code: str) -> None:
        """A reader is let go of."""
        self.dropped[code] += 1
        now = self._house.clock.instant().mono
        if code != CLOSING and now - self._logged >= _QUIET:
            self._logged = now
            _log.warning("[SESSION] stream=dropped code=%s dropped=%d", code, self.dropped[code])

    def leave(self, reader: Reader) -> None:
        """A reader is gone."""
        self._readers.discard(reader)
        self._left = self._house.clock.instant().mono

    async def _begin(self, reader: Reader, last_event_id: str | None) -> None:
        async with self._looking:
            if not self._awake:
                await self._wake()
            elif self._house.clock.instant().mono - self._looked >= 1:
                # Nothing need have rung for a while, and ages are told too.
                self._tell_state(frozenset(Topic))
            # From here to where he hears the next event himself nothing may be told.
            seen, now = place_in(last_event_id or ""), self._place
            since = self._since(seen)
            state = self._as_it_is() if since is None else []
            reader.attend()
        history: list[bytes] = since or []
        if since is None and seen is not None:
            history = await asyncio.to_thread(missed, self._house.store, seen, now)
        elif since is None and last_event_id:
            history = [gap("unknown_event", "The last event's id is not one of this stream.")]
        reader.first = (_RETRY, *history, *state)

    def _since(self, seen: Place | None) -> list[bytes] | None:
        """The events after that place, where the window holds them all."""
        if seen is None or seen.boot != self._place.boot:
            return None
        behind = self._place.seq - seen.seq
        if not 0 <= behind <= len(self._window):
            return None
        return list(islice(self._window, len(self._window) - behind, None))

    def _as_it_is(self) -> list[bytes]:
        """All that is not history, as it was said last. Only the last of it says where its reader is: whoever loses the
        line before that is told all of it again."""
        *others, last = self._said.values()
        return [*(spoken(each.event, each.item) for each in others), spoken(last.event, last.item, self._place)]

    def _sleep(self) -> None:
        """Forget what was said. No place that was told is in the window of the next awakening."""
        self._awake = False
        self._said.clear()
        self._window.clear()
        self._window_size = 0
        self._place = self._place._replace(seq=self._place.seq + 1)

    async def _wake(self) -> None:
        """Take up all as it is; what was logged before is history. Raises StoreRefused."""
        known = await asyncio.to_thread(newest, self._house.store)
        pit = self._house.pit
        session, trade = (number_in(pit.session.id), pit.account.version) if pit else (0, 0)
        opened = max(known.session, session)
        self._place = self._place._replace(session=session, trade=trade, decision=known.decision, newest=opened)
        self._awake = True
        self._tell_state(frozenset(Topic))

    # -- what is told

    async def _run(self) -> None:
        listener = self._house.bell.listener()
        looking: asyncio.Task[None] | None = None
        try:
            while True:
                looking = asyncio.create_task(self.hear(await listener.wait()))
                looking.add_done_callback(_report)
                await asyncio.wait([looking])
                await asyncio.sleep(GAP)
        finally:
            listener.leave()
            if looking:
                looking.cancel()
            self.hang_up()

    async def _look(self, topics: Set[Topic]) -> None:
        """The state first: reading the logs waits for the disk. Of another session all is new."""
        self._owes_decisions |= Topic.DECISION in topics
        pit = self._house.pit
        if pit is not None and number_in(pit.session.id) != self._place.session:
            await self._tell_logs(ended=True)
            self._turn()
            topics = frozenset(Topic)
        self._tell_state(topics)
        await self._tell_logs()

    def _turn(self) -> None:
        """Go over to the session at work. Of one that was opened since, every trade is news."""
        pit = self._house.pit
        if pit is None:
            return
        number = number_in(pit.session.id)
        place = self._place
        trade = 0 if number > place.newest and place.session else pit.account.version
        self._place = place._replace(session=number, trade=trade, newest=max(number, place.newest))
        for key in [key for key, said in self._said.items() if said.event in ("account", "position", "bot")]:
            del self._said[key]

    def _tell_state(self, topics: Set[Topic]) -> None:
        watched = {f"price {entry.token.key.address}" for entry in self._house.floor.watchlist}
        held = {key.partition(" ")[2] for key, said in self._said.items() if _is_open(said)}
        found = tidings(self._house, topics, held)
        if topics >= frozenset(Topic):
            self._looked = self._house.clock.instant().mono
        news = [each for each in found if each.key not in self._said or self._said[each.key].gist != each.gist]
        for each in found:
            self._said[each.key] = each
        self._tell((each.event, each.item, self._place) for each in news)
        for key in [key for key, said in self._said.items() if _is_over(said, watched)]:
            del self._said[key]

    async def _tell_logs(self, *, ended: bool = False) -> None:
        """Trades and decisions since the last ones told. Where the database refuses, they are told when it does not."""
        try:
            await self._tell_trades(ended)
            if self._owes_decisions:
                await self._tell_decisions()
        except StoreRefused as error:
            _log.warning("[SESSION] stream=waits why=%r", str(error))
            if ended:
                # Who comes back over this has missed them too.
                self._tell([("gap", {"code": "database_refused", "detail": str(error)}, self._place)])

    async def _tell_trades(self, ended: bool) -> None:
        place, pit, store = self._place, self._house.pit, self._house.store
        version = 0 if ended or pit is None or pit.session.id != place.account_id else pit.account.version
        while place.session and (ended or version > self._place.trade):
            found = await asyncio.to_thread(trades_after, store, place.account_id, self._place.trade, _PAGE)
            self._tell(("trade", trade_item(each), self._place._replace(trade=each.number)) for each in found)
            if len(found) < _PAGE:
                # An entry that is no trade counts too.
                self._place = self._place._replace(trade=max(version, self._place.trade))
                return

    async def _tell_decisions(self) -> None:
        while True:
            found = await asyncio.to_thread(decisions_after, self._house.store, self._place.decision, _PAGE)
            mine = [each for each in found if each.session_id == self._place.account_id]
            self._tell(
                ("decision", decision_item(each), self._place._replace(decision=number_in(each.id))) for each in mine
            )
            if found:
                self._place = self._place._replace(decision=number_in(found[-1].id))
            if len(found) < _PAGE:
                self._owes_decisions = False
                return

    def _tell(self, news: Iterable[tuple[str, dict[str, Any], Place]]) -> None:
        """Say these, in their order, to everybody: never waits for anybody."""
        chunks: list[bytes] = []
        for event, item, place in news:
            self._place = place._replace(seq=self._place.seq + 1)
            chunks.append(spoken(event, item, self._place))
        if chunks:
            self._keep(chunks)
            self.cry(b"".join(chunks))

    def cry(self, chunk: bytes) -> None:
        """Hand these bytes to everybody who listens now, and keep them for nobody."""
        for reader in tuple(self._readers):
            reader.tell(chunk)

    def _keep(self, chunks: Sequence[bytes]) -> None:
        self._window.extend(chunks)
        self._window_size += sum(map(len, chunks))
        while self._window_size > self._bounds.window_bytes:
            self._window_size -= len(self._window.popleft())


def _is_open(said: Tiding) -> bool:
    return said.event == "position" and said.item["closed_at"] is None


def _is_over(said: Tiding, watched: Set[str]) -> bool:
    """Whether it is not to be said again: a position that is closed, a price that nobody watches."""
    if said.event == "position":
        return not _is_open(said)
    return said.event == "price" and said.key not in watched


def _report(task: "asyncio.Task[None]") -> None:
    """What cannot be told is a bug: it is loud, and the next change is told all the same."""
    if not task.cancelled() and (error := task.exception()):
        _log.error("[SESSION] stream=untold", exc_info=error)
