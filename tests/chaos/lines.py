"""What a trading process and whoever listens to it say to each other: one JSON object a line."""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.chaos.verdict import Acknowledged

Line = Mapping[str, Any]


def say(**words: Any) -> None:
    """Say one line in one write: who is killed meanwhile has said all of it, or nothing that counts."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


class Heard:
    """All that was said over many lives: what was asked for, what was acknowledged and what was refused.

    `unanswered` are requests whose answer has not come; `refused` those that were refused and not asked for since.
    `twice` and `wrong` are answers that contradict earlier ones, one sentence each.
    """

    def __init__(self) -> None:
        self.wanted: dict[str, Line] = {}
        self.acknowledged: dict[str, Acknowledged] = {}
        self.unanswered: Counter[str] = Counter()
        self.refused: set[str] = set()
        self.twice: list[str] = []
        self.wrong: list[str] = []
        self._known_before: set[str] = set()

    def hear(self, line: Line) -> None:
        if "wants" in line:
            self._wanted(line)
        elif "done" in line:
            self._done(line)
        elif "flattened" in line:
            self._answered(line["flattened"])
        elif "refused" in line and self._answered(line["refused"]):
            self.refused.add(line["refused"])

    @property
    def answered(self) -> list[str]:
        """What was asked for and taken."""
        return [name for name in self.wanted if name not in self.unanswered and name not in self.refused]

    def _wanted(self, line: Line) -> None:
        order_id = line["wants"]
        self.wanted[order_id] = line
        self.unanswered[order_id] += 1
        self.refused.discard(order_id)
        if order_id in self.acknowledged:
            self._known_before.add(order_id)

    def _done(self, line: Line) -> None:
        order_id = line["done"]
        now = Acknowledged(order_id, line["state"], line.get("trade"), line.get("quantity"), line.get("value"))
        before = self.acknowledged.get(order_id, now)
        if before.trade_id and now.trade_id and before.traded != now.traded:
            self.twice.append(f"order {order_id} was acknowledged with {before.traded}, then with {now.traded}")
        if "open" != before.state != now.state != "open":
            self.wrong.append(f"order {order_id} was {before.state}, and then {now.state}")
        if "repeated" in line:
            self._answered(order_id)
            if order_id in self._known_before and not line["repeated"]:
                self.twice.append(f"order {order_id} was asked for again, and taken as a new one")
        if now.state != "open" or before.state == "open":
            self.acknowledged[order_id] = now

    def _answered(self, order_id: str) -> bool:
        """Whether nobody waits any more for an answer about this order."""
        self.unanswered[order_id] -= 1
        if self.unanswered[order_id] > 0:
            return False
        del self.unanswered[order_id]
        return True
