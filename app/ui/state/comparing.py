"""Two sessions side by side: how each was set up and what came of it, with what differs marked."""

from decimal import Decimal

from app.domain.chains import CHAINS
from app.domain.performance import Figure
from app.domain.session import Session
from app.runtime.reports import SessionReport
from app.ui import figures
from app.ui import format as fmt

# Label, what it is in each of the two, 'yes' where they differ, and why a figure is missing in each.
Line = list[str]


def settings(a: Session, b: Session) -> list[Line]:
    """How the two were set up."""
    names = sorted({*a.settings, *b.settings})
    told = [(name.replace("_", " ").capitalize(), _listed(a, name), _listed(b, name)) for name in names]
    return [
        _line("Market", market_words(a.market), market_words(b.market)),
        _line("Chain", chain_words(a), chain_words(b)),
        _line("Starting balance", fmt.money(a.starting_balance), fmt.money(b.starting_balance)),
        _line("From – to, UTC", span_words(a), span_words(b)),
        *[_line(name, one, other) for name, one, other in told],
        _line("Note", a.note or fmt.NOTHING, b.note or fmt.NOTHING),
    ]


def outcome(a: SessionReport, b: SessionReport) -> list[Line]:
    """What came of the two."""
    one, other = _outcome(a), _outcome(b)
    return [
        [label, text, other[label][0], _differs(text, other[label][0]), why, other[label][1]]
        for label, (text, why) in one.items()
    ]


def _outcome(report: SessionReport) -> dict[str, tuple[str, str]]:
    made = report.performance
    costs = report.costs
    return {
        "Return": (fmt.signed_pct(report.return_pct), ""),
        "Equity": (fmt.money(report.equity), ""),
        "Holding instead": _figure(made.hold_return_pct, fmt.signed_pct),
        "Deepest fall": _figure(made.max_drawdown_pct, _pct),
        "Realized": (fmt.signed_money(report.realized), ""),
        "Trades": (f"{report.trades:,}", ""),
        "Round trips": (f"{made.round_trips:,}", ""),
        "Won": _figure(made.win_rate_pct, _pct),
        "Profit factor": _figure(made.profit_factor, _number),
        "Expectancy": _figure(made.expectancy_usd, fmt.signed_money),
        "Sharpe": _figure(made.sharpe, _number),
        "Sortino": _figure(made.sortino, _number),
        "Exposure": _figure(made.exposure_pct, _pct),
        "Gas": (fmt.money(costs.gas), ""),
        "Pool fees": (fmt.money(costs.fees), ""),
        "Price impact": (fmt.money(costs.impact), ""),
        "Fill error at the next block, median (above zero is worse)": _figure(made.fill_error_median_bps, figures.bp),
        "Fill error at the next block, p95 of its size": _figure(made.fill_error_p95_bps, figures.bp),
        "Fill error after 30 s, median (above zero is worse)": _figure(made.fill_error_30s_median_bps, figures.bp),
        "Fill error after 30 s, p95 of its size": _figure(made.fill_error_30s_p95_bps, figures.bp),
    }


def _listed(session: Session, name: str) -> str:
    """A setting as people write it: a list with spaces."""
    return session.settings.get(name, "").replace(",", ", ") or fmt.NOTHING


def market_words(market: str) -> str:
    """'Live', 'Simulated', 'Replay of hours.csv'."""
    known = {"live": "Live", "demo": "Simulated"}
    return known.get(market, f"Replay of {market.removeprefix('replay:')}")


def chain_words(session: Session) -> str:
    chain = CHAINS.get(session.chain_id)
    return chain.name if chain else str(session.chain_id)


def span_words(session: Session) -> str:
    """'22 Nov 2026 14:03 – 23 Nov 2026 09:00', '22 Nov 2026 14:03 – now'."""
    end = f"{session.ended_at:%d %b %Y %H:%M}" if session.ended_at else "now"
    return f"{session.started_at:%d %b %Y %H:%M} – {end}"


def _figure(figure: Figure, write) -> tuple[str, str]:
    return (fmt.NOTHING, figure.reason) if figure.value is None else (write(figure.value), "")


def _pct(value: Decimal) -> str:
    return f"{value:.2f} %"


def _number(value: Decimal) -> str:
    return f"{value:.2f}".replace("-", "−")


def _line(label: str, one: str, other: str) -> Line:
    return [label, one, other, _differs(one, other), "", ""]


def _differs(one: str, other: str) -> str:
    return "yes" if one != other else ""
