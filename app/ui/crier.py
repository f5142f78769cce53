"""The crier: what a tick changes is told once to all the tabs that look at the same, past the state of each.

Made anew for each tab, the same message costs half a millisecond a tab, so that the hundredth waits for fifty. The
states of the tabs lag behind what was cried; a page that loads or reconnects is shown everything by its `load`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from reflex.state import StateUpdate
from reflex_base.constants.state import FIELD_MARKER

from app.runtime.house import House
from app.trading.bell import Topic
from app.ui.state.view import SIGHTS, Sight, Vars, View, server_ms

EVERYTHING = frozenset(Topic)

Emit = Callable[[StateUpdate, Sequence[str]], Awaitable[None]]


@dataclass(slots=True)
class _Company:
    """Tabs of one sight: their sockets, and what they were last told."""

    sockets: set[str] = field(default_factory=set[str])
    told: dict[View, Vars] = field(default_factory=dict[View, Vars])


class Crier:
    """Remembers what it told whom: newcomers are told everything, the others what has changed."""

    def __init__(self, house: House, views: Iterable[View], emit: Emit) -> None:
        self._house = house
        self._views = [view for view in views if view.alike]
        self._emit = emit
        self._companies: dict[Sight, _Company] = {}

    async def cry(self, connected: Mapping[str, str], rung: Set[Topic] = EVERYTHING) -> int:
        """Tell all the connected tabs (their sockets by their tokens) that have said what they look at, what these
        topics may have changed. How many of them there was something to tell."""
        before, self._companies = self._companies, {}
        told = 0
        for sight, tabs in _by_sight(connected).items():
            known = before.get(sight, _Company())
            sockets = {connected[tab] for tab in tabs}
            newcomers = sockets - known.sockets
            # Their page has just been loaded, and shows what a ring that is still to be heard has changed.
            seen = self._seen(sight, rung, {} if newcomers else known.told)
            if seen is None:
                for tab in tabs:
                    SIGHTS.pop(tab, None)
                continue
            told += await self._tell(seen, newcomers)
            told += await self._tell(_changed(known.told, seen), sockets & known.sockets)
            self._companies[sight] = _Company(sockets, seen)
        return told

    def _seen(self, sight: Sight, rung: Set[Topic], told: Mapping[View, Vars]) -> dict[View, Vars] | None:
        """What tabs of a sight see: looked up anew where a topic may have changed it, and where none was told yet."""
        seen: dict[View, Vars] = {}
        for view in self._views:
            if view in told and not view.topics & rung:
                seen[view] = told[view]
                continue
            found = view.alike(self._house, sight) if view.alike else {}
            if found is None:
                return None
            seen[view] = found
        return seen

    async def _tell(self, seen: Mapping[View, Vars], sockets: Iterable[str]) -> int:
        delta = {view.state.get_full_name(): _named(view, vars_) for view, vars_ in seen.items() if vars_}
        to = sorted(sockets)
        if not (delta and to):
            return 0
        await self._emit(StateUpdate(delta=delta), to)
        return len(to)


def _by_sight(connected: Iterable[str]) -> dict[Sight, list[str]]:
    found: dict[Sight, list[str]] = {}
    for tab in connected:
        if tab in SIGHTS:
            found.setdefault(SIGHTS[tab], []).append(tab)
    return found


def _changed(before: Mapping[View, Vars], after: Mapping[View, Vars]) -> dict[View, Vars]:
    return {
        view: {name: value for name, value in vars_.items() if name not in before[view] or before[view][name] != value}
        for view, vars_ in after.items()
        if view in before
    }


def _named(view: View, vars_: Vars) -> Vars:
    """The vars as the browser knows them."""
    stamped = vars_ | {view.stamp: float(server_ms())} if view.stamp else vars_
    return {f"{name}{FIELD_MARKER}": value for name, value in stamped.items()}
