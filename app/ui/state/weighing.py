"""A decision laid open: its conditions one by one, its flip, the ten levels' views, and the trade it led to."""

from types import MappingProxyType
from typing import Any

from app.bot.levels import level
from app.domain.decisions import Decision, Gate, Logged, Opinion, Verdict
from app.runtime.house import House
from app.runtime.looks import Look
from app.store.trades import trade
from app.ui import figures
from app.ui import format as fmt
from app.ui.state.decision_rows import against, flip_of, named, reason, size, trust
from app.ui.state.journal import read

NOTHING_OPEN = MappingProxyType[str, Any](
    {"level": "", "gates": [], "flip": "", "opinions": [], "facts": [], "trade": "", "traded": ""}
)
_OCCASIONS = {
    "close": "a bar has closed",
    "exit": "a price has gone through an exit",
    "look": "the slider was moved, or the bot started",
}


async def weighed(house: House | None, found: Logged | Look) -> dict[str, Any]:
    """`gates`: title, value against threshold, 'yes' or 'no', and which kind; `opinions`: level, name, verdict, first
    failed gate, size, risk, confidence, opportunity; `facts`: label and value; `flip` and `trade` are sentences,
    `traded` is 'yes' where there is a trade to look at."""
    made = found.decision
    return {
        "level": str(made.level),
        "gates": [_gate(gate) for gate in _known(made)],
        "flip": flip_of(made),
        "opinions": [_opinion(one) for one in found.opinions],
        "facts": _facts(found),
        "traded": "yes" if isinstance(found, Logged) and found.trade_id else "",
        "trade": await _trade(house, found) if house and isinstance(found, Logged) else "",
    }


def _known(made: Decision) -> list[Gate]:
    """The gates in their order; without enough history, those about what is not known yet say nothing."""
    short = any(gate.name == "history" and not gate.passed for gate in made.gates)
    return [gate for gate in made.gates if gate.value is not None or not short]


def _gate(gate: Gate) -> list[str]:
    return [named(gate.name), against(gate), "yes" if gate.passed else "no", "to keep it" if gate.keeps else "to buy"]


def _opinion(one: Opinion) -> list[str]:
    scores = (one.risk, one.confidence, one.opportunity)
    return [
        str(one.level),
        level(one.level).name,
        one.verdict.value,
        reason(one.verdict, one.first_failed),
        size(one.size_usd),
        *(f"{score:.0f}" for score in scores),
    ]


def _facts(found: Logged | Look) -> list[list[str]]:
    made = found.decision
    about = [["Because", _OCCASIONS[found.occasion.value]], ["Bot", found.bot]] if isinstance(found, Logged) else []
    return [
        ["Price", f"{fmt.price(found.price)} ({trust(found)})"],
        ["Last closed bar began", f"{figures.moment(found.bar_at)} UTC" if found.bar_at else "there was none"],
        *about,
        *_scores(made),
    ]


def _scores(made: Decision) -> list[list[str]]:
    told = {"Risk": made.risk, "Confidence": made.confidence, "Opportunity": made.opportunity}
    return [[name, f"{score:.0f} of 100"] for name, score in told.items()]


async def _trade(house: House, found: Logged) -> str:
    """What was done about it, in one sentence; empty for a verdict that asks for nothing."""
    if found.trade_id is not None:
        made = await read(trade, house.store, found.trade_id)
        if made is None or made.account_id != found.session_id:
            return "It was traded, and the trade cannot be read now."
        did = {"buy": "Bought", "sell": "Sold"}[made.side.value]
        amount = f"{fmt.quantity(made.quantity)} {made.token.symbol} at {fmt.price(made.price)}"
        reverted = ", which reverted" if made.status.value == "reverted" else ""
        return f"{did} {amount} for {fmt.money(made.value)}, gas {fmt.cost(made.gas_usd)}{reverted}."
    if found.acted:
        return "An order came of it; nothing has been filled."
    return "" if made_nothing(found) else "Nothing was traded."


def made_nothing(found: Logged) -> bool:
    """Whether the verdict asked for no trade."""
    return found.decision.verdict in (Verdict.HOLD, Verdict.SKIP)
