"""Words: decisions as people read them. Every gate by its name, its figures, and what would have made it fall."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from types import MappingProxyType
from typing import NamedTuple

from app.bot.figures import NOT_KNOWN, Unit, compared, many, pair, short, usd
from app.bot.levels import LEVELS, Level
from app.bot.sizes import KELLY_LEAST_PCT, KELLY_MOST_PCT
from app.domain.decisions import Decision, Flip, Gate, Opinion, Sense, Verdict, met


class Wording(NamedTuple):
    """A gate in words. `fails` and `passes` are conditions in the present, where {be} and {are} stand for 'is' and
    'are' or 'were', and {t} for the threshold; `own` is why another level does not do it."""

    title: str
    unit: Unit
    fails: str
    passes: str
    own: str


def title(name: str) -> str:
    """What a gate is called: 'Price is live', 'History'. Raises KeyError."""
    return _WORDINGS[name].title


def titles() -> Mapping[str, str]:
    """Every gate's name and title, in the order in which they are asked."""
    return MappingProxyType({name: wording.title for name, wording in _WORDINGS.items()})


def shown(gate: Gate) -> str:
    """A gate's value against its threshold: '38 ≤ 50', '96 of 96 bars'; never what contradicts its outcome."""
    if not _is_known(gate):
        return NOT_KNOWN
    spoken = _SPOKEN.get(gate.name)
    return spoken(gate) if spoken else compared(gate, _WORDINGS[gate.name].unit)


def meaning(level: int | Level) -> str:
    """A level in one line: 'up to 10 % a position · stop 5 % · confidence ≥ 65'; level 10's largest position follows
    its record. Raises IndexError."""
    if isinstance(level, int):
        if not 1 <= level <= len(LEVELS):
            raise IndexError(f"there is no level {level}")
        level = LEVELS[level - 1]
    if level.stop_pct is None:
        bounds = f"{short(KELLY_LEAST_PCT)}–{short(KELLY_MOST_PCT)} % a position by its record · stop by volatility"
    else:
        bounds = f"up to {short(level.largest_pct)} % a position · stop {short(level.stop_pct)} %"
    return f"{bounds} · confidence ≥ {short(level.confidence)}"


def flip_said(decision: Decision) -> str:
    """What would have altered the verdict, in one sentence."""
    flip = decision.flip
    if flip is not None:
        return f"Would have been {flip.verdict} if {_condition(_crossed(flip), 'were', 'were')}."
    if decision.verdict is Verdict.SKIP:
        return "No single change would make it buy."
    if decision.verdict is Verdict.HOLD:
        return "No single change would make it buy or sell."
    return "No single change would alter it."


def said(decision: Decision, symbol: str, opinions: Sequence[Opinion] = ()) -> str:
    """The verdict, why it fell, what would have altered it, and the nearest level that sees it otherwise."""
    parts = [_verdict(decision, symbol), flip_said(decision)]
    other = _nearest(decision, opinions)
    if other is not None:
        parts.append(_level_said(other, decision))
    return " ".join(parts)


# -- the verdict


def _verdict(decision: Decision, symbol: str) -> str:
    verdict = decision.verdict
    amount = f"{usd(decision.size_usd)} of " if verdict in (Verdict.BUY, Verdict.SELL) else ""
    reason, flip = decision.first_failed, decision.flip
    # The flip says already what a skip is about; what is sold says its reason all the same.
    told = verdict is Verdict.SKIP and flip is not None and flip.gate == reason
    if reason is None or verdict is Verdict.HOLD or told:
        return f"{verdict} {amount}{symbol}."
    gate = next(gate for gate in decision.gates if gate.name == reason)
    return f"{verdict} {amount}{symbol}: {_condition(gate, 'is', 'are')}."


def _crossed(flip: Flip) -> Gate:
    """The flip's gate as it would be on the other side; its value stays, for as many digits as tell the two apart."""
    passed = met(flip.value, flip.sense, flip.threshold)
    return Gate(flip.gate, flip.value, flip.sense, flip.threshold, keeps=False, passed=not passed)


