"""Decisions as rows of a table: those of the log, and what the bot makes of each watched token now."""

from collections.abc import Sequence
from decimal import Decimal

from app.bot.words import flip_said, shown, title, titles
from app.domain.decisions import Decision, Gate, Logged, Opinion, Verdict
from app.runtime.looks import Look
from app.runtime.outcomes import Outcome
from app.ui import figures
from app.ui import format as fmt

LETTERS = {Verdict.BUY: "B", Verdict.SELL: "S", Verdict.HOLD: "H", Verdict.SKIP: "–"}
NOT_YET = "—"
LIVE = "live"
AFTER = "How the price has moved since the decision."
# How many of the conditions that fail a row names.
_NAMED = 3


def logged_row(found: Logged, outcome: Outcome) -> dict[str, str]:
    """A decision of the log. `id` is its own; `after_5m` and so on what the price did since, in percent."""
    afters = {"after_5m": outcome.after_5m, "after_1h": outcome.after_1h, "after_24h": outcome.after_24h}
    told = {name: NOT_YET if after.value is None else fmt.signed_pct(after.value) for name, after in afters.items()}
    why = {f"{name}_why": after.reason or AFTER for name, after in afters.items()}
    return {"id": found.id, **_common(found), "acted": _acted(found), "missing": "", **told, **why}


def look_row(look: Look) -> dict[str, str]:
    """What the bot makes of a token now. `id` is the token's address, `missing` what keeps it from being bought."""
    later = {f"after_{span}{part}": "" for span in ("5m", "1h", "24h") for part in ("", "_why")}
    return {
        "id": look.token.key.address,
        **_common(look),
        "acted": "",
        "missing": f"{_not_live(look)}{missing(look.decision)}",
        **later,
    }


def _common(found: Logged | Look) -> dict[str, str]:
    made = found.decision
    flip = flip_of(made)
    return {
        "at": figures.moment(found.at),
        "symbol": found.token.symbol,
        "price": fmt.price(found.price),
        "state": found.state,
        "trust": trust(found),
        "level": str(made.level),
        "verdict": made.verdict.value,
        "failed": _why(made, flip),
        "size": size(made.size_usd),
        # What it holds by stands above it.
        "said": found.said.replace(f" {flip}", "") if made.verdict is Verdict.HOLD else found.said,
        "ten": letters(found.opinions),
        "ten_said": ", ".join(f"level {one.level} {one.verdict.value}" for one in found.opinions),
    }


def flip_of(made: Decision) -> str:
    """What would have altered it, in one sentence; empty where the gate is another release's."""
    return flip_said(made) if made.flip is None or made.flip.gate in titles() else ""


def _why(made: Decision, flip: str) -> str:
    """'Risk'; of what is held 'Holds: would be SELL if the price were below $9.00; no more bought: Risk'."""
    failed = reason(made.verdict, made.first_failed)
    if made.verdict is not Verdict.HOLD or not flip:
        return failed
    kept = flip.removesuffix(".").replace("Would have been", "would be", 1).replace("No single", "no single", 1)
    return "; ".join(filter(None, (f"Holds: {kept}", failed)))


def reason(verdict: Verdict, first_failed: str | None) -> str:
    """The title of what failed first; to hold is no failure, so there it says what it keeps from."""
    if first_failed is None:
        return ""
    return f"no more bought: {named(first_failed)}" if verdict is Verdict.HOLD else named(first_failed)


def _acted(found: Logged) -> str:
    return "" if not found.acted else "traded" if found.trade_id else "ordered"


def named(gate_name: str) -> str:
    """What a gate is called. The log outlives the release that wrote it, and its gates."""
    return title(gate_name) if gate_name in titles() else gate_name


def against(gate: Gate) -> str:
    """Its value against its threshold."""
    return shown(gate) if gate.name in titles() else ""


def size(usd: Decimal) -> str:
    return fmt.money(usd) if usd else fmt.NOTHING


def trust(found: Logged | Look) -> str:
    """'live, coinbase, 2 s old'."""
    age = f"{found.age_s:.0f} s old" if found.age_s is not None else ""
    return ", ".join(filter(None, (found.state, found.source, age)))


def letters(opinions: Sequence[Opinion]) -> str:
    """One letter for each of the ten levels: B, S, H or – (SKIP)."""
    return "".join(LETTERS[one.verdict] for one in opinions)


# -- how near


def unmet(decision: Decision) -> list[Gate]:
    """The conditions that keep it from being a purchase."""
    return [gate for gate in decision.gates if not gate.passed and not gate.keeps]


def nearness(decision: Decision) -> tuple[int, float]:
    """What sorts the nearest to a purchase first: how many conditions fail, then how far they are from being met. Where
    one alone fails, that is the distance of the flip."""
    failed = unmet(decision)
    return (0, 0.0) if decision.verdict is Verdict.BUY else (len(failed), sum(gate.distance for gate in failed))


def closeness(look: Look) -> tuple[bool, int, float]:
    """What sorts looks the nearest to a purchase first, and those last whose price is not live."""
    return (look.state != LIVE, *nearness(look.decision))


def _not_live(look: Look) -> str:
    return "" if look.state == LIVE else f"Its price is not live ({look.state}). "


def missing(decision: Decision) -> str:
    """'2 conditions fail: Confidence 58 ≥ 65, Room for it 10 ≤ 5'."""
    if decision.verdict is Verdict.BUY:
        return "All conditions are met."
    failed = unmet(decision)
    if not failed:
        return "It has to be sold first."
    told = ", ".join(f"{named(gate.name)} {against(gate)}" for gate in failed[:_NAMED])
    more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    return f"{len(failed)} condition{' fails' if len(failed) == 1 else 's fail'}: {told}{more}"
