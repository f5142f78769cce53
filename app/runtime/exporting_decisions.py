"""A decision as programs are given it, and the log of decisions to take away, as CSV or JSON."""

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from math import isfinite
from typing import Any

from pydantic_core import to_json

from app.domain.decisions import LEVELS, Gate, Logged, Opinion
from app.domain.money import plain
from app.runtime.spelling import utc
from app.runtime.trade_rows import plain_or_none
from app.store.database import Store
from app.store.decisions import ALL, DecisionFilter, each_decision

_FIELDS = (
    *("id", "at", "bar_at", "occasion", "symbol", "token_address", "price", "price_state", "price_source"),
    *("price_age_s", "bot", "level", "verdict", "first_failed", "size_usd", "confidence", "risk", "opportunity"),
    *("acted", "trade_id", "said"),
)
# The columns of the CSV: a decision's own, and what each of the ten levels would have done.
COLUMNS = (*_FIELDS, *(f"level_{level}{part}" for level in LEVELS for part in ("", "_first_failed")))

# Text comes from outside in part: a program for tables must not take it for a formula.
_TEXTS = ("symbol", "price_source", "first_failed", "said")


def decision_item(logged: Logged) -> dict[str, Any]:
    """A decision as programs are given it: exact numbers, scores and times as text. `level`, `verdict` and what
    follows are the person's account's; `verdicts` are those of the ten levels."""
    made = logged.decision
    return {
        "id": logged.id,
        "at": utc(logged.at),
        "bar_at": utc(logged.bar_at) if logged.bar_at else None,
        "occasion": logged.occasion,
        "symbol": logged.token.symbol,
        "token_address": logged.token.address,
        "price": plain_or_none(logged.price),
        "price_state": logged.state,
        "price_source": logged.source,
        "price_age_s": _whole_seconds(logged.age_s),
        "bot": logged.bot,
        "level": made.level,
        "verdict": made.verdict,
        "first_failed": made.first_failed,
        "size_usd": plain(made.size_usd),
        "confidence": figure(made.confidence),
        "risk": figure(made.risk),
        "opportunity": figure(made.opportunity),
        "acted": logged.acted,
        "trade_id": logged.trade_id,
        "said": logged.said,
        "verdicts": [
            {"level": opinion.level, "verdict": opinion.verdict, "first_failed": opinion.first_failed}
            for opinion in logged.opinions
        ],
    }


def gate_item(gate: Gate) -> dict[str, Any]:
    """A gate, its value and threshold in its own unit; null is a value that is not known."""
    return {
        "name": gate.name,
        "value": figure(gate.value),
        "sense": gate.sense,
        "threshold": figure(gate.threshold),
        "passed": gate.passed,
        "keeps": gate.keeps,
    }


def opinion_item(opinion: Opinion) -> dict[str, Any]:
    """What one level would have done, in full."""
    return {
        "level": opinion.level,
        "verdict": opinion.verdict,
        "first_failed": opinion.first_failed,
        "size_usd": plain(opinion.size_usd),
        "confidence": figure(opinion.confidence),
        "risk": figure(opinion.risk),
        "opportunity": figure(opinion.opportunity),
    }


def figure(number: float | None) -> str | None:
    """What was reckoned in floating point: to four decimals, below one to four digits; null where it is not finite."""
    if number is None or not isfinite(number):
        return None
    rounded = round(number, 4) if abs(number) >= 1 else float(f"{number:.4g}")
    return plain(Decimal(repr(float(rounded))))


def _whole_seconds(age_s: float | None) -> int | None:
    return max(0, int(age_s)) if age_s is not None and isfinite(age_s) else None


def decisions_csv(store: Store, session_id: str, wanted: DecisionFilter = ALL) -> Iterator[str]:
    """A session's decisions as CSV, oldest first, line by line, after one with the names.

    Text that a program for tables would run has an apostrophe before it. Taking one raises StoreRefused.
    """
    yield _csv(COLUMNS)
    for logged in each_decision(store, session_id, wanted):
        yield _csv(_cells(decision_item(logged)))


def decisions_json(store: Store, session_id: str, wanted: DecisionFilter = ALL) -> Iterator[str]:
    """A session's decisions as a JSON array, oldest first, line by line, with their gates and the ten levels in full.

    Taking one raises StoreRefused.
    """
    yield "["
    before = "\n"
    for logged in each_decision(store, session_id, wanted):
        yield before + to_json(_whole(logged)).decode()
        before = ",\n"
    yield "\n]\n"


def _whole(logged: Logged) -> dict[str, Any]:
    gates = [gate_item(gate) for gate in logged.decision.gates]
    return decision_item(logged) | {"gates": gates, "levels": [opinion_item(each) for each in logged.opinions]}


def _cells(item: dict[str, Any]) -> list[Any]:
    for name in _TEXTS:
        item[name] = _harmless(item[name])
    item["acted"] = "true" if item["acted"] else "false"
    for opinion in item["verdicts"]:
        item[f"level_{opinion['level']}"] = opinion["verdict"]
        item[f"level_{opinion['level']}_first_failed"] = _harmless(opinion["first_failed"])
    return [item.get(name) for name in COLUMNS]


def _harmless(text: str | None) -> str | None:
    """Text that begins with anything but a letter or a digit has an apostrophe before it: no formula does."""
    begins = text.lstrip(" ")[:1] if text else ""
    return f"'{text}" if begins and not begins.isalnum() else text


def _csv(row: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(row)
    return text.getvalue()
