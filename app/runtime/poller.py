"""A poller: asks one source on its own schedule, within its budget, and posts what it says."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.consensus import fresh_for
from app.domain.prices import Reading, SourceRule
from app.domain.tokens import Token, TokenKey
from app.market.breaker import FAULTS_TO_OPEN
from app.market.budget import pace
from app.market.line import Clock, Line, NoAnswer
from app.market.source import Answer, Call, Fault, Garbled, PriceSource
from app.runtime.once import Once

ABSENT_FOR = 3600.0
# After one of these nothing else is asked for in the same round; any other concerns the one call alone.
_ENDING = (None, Fault.TIMEOUT, Fault.UNREACHABLE, Fault.RATE_LIMITED)

_log = logging.getLogger("drydock.price")


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How one source is doing. Latencies in ms; `budget` is (used, limit, window in seconds), tightest first."""

    name: str
    title: str
    state: str
    last_success_at: datetime | None
    latency_p50_ms: int | None
    latency_p95_ms: int | None
    requests: int
    errors: int
    rate_limited: int
    budget: tuple[tuple[int, int, int], ...]
    breaker: str
    reads: int
    hits: int
    last_fault: str
    poll_seconds: float
    attribution: str


class Poller:
    """One source, asked every `interval` seconds for the tokens it covers."""

    def __init__(self, source: PriceSource, rank: int, line: Line, clock: Clock, refresh: float) -> None:
        self.source = source
        self.line = line
        self.name = source.card.name
        self._rank = rank
        self._clock = clock
        self._refresh = refresh
        self._next = 0.0
        self._busy = False
        self._hurried = False
        self._interval = refresh
        self._absent: dict[TokenKey, float] = {}
        self._covers_any = True
        self.calls = 1
        self._asks_any = True
        self._rejections = Once()

    def covered(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens to ask for now: what the source said it does not know is left alone for an hour."""
        mono = self._clock.instant().mono
        self._absent = {key: until for key, until in self._absent.items() if until > mono}
        return [token for token in tokens if self.source.covers(token) and token.key not in self._absent]

    def schedule(self, tokens: Sequence[Token]) -> SourceRule:
        """Set the pace for these tokens; returns the rule by which the source's readings are weighed."""
        card = self.source.card
        calls = len(self.source.plan([token for token in tokens if self.source.covers(token)]))
        self._covers_any = calls > 0
        self.calls = calls
        cached = min(card.cached_for.total_seconds(), 4 * self._refresh)
        self._interval = max(self._refresh, cached, pace(card.allowances, calls))
        self.line.rest = 2 * self._interval if self._interval < 15 else 30.0
        limit = card.fresh_for or fresh_for(timedelta(seconds=self._interval))
        return SourceRule(self.name, self._rank, card.group, limit, card.leads, card.deviation_bp)

    def is_due(self) -> bool:
        return not self._busy and self._covers_any and self._clock.instant().mono >= self._next

    def hurry(self) -> None:
        """Be due now: a token was added."""
        self._next, self._hurried = 0.0, True

    async def poll(self, tokens: Sequence[Token], post: Callable[[Sequence[Reading]], None]) -> bool:
        """Ask for all the tokens and post each answer as it comes; whether there was any price in them."""
        self._busy, self._hurried = True, False
        answered = priced = refused = False
        rejected: list[str] = []
        try:
            calls = self.source.plan(self.covered(tokens))
            self._asks_any = bool(calls)
            for call in calls:
                try:
                    answer = await self.line.ask(call, self._read)
                except NoAnswer as error:
                    refused = error.fault is None
                    if error.fault is Fault.ABSENT:
                        self._absent[call.tokens[0].key] = self._clock.instant().mono + ABSENT_FOR
                    if error.fault in _ENDING:
                        break
                    continue
                answered, priced = True, priced or bool(answer.readings)
                self._count(answer.rejected)
                rejected += answer.rejected
                if answer.readings:
                    post(answer.readings)
            if answered:
                self._tell(rejected)
        finally:
            self._busy = False
            self._next = 0.0 if self._hurried else self._again(answered=answered, refused=refused)
        return priced

    def _again(self, *, answered: bool, refused: bool) -> float:
        """When to ask again. After a fault the next try waits for the wanted refresh only: budget and breaker hold it
        back enough. Where the breaker forbade this one, the next is made as soon as it does not."""
        mono, rested = self._clock.instant().mono, self.line.breaker.open_until
        again = mono + (self._interval if answered else self._refresh)
        return min(again, rested) if refused and rested > mono else again

    def _read(self, payload: object, call: Call, at: datetime) -> Answer:
        """The source's answer; one without a single price that makes sense is a fault of the whole."""
        answer = self.source.parse(payload, call, at)
        if answer.rejected and not answer.readings:
            raise Garbled(answer.rejected[0])
        return answer

    def _count(self, rejected: Sequence[str]) -> None:
        self.line.meter.rejected += len(rejected)
        if rejected:
            self.line.meter.last_fault = rejected[-1][:200]

    def _tell(self, rejected: Sequence[str]) -> None:
        """What the round before had rejected too is not told again."""
        for why in self._rejections.news(*rejected):
            _log.warning("[PRICE] source=%s rejected=%r", self.name, why[:200])

    def status(self, reads: int, hits: int, garbled: int) -> SourceStatus:
        """`garbled` are readings that the board threw out: they count as errors of the source."""
        card, meter, instant = self.source.card, self.line.meter, self._clock.instant()
        return SourceStatus(
            name=self.name,
            title=card.title,
            state=self.state(),
            last_success_at=meter.last_success_at,
            latency_p50_ms=meter.latency_ms(50),
            latency_p95_ms=meter.latency_ms(95),
            requests=meter.requests,
            errors=meter.errors + garbled,
            rate_limited=meter.faults[Fault.RATE_LIMITED],
            budget=tuple(sorted(self.line.used(), key=lambda window: -window[0] / window[1])),
            breaker=self.line.breaker.state(instant.mono),
            reads=reads,
            hits=hits,
            last_fault=meter.last_fault,
            poll_seconds=self._interval,
            attribution=card.attribution,
        )

    def state(self) -> str:
        """live, waiting (not answered yet), idle (knows none of the tokens), resting (breaker), or down."""
        line, instant = self.line, self._clock.instant()
        if not (self._covers_any and self._asks_any):
            return "idle"
        if not line.breaker.permits(instant.mono) or line.breaker.faults >= FAULTS_TO_OPEN:
            return "resting"
        if line.breaker.faults:
            return "down"
        if line.meter.last_success_at is None:
            return "waiting"
        late = instant.utc - line.meter.last_success_at > fresh_for(timedelta(seconds=self._interval))
        return "down" if late else "live"