def _condition(gate: Gate, be: str, are: str) -> str:
    """What a gate's outcome means, as a clause."""
    wording = _WORDINGS[gate.name]
    if not _is_known(gate):
        return _unknown(gate, be)
    clause = _CLAUSES[gate.name](gate) if gate.name in _CLAUSES else wording.passes if gate.passed else wording.fails
    return clause.format(t=pair(gate, wording.unit)[1], be=be, are=are)


def _is_known(gate: Gate) -> bool:
    return gate.value is not None and isfinite(gate.value)


def _unknown(gate: Gate, be: str) -> str:
    """That nobody knows a gate's value; of one that would have passed, that it were known and on the right side."""
    wording = _WORDINGS[gate.name]
    what = _UNKNOWN.get(gate.name, f"its {wording.title.lower()}")
    side = _SIDES[gate.sense].format(t=pair(gate, wording.unit)[1])
    return f"{what} {be} known and {side}" if gate.passed else f"{what} {be} not known"


def _nearest(decision: Decision, opinions: Sequence[Opinion]) -> Opinion | None:
    """The opinion that differs and is fewest levels away; of two, the more cautious."""
    others = [
        opinion
        for opinion in opinions
        if opinion.level != decision.level and opinion.verdict is not decision.verdict
    ]  # fmt: skip
    return min(others, key=lambda other: (abs(other.level - decision.level), other.level), default=None)


def _level_said(opinion: Opinion, decision: Decision) -> str:
    what = f"Level {opinion.level} {_DOES[opinion.verdict]}"
    if opinion.verdict is Verdict.BUY:
        return f"{what} {usd(opinion.size_usd)}."
    if opinion.first_failed is None:
        return f"{what}."
    # What nobody knows of a token is known to no level.
    mine = next((gate for gate in decision.gates if gate.name == opinion.first_failed), None)
    if mine is not None and not _is_known(mine):
        return f"{what}: {_unknown(mine, 'is')}."
    return f"{what}: {_WORDINGS[opinion.first_failed].own.format(level=LEVELS[opinion.level - 1])}."


# -- gates that are no plain comparison


def _price_shown(gate: Gate) -> str:
    if not gate.value:
        return "not live"
    return "live" if gate.passed else "live, but not confirmed"


def _price_clause(gate: Gate) -> str:
    if not gate.passed:
        return "its price {be} not confirmed by a second source" if gate.value == 1.0 < gate.threshold else _NOT_LIVE
    if gate.value == 1.0 < gate.threshold:
        return "its price {be} confirmed by a second source"
    return "its price {be} live and confirmed" if gate.threshold > 1.0 else "its price {be} live"


def _history_shown(gate: Gate) -> str:
    return f"{gate.value:,.0f} of {gate.threshold:,.0f} bars"


def _room_shown(gate: Gate) -> str:
    value, threshold = pair(gate, _PERCENT)
    return f"{value} of {threshold} held" if gate.passed else f"{compared(gate, _PERCENT)} held"


def _room_clause(gate: Gate) -> str:
    if gate.threshold > 0:
        return "at most {t} of the equity {be} in it" if gate.passed else "more than {t} of the equity {be} in it"
    return "none of it {be} held" if gate.passed else "some of it {be} held already"


def _counted(gate: Gate) -> str:
    """How many of how many. A log's older entries are counted with the one to come, and meet their threshold at it."""
    assert gate.value is not None
    coming = 0.0 if gate.sense is Sense.BELOW else 1.0
    return f"{gate.value - coming:,.0f} of {gate.threshold:,.0f}"


def _trades_clause(gate: Gate) -> str:
    reached = "not reached" if gate.passed else "reached"
    return f"the limit of {many(gate.threshold, 'trade')} a day {{be}} {reached}"


def _positions_clause(gate: Gate) -> str:
    if gate.passed:
        return f"fewer than {many(gate.threshold, 'position')} {{are}} open"
    be = "{be}" if gate.threshold == 1 else "{are}"
    return f"{many(gate.threshold, 'position')} {be} open already"


_NOT_LIVE = "its price {be} not live"
_POINTS, _PERCENT, _BP, _HOURS = Unit(), Unit(after=" %"), Unit(after=" bp"), Unit(after=" h")
_DOLLARS, _PRICE = Unit(before="$"), Unit(before="$", price=True)
_SIDES = {Sense.LEAST: "{t} or more", Sense.MOST: "{t} or less", Sense.BELOW: "below {t}"}
# What is not known where one of these is not; of any other it is what its title names.
_UNKNOWN = {"stop": "its price", "target": "its price"}
_DOES = {Verdict.BUY: "buys", Verdict.SELL: "sells", Verdict.HOLD: "holds", Verdict.SKIP: "skips"}


