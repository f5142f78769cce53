"""What came of a session, in the shapes of the API."""

from typing import Any

from app.api.answers import CostsShape, PerformanceShape, ReportShape, SessionShape
from app.domain.performance import Costs, Figure, Performance
from app.domain.session import Session
from app.runtime.reports import SessionReport

_FIGURES = tuple(
    name for name, field in PerformanceShape.model_fields.items() if name not in ("round_trips", "costs", "reasons")
)


def performance_shape(found: Performance) -> PerformanceShape:
    """The figures, and the reason for each that there is none of."""
    figures: dict[str, Figure] = {name: getattr(found, name) for name in _FIGURES}
    values: dict[str, Any] = {name: figure.value for name, figure in figures.items()}
    return PerformanceShape(
        round_trips=found.round_trips,
        costs=costs_shape(found.costs),
        reasons={name: figure.reason for name, figure in figures.items() if figure.value is None},
        **values,
    )


def costs_shape(costs: Costs) -> CostsShape:
    return CostsShape(gas=costs.gas, fees=costs.fees, impact=costs.impact)


def session_shape(session: Session) -> SessionShape:
    return SessionShape(**_session(session))


def report_shape(report: SessionReport) -> ReportShape:
    return ReportShape(
        **_session(report.session),
        equity=report.equity,
        cash=report.cash,
        realized_pnl=report.realized,
        costs=costs_shape(report.costs),
        return_pct=report.return_pct,
        trades=report.trades,
        performance=performance_shape(report.performance),
    )


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "name": session.name,
        "note": session.note,
        "market": session.market,
        "chain_id": session.chain_id,
        "starting_balance": session.starting_balance,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "settings": dict(session.settings),
    }
