"""An alert as programs are given it: over REST, by the stream and to the webhook."""

from typing import Any

from app.domain.alerts import Alert
from app.runtime.spelling import utc
from app.store.alerts import number_of

# Past all that is kept.
_UNKEPT = 10**17


def rank(alert: Alert) -> int:
    """A number that grows from alert to alert; those that the database has not taken yet come after all others."""
    return number_of(alert.id) or _UNKEPT + int(alert.id[1:])


def alert_item(alert: Alert) -> dict[str, Any]:
    """The fields of an alert; times are text."""
    told = alert.condition
    return {
        "id": alert.id,
        "kind": told.kind.value,
        "about": told.about,
        "sentence": told.sentence,
        "session_id": alert.session_id,
        "raised_at": utc(alert.raised_at),
        "recovered_at": utc(alert.recovered_at) if alert.recovered_at else None,
        "recovery": told.recovery,
    }
