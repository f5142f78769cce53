"""The feed's service level in words and figures: what a report of it looks like on a page."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.happened import did, lasted, rested, what, when
from app.domain.targets import Score, Target, kept
from app.domain.uptime import FailOver, Outage, Rest
from app.runtime.uptime import Report, SourceUptime
from app.ui import format as fmt

# Of each list the newest are shown.
MOST_SHOWN = 12
MOST_RESTS = 3
STRIP = timedelta(hours=1)
# Parts of a strip are so many percent wide at least, to be seen at all.
_THINNEST = 1.0
_MINUTE = timedelta(minutes=1)

# What became of a connection, by the name that the library for HTTP has for it.
_BROKE: Mapping[str, str] = {
    "ConnectError": "no connection could be made",
    "RemoteProtocolError": "it hung up before it had answered",
    "ReadError": "the connection broke while it answered",
    "WriteError": "the connection broke while it was asked",
    "ProxyError": "the proxy refused",
    "TooManyRedirects": "it passed the call on too often",
    "UnsupportedProtocol": "its address is wrong",
    "InvalidURL": "its address is wrong",
}
_NAMED = re.compile(r"not reachable \((\w+)\)?")

Row = dict[str, str]


def targets(scores: Sequence[Score]) -> list[Row]:
    """A tile for every promise."""
    return [
        {
            "name": score.target.name,
            "title": score.target.title,
            "value": _value(score),
            "kind": _kind(score),
            "word": {"met": "✓ met", "missed": "✗ missed", "early": "too early"}[_kind(score)],
            "wanted": _wanted(score.target),
            "reason": score.reason,
        }
        for score in scores
    ]


def together(scores: Sequence[Score]) -> str:
    """How many promises are kept."""
    met, known = kept(scores)
    if not known:
        return "nothing measured yet"
    return f"{met} of {known} met" + (f", {len(scores) - known} too early to say" if known < len(scores) else "")


def happened(outages: Sequence[Outage], now: datetime) -> list[Row]:
    """The newest outages first, and what the bot did."""
    return [
        {
            "when": when(it, now),
            "lasted": lasted(it, now),
            "what": what(it, now),
            "did": did(it, now),
            "kind": "lasting" if it.until is None else "total" if it.total else "some",
        }
        for it in reversed(outages[-MOST_SHOWN:])
    ]


def passed(fail_overs: Sequence[FailOver], report: Report) -> list[Row]:
    """The newest fail-overs first."""
    titles, now = {it.name: it.title for it in report.sources}, report.seen_at
    return [
        {
            "when": when(it, now),
            "token": it.token.symbol,
            "source": titles.get(it.source, it.source),
            "to": titles.get(it.to, it.to),
            "lasted": lasted(it, now),
        }
        for it in reversed(fail_overs[-MOST_SHOWN:])
    ]


def breakers(report: Report) -> list[Row]:
    """A row for every source: the last hour of its breaker as a strip, its openings, its leads lost and taken over."""
    return [_breaker(it, report) for it in report.sources]


def share(source: SourceUptime | None) -> str:
    """'0.8 % of calls'; nothing where no call was made."""
    if source is None or source.error_share is None:
        return ""
    return f"{100 * source.error_share:.1f} % of calls"


def in_words(fault: str) -> str:
    """A fault as it is told to people: 'not reachable: the connection broke while it answered'."""
    return _NAMED.sub(lambda found: f"not reachable: {_BROKE.get(found[1], 'the connection failed')}", fault)


def since(report: Report) -> str:
    """Since when all of it is measured."""
    return f"since {report.since:%H:%M} UTC on {report.since:%-d %B}, when this process opened the market"


# -- how


def _breaker(it: SourceUptime, report: Report) -> Row:
    now = report.seen_at
    newest = [in_words(rested(rest, now)) for rest in reversed(it.rests[-MOST_RESTS:])]
    earlier = len(it.rests) - len(newest)
    looked, opened = strip(it.rests, report.since, now)
    return {
        "title": it.title,
        "looked": looked,
        "opened": opened,
        "said": "\n".join(newest) if newest else "Never opened.",
        "earlier": f"and {earlier} earlier" if earlier else "",
        "leads": _leads(it),
    }


def _leads(it: SourceUptime) -> str:
    parts = (("lost", it.fail_overs), ("taken over", it.stood_in))
    said = ", ".join(f"{word} {count}×" for word, count in parts if count)
    return f"lead {said}" if said else "none"


def strip(rests: Sequence[Rest], began: datetime, now: datetime) -> tuple[str, str]:
    """The last hour up to the end of this minute, 0 … 100 wide, as the `d` of two paths of an SVG: where it was looked
    at, and where the breaker was not closed."""
    until = now.replace(second=0, microsecond=0) + _MINUTE

    def across(at: datetime) -> float:
        return min(100.0, max(0.0, 100.0 * (1.0 - (until - at) / STRIP)))

    recent = [rest for rest in rests if (rest.until or until) > until - STRIP]
    opened = [(across(rest.since), across(rest.until or until)) for rest in recent]
    seen = f"M{across(began):.1f} 5H100"
    return seen, "".join(f"M{left:.1f} 5H{max(right, left + _THINNEST):.1f}" for left, right in opened)


def _kind(score: Score) -> str:
    return "early" if score.met is None else "met" if score.met else "missed"


def _value(score: Score) -> str:
    if score.value is None:
        return fmt.NOTHING
    sign = "over " if score.beyond else "≤ " if score.bound else ""
    return sign + _amount(score.value, score.target.unit)


def _wanted(target: Target) -> str:
    least = "at least" if target.least else "at most"
    return f"target: {least} {target.limit:f} {target.unit}"


def _amount(value: Decimal, unit: str) -> str:
    if unit == "bp":
        return fmt.bp(value)
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{text} {unit}"
