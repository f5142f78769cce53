"""Alerts on disk, one by one."""

from dataclasses import replace
from datetime import datetime

from app.domain.alerts import Alert, Condition
from app.store.alerts import write_alerts
from app.store.database import Store


def raise_alert(store: Store, condition: Condition, session_id: str, at: datetime) -> Alert:
    """One that was raised just now, kept."""
    return write_alerts(store, [Alert("", condition, session_id, at)])[0]


def recover(store: Store, alert: Alert, at: datetime) -> Alert:
    """The alert as it is kept once it has ended."""
    return write_alerts(store, [replace(alert, recovered_at=at)])[0]
