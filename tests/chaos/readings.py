"""What a desk shows in bad weather, held against what was true: prices, entries, recoveries, budgets, the heartbeat."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from statistics import quantiles
from typing import Any

from app.domain.orders import Origin, Side
from app.domain.prices import Consensus, PriceState
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.runtime.live import LiveFeed
from app.runtime.pit import Pit
from app.runtime.poller import Poller
from app.trading.board import Board
from tests.chaos.simulated import SimulatedClock
from tests.chaos.sky import SOURCES, Sky, Spell
from tests.double.tally import LIMITS, Request

# A confirmed price is within the tolerance of another group's, and half a percent is for what the two saw at two times.
RIGHT = Decimal("0.035")
# Only a lying leader whom nobody confirms, or groups that tell one lie, show what is further off; and nobody, however
# many say so, what counts as garbled.
LONE_FACTOR = Decimal("5.2")
# A source may state a time before that of its price: the double's do, by up to 20 s. The board is judged each second.
_LAG_S, _LOOKED_AT = 25.0, timedelta(seconds=2)
HEART_S = 60.0
SHOWN = 20


@dataclass(slots=True)
class Budgets:
    """The calls that arrived, held against what is published; the most in any window, by source."""

    most: dict[str, int] = field(default_factory=dict[str, int])

    def judge(self, requests: Sequence[Request]) -> list[str]:
        published = {name: windows for name, windows in LIMITS.items() if "key" not in name}
        over: list[str] = []
        for name, windows in (published | {"chainlink": ((30, 60.0),), "rpc": ((630, 60.0),)}).items():
            moments = [request.at for request in requests if name in request.sources]
            for calls, seconds in windows:
                most = self.most[f"{name}: of {calls} in {seconds:.0f} s"] = busiest(moments, seconds)
                over += [f"{name}: {most} of {calls} calls in {seconds:.0f} s"] if most > calls else []
        return over


def busiest(moments: Iterable[float], seconds: float) -> int:
    """The most calls in any so many seconds. Moments that are the whole window apart, but for a rounding, are not both
    in it."""
    at, first, most = sorted(moments), 0, 0
    for last, moment in enumerate(at):
        while moment - at[first] >= seconds - 1e-5:
            first += 1
        most = max(most, last - first + 1)
    return most


@dataclass(slots=True)
class Records:
    """What was found wrong, and figures. Seconds are counted over all tokens: `shown` by state, `off` those in which a
    live price was further off than it may be, by why; `recoveries` from the end of the last fault of any source until a
    token was live that was not, `of_sources` from the end of a source's until it was, `late` those of them that took
    more than two refreshes."""

    findings: list[str] = field(default_factory=list[str])
    shown: Counter[str] = field(default_factory=Counter[str])
    off: Counter[str] = field(default_factory=Counter[str])
    entries: Counter[str] = field(default_factory=Counter[str])
    recoveries: list[float] = field(default_factory=list[float])
    late: list[str] = field(default_factory=list[str])
    of_sources: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    budgets: Budgets = field(default_factory=Budgets)
    longest_silence: float = 0.0
    figures: dict[str, Any] = field(default_factory=dict[str, Any])

    def told(self) -> list[str]:
        """All of it, in lines."""
        lines = [f"{name}: {value}" for name, value in self.figures.items()]
        lines += [f"token seconds by state: {dict(self.shown)}", f"live and off: {dict(self.off)}"]
        lines += [f"bot's entries: {dict(self.entries)}", f"longest silence of the bot: {self.longest_silence:.0f} s"]
        lines.append(f"prices that were not live, live after the end of the last fault: {spread(self.recoveries)}")
        lines += [f"  {name} live after its fault: {spread(taken)}" for name, taken in sorted(self.of_sources.items())]
        lines += [f"  late: {one}" for one in self.late[:SHOWN]]
        lines += [f"busiest window, {name}: {most}" for name, most in self.budgets.most.items()]
        lines.append(f"findings: {len(self.findings)}")
        return lines + [f"  {finding}" for finding in self.findings[:SHOWN]]


def spread(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return f"{len(seconds)} times"
    cuts = quantiles(seconds, n=100, method="inclusive")
    return f"{len(seconds)} times, median {cuts[49]:.0f} s, p95 {cuts[94]:.0f} s, longest {max(seconds):.0f} s"


class Judge:
    """Looks once a second."""

    def __init__(
        self, feed: LiveFeed, pit: Pit, board: Board, sky: Sky, clock: SimulatedClock, tokens: Sequence[Token]
    ) -> None:
        self.records = Records()
        self._feed, self._pit, self._board, self._sky, self._clock = feed, pit, board, sky, clock
        self._tokens = tokens
        self._waiting: dict[str, float] = {}
        self._sources: dict[str, Spell] = {}
        self._beat = clock.mono
        self._ticked = pit.bot.last_tick_at
        pit.desk.heard.append(self._hear)

    def look(self) -> None:
        for token in self._tokens:
            self._price(token, self._board.peek(token.key))
        self._recover()
        self._heart()

    # -- how

    def _price(self, token: Token, held: Consensus) -> None:
        records = self.records
        records.shown[held.state.value] += 1
        if held.state is not PriceState.LIVE or held.price is None or held.as_of is None or held.source is None:
            return
        rule = self._board.rules[held.source]
        if self._clock.utc - held.as_of > rule.fresh_for + _LOOKED_AT:
            self._found(token, held, "is stale and called live")
        since = self._clock.mono - rule.fresh_for.total_seconds() - _LAG_S
        why = self._why_off(token, held, since)
        if why:
            records.off[why] += 1
            if why.startswith("!"):
                self._found(token, held, f"is off by a factor of {self._factor(token, held.price, since):.2f}{why}")

    def _why_off(self, token: Token, held: Consensus, since: float) -> str:
        """Why a live price is off; '' where it is right, and beginning with '!' where nothing excuses it."""
        assert held.price is not None
        factor = self._factor(token, held.price, since)
        if factor <= 1 + RIGHT:
            return ""
        if factor > LONE_FACTOR:
            return "! and was never near that"
        if held.confirmed_by:
            return (
                "several groups tell one lie"
                if len(self._sky.liars(token.coingecko_id or "", since)) > 1
                else "! and is confirmed"
            )
        return "a lone leader lies, unconfirmed"

    def _factor(self, token: Token, price: Decimal, since: float) -> Decimal:
        """By what factor the price is off what was true since then; 1 where it is within."""
        low, high = self._sky.range(token.coingecko_id or "", since)
        return max(price / high, low / price, Decimal(1))

    def _recover(self) -> None:
        mono, states = self._clock.mono, self._feed.states()
        for poller in self._feed.pollers:
            name = poller.name
            ended = self._sky.ended.pop(name, None)
            if self._sky.touches(name):
                self._sources.pop(name, None)
            elif ended:
                self._sources[name] = ended
            if name in self._sources and states[name] in ("live", "idle"):
                self._source_recovered(poller, mono)
        self._recover_prices(mono)

    def _source_recovered(self, poller: Poller, mono: float) -> None:
        ended, interval = self._sources.pop(poller.name), poller.status(0, 0, 0).poll_seconds
        taken, records = mono - ended.until, self.records
        records.of_sources[poller.name].append(taken)
        if taken > 2 * interval:
            records.late.append(f"{poller.name} {taken:.0f} s after {ended.kind}, is asked every {interval:.0f} s")

    def _recover_prices(self, mono: float) -> None:
        for token in self._tokens:
            held = self._board.peek(token.key)
            if any(self._sky.touches(name) for name in SOURCES):
                self._waiting[token.symbol] = mono
            elif token.symbol in self._waiting and held.state is PriceState.LIVE:
                self._recovered(token, held, mono - self._waiting.pop(token.symbol))

    def _recovered(self, token: Token, held: Consensus, taken: float) -> None:
        if taken <= 1:
            # It was live all the while.
            return
        self.records.recoveries.append(taken)
        interval = next(p.status(0, 0, 0).poll_seconds for p in self._feed.pollers if p.name == held.source)
        if taken > 2 * interval:
            self.records.findings.append(f"{token.symbol} was live by {held.source} only after {taken:.0f} s")

    def _heart(self) -> None:
        ticked = self._pit.bot.last_tick_at
        if ticked != self._ticked:
            self._ticked, self._beat = ticked, self._clock.mono
        silent = self._clock.mono - self._beat
        if silent > HEART_S >= self.records.longest_silence:
            self.records.findings.append(f"the bot has not ticked for {HEART_S:.0f} s at {self._clock.utc:%H:%M:%S}")
        self.records.longest_silence = max(self.records.longest_silence, silent)

    def _hear(self, trade: Trade) -> None:
        if trade.origin is not Origin.BOT or trade.side is not Side.BUY:
            self.records.entries["exits"] += 1
            return
        held = self._board.peek(trade.token.key)
        self.records.entries["entries"] += 1
        if held.state is not PriceState.LIVE:
            self._found(trade.token, held, "was bought")
        factor = self._factor(trade.token, trade.mid_price, self._clock.mono - 150)
        if factor > 1 + RIGHT:
            self.records.entries["entries off the true price"] += 1

    def _found(self, token: Token, held: Consensus, what: str) -> None:
        confirmed = ",".join(held.confirmed_by)
        lies = {place: str(spell.kind) for place, spell in self._sky.spells.items()}
        self.records.findings.append(
            f"{self._clock.utc:%H:%M:%S} {token.symbol} {what}: {held.price} of {held.source} as of {held.as_of}, "
            f"{held.state.value}, confirmed by [{confirmed}], wrong now {lies}"
        )
