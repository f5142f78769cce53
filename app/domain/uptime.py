"""Uptime as a value: breakers that opened, leads that passed on, times without live prices, folded from looks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from app.domain.decisions import Decision, Gate, Verdict, judged
from app.domain.tokens import Token, TokenKey

# What is kept; beyond it the oldest is let go.
MOST_RESTS = 50
MOST_FAIL_OVERS = 200
MOST_OUTAGES = 100
MOST_TIMES = 20
# A token that has had no live price yet is waited for so long.
GRACE = timedelta(seconds=15)
# Clocks that are set right by the network go back by less.
SET_BACK = timedelta(seconds=60)
# What was decided just before a price came back still belongs to the time without it.
AFTERMATH = timedelta(seconds=10)
CLOSED = "closed"
# Nobody is asked for a quote without a live price, so that these are not known then.
_NOT_ASKED = frozenset({"quote", "edge", "size"})

Kept = TypeVar("Kept")


class SourceSeen(NamedTuple):
    """A source at a look: its breaker (closed, open or half_open), the faults in a row, and what the last one was."""

    name: str
    breaker: str
    faults: int
    why: str


class TokenSeen(NamedTuple):
    """A token at a look: whether its price is live, and which source leads."""

    token: Token
    live: bool
    leader: str | None


class Missed(NamedTuple):
    """What the bot would have done with a token, had its price been live: BUY or SELL."""

    token: Token
    verdict: Verdict


class Snapshot(NamedTuple):
    """One look. `sources` come by rank, the best first; `down` says that no source answers at all; `running` that the
    bot runs, and `held_up` that it does and could open nothing whatever it saw, because prices are not live."""

    at: datetime
    sources: tuple[SourceSeen, ...] = ()
    tokens: tuple[TokenSeen, ...] = ()
    down: bool = False
    running: bool = False
    held_up: bool = False
    missed: tuple[Missed, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """From one look to another; `until` is None while it lasts."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rest(Span):
    """A breaker that was not closed: why it opened, and how many faults in a row it came to."""

    why: str = ""
    faults: int = 0


@dataclass(frozen=True, slots=True)
class FailOver(Span):
    """A token's lead that passed from its source to one of lower rank, until it came back or passed on."""

    token: Token = field(kw_only=True)
    source: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Outage(Span):
    """At least one token had no live price. `total` is when none at all had one; `tokens` are those that had none at
    some other time of it, and `throughout` those that had none all the time.

    `running` says whether the bot ran meanwhile, `pauses` when it could open nothing at all, `skipped` and `held_back`
    count the purchases and the sales that it would have made at a bar's close.
    """

    tokens: tuple[Token, ...] = ()
    throughout: tuple[Token, ...] = ()
    total: tuple[Span, ...] = ()
    running: bool = False
    pauses: tuple[Span, ...] = ()
    skipped: int = 0
    held_back: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """What has become of the sources and prices of one market since `since`, as of the last look at `seen_at`; a clock
    that is set back far begins another. All are in order of time, and spans of one source, of one token's lead, and of
    outages never overlap. `leads` are the sources that led last while a token's price was live."""

    since: datetime
    seen_at: datetime
    rests: Mapping[str, tuple[Rest, ...]] = field(default_factory=dict[str, tuple[Rest, ...]])
    leads: Mapping[TokenKey, str] = field(default_factory=dict[TokenKey, str])
    fail_overs: tuple[FailOver, ...] = ()
    outages: tuple[Outage, ...] = ()


def begun(at: datetime) -> History:
    """Nothing seen yet."""
    return History(at, at)


def seen(history: History, snapshot: Snapshot) -> History:
    """The history after one more look. A clock that was set back a little stands still in it until it has caught up;
    after one that was set back far it begins anew, as times from before would lie in the future for as long."""
    if history.seen_at - snapshot.at > SET_BACK:
        history = replace(begun(snapshot.at), leads=history.leads)
    at = max(history.seen_at, snapshot.at)
    snapshot = snapshot._replace(at=at)
    leads = _leads(history.leads, snapshot)
    return History(
        since=history.since,
        seen_at=at,
        rests=_rests(history.rests, snapshot),
        leads=leads,
        fail_overs=_fail_overs(history, snapshot),
        outages=_outages(history, snapshot, leads),
    )


def missed(decision: Decision) -> Verdict | None:
    """What would have been decided, BUY or SELL, had the price been live; None where nothing would have been done.

    What a quote would have said is not known, as nobody is asked for one then: a BUY is one that all the rest was for.
    """
    gates = decision.gates
    if not gates or gates[0].passed:
        return None
    would = judged([gates[0]._replace(passed=True), *(_as_if_quoted(gate) for gate in gates[1:])])
    # A signal that points down has no edge, whatever the quote.
    hopeful = decision.opportunity > 0
    return would if would is Verdict.SELL or (would is Verdict.BUY and hopeful) else None


# -- how


def _as_if_quoted(gate: Gate) -> Gate:
    return gate._replace(passed=True) if gate.name in _NOT_ASKED else gate


def _rests(known: Mapping[str, tuple[Rest, ...]], snapshot: Snapshot) -> Mapping[str, tuple[Rest, ...]]:
    changed = {
        source.name: after
        for source in snapshot.sources
        if (after := _rested(known.get(source.name, ()), source, snapshot.at)) is not None
    }
    return {**known, **changed} if changed else known


