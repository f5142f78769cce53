"""The ticker: the one way by which readings become prices, bars and a ring of the bell."""

from collections.abc import Callable, Iterable, Set
from datetime import datetime

from app.domain.prices import PriceState, Reading
from app.domain.tokens import TokenKey
from app.trading.bell import Bell, Topic
from app.trading.board import Board
from app.trading.tape import Tape

# A price in any other state is shown, but it is not written into history.
RECORDED = frozenset({PriceState.LIVE, PriceState.DELAYED})


class Ticker:
    """Live, replay and demo markets all post here. Whoever stands in `heard` is told of every tick, before the bell:
    a ring may stand for many ticks, and an order must miss none."""

    def __init__(self, board: Board, tape: Tape, bell: Bell) -> None:
        self.board = board
        self.tape = tape
        self.bell = bell
        self.heard: list[Callable[[Set[TokenKey]], None]] = []
        self._last: dict[TokenKey, tuple[str | None, datetime | None]] = {}

    def post(self, readings: Iterable[Reading], now: datetime, *, to_tape: bool = True) -> None:
        """Put readings on the board, their consensus on the tape, and ring. A market that brings bars of its own
        says to_tape=False."""
        ticked = self.board.post(readings, now)
        for key in ticked if to_tape else ():
            self._to_tape(key, now)
        if ticked:
            self._tell(ticked)
            self.bell.ring(Topic.PRICES)

    def settle(self, now: datetime, *, to_tape: bool = True) -> None:
        """Let time pass: prices grow old, and first ones are believed, even when nobody speaks."""
        changed = self.board.settle(now)
        for key in changed if to_tape else ():
            self._to_tape(key, now)
        if changed:
            self._tell(changed)
            self.bell.ring(Topic.PRICES, Topic.MARKET)

    def forget(self, key: TokenKey) -> None:
        self.board.forget(key)
        self.tape.forget(key)
        self._last.pop(key, None)

    def _tell(self, keys: Set[TokenKey]) -> None:
        for hear in self.heard:
            hear(keys)

    def _to_tape(self, key: TokenKey, now: datetime) -> None:
        held = self.board.peek(key)
        mark = (held.source, held.as_of)
        if held.price is None or held.state not in RECORDED or self._last.get(key) == mark:
            return
        self._last[key] = mark
        self.tape.tick(key, held.price, now)
