"""What happened, in words: times, outages and what the bot did because of them. Pure; all times are UTC."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.uptime import Outage, Rest, Span

# A shorter span is told to the second.
_SHORT = timedelta(minutes=3)
_MOST_NAMED = 5


def when(span: Span, now: datetime) -> str:
    """'14:02–14:09', 'since 14:02', with seconds where it was short, and the day where that is not now's."""
    long = (span.until or now) - span.since >= _SHORT
    form = "%H:%M" if long else "%H:%M:%S"
    day = "" if span.since.date() == now.date() else f"{span.since:%-d %b} "
    if span.until is None:
        return f"since {day}{span.since:{form}}"
    until = f"{span.until:{form}}"
    if span.until.date() != span.since.date():
        until = f"{span.until:%-d %b} {until}"
    return f"{day}{span.since:{form}}–{until}"


def lasted(span: Span, now: datetime) -> str:
    """'42 s', '7 min', '3 h 05 min'."""
    seconds = round(((span.until or now) - span.since).total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def what(outage: Outage, now: datetime) -> str:
    """Which tokens had no live price, all the time or for a part of it, and when none at all had one."""
    if outage.total == (Span(outage.since, outage.until),):
        return "No token had a live price."
    throughout = [token.symbol for token in outage.throughout]
    others = [token.symbol for token in outage.tokens if token not in outage.throughout]
    said = [f"{_names(throughout)} had no live price"] if throughout else []
    if others:
        said.append(f"{_names(others)} had {'none' if said else 'no live price'} for a part of it")
    if outage.total:
        said.append(f"no token had one {_times(outage.total, now)}")
    return f"{_names(said, ', and ')}."


def did(outage: Outage, now: datetime) -> str:
    """What the bot did because of it."""
    if not outage.running:
        return "The bot was not running." if outage.until else "The bot is not running."
    counted = f"{_count(outage.skipped, 'signal')} skipped"
    if outage.held_back:
        counted += f", {_count(outage.held_back, 'sale')} held back"
    if outage.pauses:
        verb = "has paused" if any(pause.until is None for pause in outage.pauses) else "paused"
        return f"The bot {verb} entries {_times(outage.pauses, now)}; {counted}."
    names = _names([token.symbol for token in outage.tokens])
    return f"The bot opened nothing{names and f' in {names}'} meanwhile; {counted}."


def rested(rest: Rest, now: datetime) -> str:
    """One opening of a breaker."""
    why = f": {rest.why[:80]}" if rest.why else ""
    return f"{when(rest, now)}, {_count(rest.faults, 'fault')} in a row{why}"


def _times(spans: Sequence[Span], now: datetime) -> str:
    more = f" and {len(spans) - 3} times more" if len(spans) > 3 else ""
    return f"{', '.join(when(span, now) for span in spans[:3])}{more}"


def _names(names: Sequence[str], last: str = " and ") -> str:
    if len(names) <= _MOST_NAMED:
        return last.join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
    return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