def _words(what: str, unit: Unit, sense: Sense) -> tuple[Unit, str, str]:
    """A comparison in words, failed and passed."""
    if sense is Sense.LEAST:
        return unit, f"{what} {{be}} below {{t}}", f"{what} {{be}} {{t}} or more"
    return unit, f"{what} {{be}} above {{t}}", f"{what} {{be}} {{t}} or less"


_WORDINGS = {
    "price": Wording("Price is live", _POINTS, "", "", "it wants a price that is live"),
    "confirmed": Wording(
        "Price is confirmed", _POINTS, "its price {be} not confirmed by a second source",
        "its price {be} confirmed by a second source", "it wants a price that is confirmed",
    ),
    "stop": Wording("Above its stop", *_words("the price", _PRICE, Sense.LEAST), "its stop is reached"),
    "target": Wording("Below its target", *_words("the price", _PRICE, Sense.MOST), "its target is reached"),
    "patience": Wording(
        "Patience", *_words("its time without a gain", _HOURS, Sense.MOST), "it has waited long enough",
    ),
    "strength": Wording(
        "Strength", *_words("the signal", _POINTS, Sense.LEAST), "the signal is too weak for it",
    ),
    "history": Wording(
        "History", _POINTS, "there {are} fewer than {t} bars of history", "there {are} {t} bars of history",
        "there is too little history",
    ),
    "allowed": Wording(
        "Token is allowed", _POINTS, "the token {be} not allowed", "the token {be} allowed",
        "the token is not allowed",
    ),
    "liquidity": Wording("Liquidity", *_words("liquidity", _DOLLARS, Sense.LEAST), "liquidity is too low"),
    "daily_loss": Wording(
        "Loss today", *_words("the day's loss", _PERCENT, Sense.MOST), "it has lost too much today",
    ),
    "daily_trades": Wording("Trades today", _POINTS, "", "", "its trades of the day are used up"),
    "rest": Wording(
        "Rest after a sale", *_words("the time since its last sale", _HOURS, Sense.LEAST),
        "it rests {level.rest_h:g} h after a sale",
    ),
    "positions": Wording(
        "Positions open", _POINTS, "", "", "it has {level.positions} positions open",
    ),
    "room": Wording("Room for it", _PERCENT, "", "", "it has its full position"),
    "quote": Wording(
        "Quote", _POINTS, "there {be} no quote", "there {be} a quote", "there is no quote",
    ),
    "risk": Wording(
        "Risk", *_words("risk", _POINTS, Sense.MOST), "it bears risk up to {level.risk:g}",
    ),
    "confidence": Wording(
        "Confidence", *_words("confidence", _POINTS, Sense.LEAST),
        "it wants confidence {level.confidence:g}",
    ),
    "edge": Wording(
        "Edge after costs", *_words("the edge", _BP, Sense.LEAST), "the edge does not pay its costs",
    ),
    "slippage": Wording("Slippage", *_words("slippage", _BP, Sense.MOST), "slippage is too high"),
    "size": Wording(
        "Size", *_words("the size", _DOLLARS, Sense.LEAST),
        "its smallest trade is ${level.smallest_usd:g}",
    ),
}  # fmt: skip
_SPOKEN: dict[str, Callable[[Gate], str]] = {
    "price": _price_shown,
    "confirmed": lambda gate: "yes" if gate.passed else "no second source agrees",
    "history": _history_shown,
    "allowed": lambda gate: "yes" if gate.passed else "not allowed",
    "daily_trades": lambda gate: f"{_counted(gate)} used",
    "positions": lambda gate: f"{_counted(gate)} open",
    "room": _room_shown,
    "quote": lambda gate: "known" if gate.passed else "nobody quoted",
}
_CLAUSES: dict[str, Callable[[Gate], str]] = {
    "price": _price_clause,
    "daily_trades": _trades_clause,
    "positions": _positions_clause,
    "room": _room_clause,
}
