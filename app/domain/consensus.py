"""The consensus price: a pure function of what the sources last said, and of now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.money import apart_bp
from app.domain.prices import Consensus, PriceState, Reading, SourceRule
from app.domain.tokens import TokenKey

LIVE_FOR_AT_LEAST = timedelta(seconds=30)
DELAYED_FOR = timedelta(seconds=300)
WITNESSED_FOR = timedelta(seconds=300)
DISPUTE_WITHIN = timedelta(seconds=60)
TOLERANCE_BP = Decimal(300)
GARBLED_FACTOR = Decimal(5)
CLOCK_SKEW = timedelta(seconds=10)

Trail = Sequence[Reading]


@dataclass(frozen=True, slots=True)
class Witness:
    """The last live price in dollars, and when. `vouched` where two groups agreed on it, or on one that it
    followed in small steps."""

    price: Decimal
    at: datetime
    vouched: bool


def witnessed(held: Consensus, before: Witness | None, now: datetime) -> Witness | None:
    """The witness after a consensus was held."""
    if held.state is not PriceState.LIVE or held.price is None:
        return before
    near = before is not None and before.vouched and _recent(before, now) and not _far(held.price, before.price)
    return Witness(held.price, now, held.confirmed or near)


def fresh_for(poll: timedelta) -> timedelta:
    """How long a source's reading is live when it is polled every `poll`."""
    return max(LIVE_FOR_AT_LEAST, 2 * poll)


def consensus(
    token: TokenKey,
    trails: Mapping[str, Trail],
    rules: Mapping[str, SourceRule],
    now: datetime,
    witness: Witness | None = None,
    struck: Sequence[Reading] = (),
) -> Consensus:
    """What the token's price is held to be at `now`.

    `trails` holds each source's recent readings, newest first; `struck` are the latest readings that were found
    garbled and not replaced since: never a price again, but as good a contradiction as any. Readings of sources
    without a rule are left out.
    """
    latest = sorted(
        (trail[0] for name, trail in trails.items() if trail and name in rules),
        key=lambda reading: rules[reading.source].rank,
    )
    fresh = [reading for reading in latest if _is_fresh(reading, rules, now)]
    struck = [reading for reading in struck if reading.source in rules and _is_fresh(reading, rules, now)]
    dropped = tuple(reading for reading in fresh if _is_garbled(reading, [*fresh, *struck], witness, now))
    fresh = [reading for reading in fresh if reading not in dropped]
    left = [reading for reading in latest if reading not in dropped]
    leader = next((reading for reading in fresh if rules[reading.source].leads), None)
    if leader is None:
        return _last_known(token, left, fresh, rules, now, dropped)
    disputed = any(
        _contradict(trails[leader.source], trails[other.source], rules[other.source].deviation_bp)
        for other in _of_other_groups(leader, fresh, rules)
    )
    return Consensus(
        token=token,
        state=PriceState.DISPUTED if disputed else PriceState.LIVE,
        price=leader.price,
        source=leader.source,
        as_of=leader.stands_at,
        confirmed_by=() if disputed else _confirming(leader, fresh, rules),
        readings=(leader, *(reading for reading in left if reading is not leader)),
        counted=tuple(reading.source for reading in fresh),
        dropped=dropped,
    )


def _age(reading: Reading, now: datetime) -> timedelta:
    return now - reading.stands_at


def _is_fresh(reading: Reading, rules: Mapping[str, SourceRule], now: datetime) -> bool:
    """Counts, unless too old for its source or, where a clock has jumped, from the future."""
    return -CLOCK_SKEW <= _age(reading, now) <= rules[reading.source].fresh_for


def _is_garbled(reading: Reading, fresh: Sequence[Reading], witness: Witness | None, now: datetime) -> bool:
    """Whether a reading is more than five times away from every other fresh one, or from what was just agreed.

    One that nobody contradicts is held against the last live price. One that everybody contradicts stands if it is
    near a vouched price: a source that goes wrong cannot take down what had just been agreed. One that is far from a
    vouched price is garbled however many say the same: what they have in common may be the fault. All of it only while
    the witness is recent: a market may move.
    """
    others = [other for other in fresh if other.source != reading.source]
    past = witness if witness is not None and _recent(witness, now) else None
    leaps = past is not None and _far(reading.price, past.price)
    if not others or (past is not None and past.vouched):
        return leaps
    return all(_far(reading.price, other.price) for other in others)


def _recent(witness: Witness, now: datetime) -> bool:
    return abs(now - witness.at) <= WITNESSED_FOR


def _far(one: Decimal, other: Decimal) -> bool:
    return max(one, other) > GARBLED_FACTOR * min(one, other)


def _of_other_groups(leader: Reading, fresh: Iterable[Reading], rules: Mapping[str, SourceRule]) -> list[Reading]:
    """The freshest reading of every group but the leader's."""
    freshest: dict[str, Reading] = {}
    for reading in fresh:
        group = rules[reading.source].group
        if group == rules[leader.source].group:
            continue
        if group not in freshest or reading.stands_at > freshest[group].stands_at:
            freshest[group] = reading
    return list(freshest.values())


def _confirming(leader: Reading, fresh: Sequence[Reading], rules: Mapping[str, SourceRule]) -> tuple[str, ...]:
    return tuple(
        other.source
        for other in fresh
        if rules[other.source].group != rules[leader.source].group
        and _agree(leader, other, rules[other.source].deviation_bp)
    )


def _agree(one: Reading, other: Reading, deviation_bp: Decimal) -> bool:
    return apart_bp(one.price, other.price) <= TOLERANCE_BP + deviation_bp


def _contradict(leader: Trail, other: Trail, deviation_bp: Decimal) -> bool:
    """Whether two sources differ beyond tolerance on the last two polls of each.

    Each reading is held against the other source's nearest in time; readings more than a minute apart say nothing
    about each other, so what merely lags disputes nothing.
    """
    return all(
        len(mine) >= 2 and all(_differs_from_nearest(reading, theirs, deviation_bp) for reading in mine[:2])
        for mine, theirs in ((leader, other), (other, leader))
    )


def _differs_from_nearest(reading: Reading, trail: Trail, deviation_bp: Decimal) -> bool:
    nearest = min(trail, key=lambda other: abs(other.stands_at - reading.stands_at))
    if abs(nearest.stands_at - reading.stands_at) > DISPUTE_WITHIN:
        return False
    return not _agree(reading, nearest, deviation_bp)


def _last_known(
    token: TokenKey,
    left: Sequence[Reading],
    fresh: Sequence[Reading],
    rules: Mapping[str, SourceRule],
    now: datetime,
    dropped: tuple[Reading, ...],
) -> Consensus:
    """The youngest price that is left when no leader is fresh: delayed for five minutes, then stale."""
    counted = tuple(reading.source for reading in fresh)
    leads = [r for r in left if rules[r.source].leads and _age(r, now) >= -CLOCK_SKEW]
    if not leads:
        return Consensus(token, PriceState.NONE, readings=tuple(left), counted=counted, dropped=dropped)
    youngest = max(leads, key=lambda reading: reading.stands_at)
    return Consensus(
        token=token,
        state=PriceState.DELAYED if _age(youngest, now) <= DELAYED_FOR else PriceState.STALE,
        price=youngest.price,
        source=youngest.source,
        as_of=youngest.stands_at,
        readings=(youngest, *(reading for reading in left if reading is not youngest)),
        counted=counted,
        dropped=dropped,
    )
