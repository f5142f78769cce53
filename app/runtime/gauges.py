"""Gauges: plain counts of what the house does, kept by whoever does it and rendered at /metrics."""

from collections import Counter
from dataclasses import dataclass, field

from app.domain.buckets import Buckets


@dataclass(slots=True)
class Gauges:
    """`tick_to_push` are seconds from a ring of prices until it was sent to every tab; `orders` counts how orders ended
    by (origin, state), `order_seconds` are seconds from asking to the answer; `position_updates` counts positions that
    were shown anew."""

    tick_to_push: Buckets = field(default_factory=Buckets)
    browser_tabs: int = 0
    orders: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    order_seconds: Buckets = field(default_factory=Buckets)
    position_updates: int = 0
