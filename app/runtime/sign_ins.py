"""Sign-ins: which browsers have shown the password, and how often somebody may try."""

from app.market.line import Clock
from app.runtime.settings import Settings
from app.store.database import Store


class SignIns:
    """Open to all where no password is set."""

    def __init__(self, settings: Settings, clock: Clock, store: Store) -> None:
        self._settings = settings
        self._clock = clock
        self._store = store