def _rested(known: tuple[Rest, ...], source: SourceSeen, at: datetime) -> tuple[Rest, ...] | None:
    """The source's rests with this look; None where nothing has changed."""
    last = known[-1] if known and known[-1].until is None else None
    if source.breaker == CLOSED:
        return (*known[:-1], replace(last, until=at)) if last else None
    if last is None:
        return _last((*known, Rest(at, None, source.why, source.faults)), MOST_RESTS)
    if source.faults <= last.faults:
        return None
    return (*known[:-1], replace(last, faults=source.faults))


def _leads(known: Mapping[TokenKey, str], snapshot: Snapshot) -> Mapping[TokenKey, str]:
    """Who leads; what is not looked at any more is forgotten."""
    now = {it.token.key: it.leader for it in snapshot.tokens if it.live and it.leader}
    kept = {it.token.key: known[it.token.key] for it in snapshot.tokens if it.token.key in known}
    found = kept | now
    return known if found == known else found


def _fail_overs(history: History, snapshot: Snapshot) -> tuple[FailOver, ...]:
    ranks = {source.name: rank for rank, source in enumerate(snapshot.sources)}
    found, watched = history.fail_overs, {it.token.key for it in snapshot.tokens}
    for key in history.leads.keys() - watched:
        found = _ended(found, key, snapshot.at)
    for it in snapshot.tokens:
        before = history.leads.get(it.token.key)
        if it.live and it.leader and before is not None and before != it.leader:
            found = _passed(found, it, before, ranks, snapshot.at)
    return found


def _passed(
    found: tuple[FailOver, ...], it: TokenSeen, before: str, ranks: Mapping[str, int], at: datetime
) -> tuple[FailOver, ...]:
    """The lead went to another source: from the one that it belongs to, or back, or on to a third."""
    assert it.leader is not None
    away = next((each for each in reversed(found) if each.until is None and each.token.key == it.token.key), None)
    home = away.source if away else before
    found = _ended(found, it.token.key, at) if away else found
    if ranks.get(it.leader, len(ranks)) <= ranks.get(home, len(ranks)):
        return found
    return _last((*found, FailOver(at, None, token=it.token, source=home, to=it.leader)), MOST_FAIL_OVERS)


def _ended(found: tuple[FailOver, ...], key: TokenKey, at: datetime) -> tuple[FailOver, ...]:
    return tuple(replace(it, until=at) if it.until is None and it.token.key == key else it for it in found)


def _outages(history: History, snapshot: Snapshot, leads: Mapping[TokenKey, str]) -> tuple[Outage, ...]:
    outages, at = history.outages, snapshot.at
    out = _without(history, snapshot, leads)
    last = outages[-1] if outages and outages[-1].until is None else None
    if out and last is None:
        last = Outage(at, throughout=out)
        outages = _last((*outages, last), MOST_OUTAGES)
    if last is not None:
        last = _lasting(last, out, snapshot) if out else _over(last, at)
        outages = (*outages[:-1], last)
    if snapshot.missed and outages and _is_near(outages[-1], at):
        outages = (*outages[:-1], _counted(outages[-1], snapshot.missed))
    return outages


def _without(history: History, snapshot: Snapshot, leads: Mapping[TokenKey, str]) -> tuple[Token, ...]:
    """The tokens that lack a live price. One that has never had any is no outage, unless nobody answers at all."""
    waited = snapshot.at - history.since >= GRACE
    all_count = waited and (snapshot.down or snapshot.held_up)
    return tuple(it.token for it in snapshot.tokens if not it.live and (all_count or it.token.key in leads))


def _lasting(outage: Outage, out: tuple[Token, ...], snapshot: Snapshot) -> Outage:
    known, total = {token.key for token in outage.tokens}, len(out) == len(snapshot.tokens)
    new = () if total else tuple(token for token in out if token.key not in known)
    keys = {token.key for token in out}
    changed = replace(
        outage,
        tokens=outage.tokens + new,
        throughout=tuple(token for token in outage.throughout if token.key in keys),
        total=_times(outage.total, snapshot.at, lasts=total),
        running=outage.running or snapshot.running,
        pauses=_times(outage.pauses, snapshot.at, lasts=snapshot.held_up),
    )
    return outage if changed == outage else changed


def _over(outage: Outage, at: datetime) -> Outage:
    total, pauses = (_times(spans, at, lasts=False) for spans in (outage.total, outage.pauses))
    return replace(outage, until=at, total=total, pauses=pauses)


def _times(known: tuple[Span, ...], at: datetime, *, lasts: bool) -> tuple[Span, ...]:
    """When something was so, with this look, at which it `lasts` or does not."""
    last = known[-1] if known and known[-1].until is None else None
    if lasts:
        return known if last else _last((*known, Span(at)), MOST_TIMES)
    return (*known[:-1], replace(last, until=at)) if last else known


def _is_near(outage: Outage, at: datetime) -> bool:
    return outage.until is None or at - outage.until <= AFTERMATH


def _counted(outage: Outage, found: Sequence[Missed]) -> Outage:
    sales = sum(it.verdict is Verdict.SELL for it in found)
    return replace(outage, skipped=outage.skipped + len(found) - sales, held_back=outage.held_back + sales)


def _last(found: tuple[Kept, ...], most: int) -> tuple[Kept, ...]:
    return found[-most:]
