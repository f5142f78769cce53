"""Decisions as rows and back: what is asked for by stands in columns, the gates and the ten opinions in one packet.

A packet is JSON without spaces, compressed: what was weighed costs a few hundred bytes that nobody searches.
"""

import json
import zlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.domain.decisions import Decision, Gate, Logged, Occasion, Opinion, Sense, Verdict
from app.domain.money import decimal_of, plain
from app.domain.tokens import Token
from app.store.bot_tables import DECISIONS
from app.store.rows import if_any, moment, raw, token_row

_LETTERS = {Verdict.BUY: "B", Verdict.SELL: "S", Verdict.HOLD: "H", Verdict.SKIP: "K"}
_BY_LETTER = {letter: verdict for verdict, letter in _LETTERS.items()}
_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_SENSES = {sense.value: sense for sense in Sense}
_OCCASIONS = {occasion.value: occasion for occasion in Occasion}

DECISION = raw(*(column for column in DECISIONS.c if column.name not in ("address", "first_failed")))


def decision_row(logged: Logged) -> dict[str, Any]:
    made = logged.decision
    return {
        "session_id": logged.session_id,
        "at": logged.at,
        "bar_at": logged.bar_at,
        "occasion": logged.occasion,
        **token_row(logged.token),
        "price": logged.price,
        "state": logged.state,
        "source": logged.source,
        "age_s": logged.age_s,
        "bot": logged.bot,
        "level": made.level,
        "verdict": made.verdict,
        "first_failed": made.first_failed,
        "acted": logged.acted,
        "trade_id": logged.trade_id,
        "said": logged.said,
        "verdicts": "".join(_LETTERS[opinion.verdict] for opinion in logged.opinions),
        "detail": _packed(made, logged.opinions),
    }


def decision_of(row: Sequence[Any]) -> Logged:
    seq, session_id, at, bar_at, occasion, chain_id, address, symbol, name, decimals, coingecko_id, *rest = row
    price, state, source, age_s, bot, level, verdict, acted, trade_id, said, verdicts, detail = rest
    made, opinions = _unpacked(level, _VERDICTS[verdict], verdicts, detail)
    return Logged(
        session_id,
        moment(at),
        if_any(moment, bar_at),
        _OCCASIONS[occasion],
        Token(chain_id, address, symbol, name, decimals, coingecko_id),
        if_any(Decimal, price),
        state,
        source,
        age_s,
        bot,
        made,
        opinions,
        said,
        bool(acted),
        trade_id,
        f"d{seq}",
    )


def _packed(made: Decision, opinions: Sequence[Opinion]) -> bytes:
    exact = plain(decimal_of(made.size_usd))
    views = [[it.level, it.first_failed, plain(decimal_of(it.size_usd)), *it[4:]] for it in opinions]
    told = [made.gates, exact, made.confidence, made.risk, made.opportunity, views]
    return zlib.compress(json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode())


def _unpacked(level: int, verdict: Verdict, verdicts: str, detail: bytes) -> tuple[Decision, tuple[Opinion, ...]]:
    gates, exact, confidence, risk, opportunity, views = json.loads(zlib.decompress(detail))
    weighed = tuple(Gate(name, value, _SENSES[sense], *rest) for name, value, sense, *rest in gates)
    made = Decision(level, verdict, weighed, Decimal(exact), confidence, risk, opportunity)
    opinions = tuple(
        Opinion(number, _BY_LETTER[letter], failed, Decimal(size), *scores)
        for letter, (number, failed, size, *scores) in zip(verdicts, views, strict=True)
    )
    return made, opinions
