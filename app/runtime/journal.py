"""The journal: what the bot decides is logged when it changes, told on the terminal, and shown as looks."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from app.domain.decisions import Decision, Logged, Occasion, Opinion, Verdict
from app.domain.fields import as_field
from app.domain.prices import Consensus
from app.domain.tokens import Token
from app.runtime.looks import Look
from app.runtime.once import Once
from app.store.database import Store, StoreRefused
from app.store.decisions import last_decisions, log_decisions
from app.trading.bell import Bell, Topic

_log = logging.getLogger("drydock.bot")

# What makes a row of the log worth writing.
_Gist = tuple[object, ...]


class Journal:
    """The decisions of one session. `counts`, which outlive it, are of those logged since the start, by level and
    verdict of all ten; `own` are the account's."""

    def __init__(self, session_id: str, store: Store, bell: Bell, counts: Counter[tuple[int, str]]) -> None:
        self.counts = counts
        self.own: Counter[Verdict] = Counter()
        self.looks: dict[str, Look] = {}
        self._session_id = session_id
        self._store = store
        self._bell = bell
        self._gists: dict[str, _Gist] = {}
        self._states: dict[str, str] = {}
        self._refusals = Once()

    async def open(self) -> None:
        """Remember what was logged last of every token. Raises StoreRefused."""
        last = await asyncio.to_thread(last_decisions, self._store, self._session_id)
        self._gists = {address: _gist(logged) for address, logged in last.items()}

    def look(
        self, token: Token, held: Consensus, at: datetime, bar_at: datetime | None, decision: Decision,
        opinions: tuple[Opinion, ...],
    ) -> Look:  # fmt: skip
        """What is seen and thought of a token now, for faces."""
        state = held.state.value
        look = Look(token, at, bar_at, held.price, state, held.source, held.age_s(at), decision, opinions)
        self.looks[token.key.address] = look
        return look

    def forget(self, kept: set[str]) -> None:
        """Let go of looks at tokens that are not watched any more."""
        for address in self.looks.keys() - kept:
            del self.looks[address]

    async def log(self, looks: Sequence[tuple[Look, Occasion]], bot: str) -> list[str | None]:
        """Write down what has changed, and whatever may be acted upon; for each look the id of its row, if it has
        one."""
        before = {address: self._gists.get(address) for address in {look.token.key.address for look, _ in looks}}
        news = [place for place, (look, occasion) in enumerate(looks) if self._is_news(look, occasion)]
        if not news:
            return [None] * len(looks)
        rows = [_logged(self._session_id, *looks[place], bot) for place in news]
        try:
            kept = await asyncio.to_thread(log_decisions, self._store, rows)
        except StoreRefused as error:
            self._forget(before)
            for why in self._refusals.news(str(error)):
                _log.error("[DECISION] log=refused why=%r", why)
            return [None] * len(looks)
        if self._refusals.over():
            _log.info("[DECISION] log=written_again")
        for row in kept:
            self._told(row)
        self._bell.ring(Topic.DECISION)
        ids = {place: row.id for place, row in zip(news, kept, strict=True)}
        return [ids.get(place) for place in range(len(looks))]

    def _forget(self, before: Mapping[str, _Gist | None]) -> None:
        """Take back what was remembered of rows that were not written."""
        for address, gist in before.items():
            self._gists.pop(address, None)
            if gist is not None:
                self._gists[address] = gist

    def _is_news(self, look: Look, occasion: Occasion) -> bool:
        """Whether it differs from the row before it, which it is remembered as. Between closes prices flicker over
        thresholds and nothing is decided: such a look is written for a token's first, and when the level has changed.
        """
        known, gist = self._gists.get(look.token.key.address), _gist(look)
        if occasion is Occasion.LOOK:
            is_news = known is None or known[0] != look.decision.level
        else:
            is_news = look.decision.verdict in (Verdict.BUY, Verdict.SELL) or known != gist
        if is_news:
            self._gists[look.token.key.address] = gist
        return is_news

    def _told(self, row: Logged) -> None:
        self.own[row.decision.verdict] += 1
        for opinion in row.opinions:
            self.counts[opinion.level, opinion.verdict.value] += 1
        _log.info("[DECISION] id=%s %s", row.id, told(row))
        if self._states.get(row.token.key.address) != row.state:
            self._states[row.token.key.address] = row.state
            token = as_field(row.token.symbol)
            _log.info("[PRICE] token=%s price=%s source=%s age=%s state=%s", token, *_price(row), row.state)


def told(row: Logged) -> str:
    """A decision as a line of the log has it."""
    price, source, age = _price(row)
    return (
        f"token={as_field(row.token.symbol)} price={price} source={source} age={age} state={row.state} "
        f"level={row.decision.level} verdict={row.decision.verdict.value} "
        f"first_failed={row.decision.first_failed or '-'} "
        f"size={row.decision.size_usd:f} occasion={row.occasion.value} bot={row.bot}"
    )


def _price(row: Logged) -> tuple[str, str, str]:
    price = "-" if row.price is None else f"{row.price:f}"
    return price, as_field(row.source or "-"), "-" if row.age_s is None else f"{row.age_s:.0f}s"


def _gist(seen: Look | Logged) -> _Gist:
    letters = tuple(opinion.verdict for opinion in seen.opinions)
    return seen.decision.level, seen.decision.verdict, seen.decision.first_failed, letters


def _logged(session_id: str, look: Look, occasion: Occasion, bot: str) -> Logged:
    return Logged(
        session_id,
        look.at,
        look.bar_at,
        occasion,
        look.token,
        look.price,
        look.state,
        look.source,
        look.age_s,
        bot,
        look.decision,
        look.opinions,
        look.said,
    )
