"""What a long run leaves behind: memory, objects, open files and rows, taken now and then, and how they grow."""

import asyncio
import gc
import os
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.domain.bars import Interval
from app.store import bars, decisions, equity

# Below this no container is looked at, and no growth of one is worth a word.
LARGE = 200
_CONTAINERS = (dict, list, set, deque)
_YEAR = 365.0


@dataclass(frozen=True, slots=True)
class Sample:
    """How things are after so many simulated hours, garbage collected. Sizes are in bytes; `rows` are by table, `sizes`
    the bytes of each with its indices."""

    hour: float
    resident: int
    objects: int
    tasks: int
    threads: int
    files: int
    database: int
    wal: int
    log: int
    rows: Mapping[str, int] = field(default_factory=dict[str, int])
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])


def sample(hour: float, folder: Path) -> Sample:
    """How things are now, of a desk whose data folder this is."""
    gc.collect()
    rows, sizes = _tables(folder / "drydock.db")
    return Sample(
        hour=hour,
        resident=_resident(),
        objects=len(gc.get_objects()),
        tasks=len(asyncio.all_tasks()),
        threads=threading.active_count(),
        files=len(list(Path("/proc/self/fd").iterdir())),
        database=_size(folder / "drydock.db"),
        wal=_size(folder / "drydock.db-wal"),
        log=sum(_size(file) for file in folder.glob("drydock.log*")),
        rows=rows,
        sizes=sizes,
    )


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The growth per day of values by hour, by least squares; 0 of fewer than three."""
    if len(points) < 3:
        return 0.0
    middle = sum(hour for hour, _ in points) / len(points)
    mean = sum(value for _, value in points) / len(points)
    spread = sum((hour - middle) ** 2 for hour, _ in points)
    return 24 * sum((hour - middle) * (value - mean) for hour, value in points) / spread


# -- what is in memory


@dataclass(frozen=True, slots=True)
class Census:
    """How many objects there are of each type, and how long each large container is, by its identity."""

    types: Mapping[str, int]
    lengths: Mapping[int, int]


def census() -> Census:
    """Count all that the collector knows, and what the desk's own objects hold."""
    gc.collect()
    objects = gc.get_objects()
    counts = Counter(map(type, objects))
    types = Counter[str]()
    for kind, count in counts.items():
        types[f"{kind.__module__}.{kind.__qualname__}"] += count
    return Census(types, {id(each): len(each) for each in _containers(objects) if len(each) >= LARGE})


def grown(first: Census, second: Census, third: Census, least: int) -> list[str]:
    """What has become more from each of three moments to the next by `least` or more: types, and containers."""
    found: list[str] = []
    for name, count in third.types.items():
        steps = (first.types.get(name, 0), second.types.get(name, 0), count)
        if min(steps[1] - steps[0], steps[2] - steps[1]) >= least:
            found.append(f"objects of {name}: {' > '.join(map(str, steps))}")
    longer = {
        key: f"{before} > {between} > {length}"
        for key, length in third.lengths.items()
        if (between := second.lengths.get(key, 0)) - (before := first.lengths.get(key, 0)) >= least
        and length - between >= least
    }
    if longer:
        seen = [each for each in _containers(gc.get_objects()) if id(each) in longer]
        found += {f"{_called(each)}: {longer[id(each)]}" for each in seen}
    return sorted(found)


def _containers(objects: Sequence[object]) -> Iterator[Any]:
    """Those that are tracked, and those without a reference to anything tracked that hang at an object of the desk."""
    kinds = set(map(type, objects))
    containers = {kind for kind in kinds if issubclass(kind, _CONTAINERS)}
    ours = {kind for kind in kinds if str(kind.__module__).startswith("app.")}
    for each in objects:
        kind = type(each)
        if kind in containers:
            yield each
        elif kind in ours:
            yield from (held for held in gc.get_referents(each) if type(held) in (dict, set))


def _called(container: object) -> str:
    """Where a container hangs, as far as one step tells."""
    kind = type(container).__name__
    for holder in gc.get_referrers(container):
        items = list(holder.items()) if type(holder) is dict else list(_attributes(holder))
        name = next((str(name)[:60] for name, value in items if value is container), None)
        if name is not None:
            return f"{kind} {name}" if type(holder) is dict else f"{kind} {type(holder).__qualname__}.{name}"
    return kind


def _attributes(holder: object) -> Iterator[tuple[str, object]]:
    yield from getattr(holder, "__dict__", {}).items()
    for kind in type(holder).__mro__:
        slots = getattr(kind, "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            yield name, getattr(holder, name, None)


# -- what is on disk


def in_a_year(first: Sample, last: Sample, tokens: int, accounts: int) -> dict[str, int]:
    """The bytes of each table after a year of the growth between two samples: bars, marks and decisions are pruned by
    their rules, of all else every row stays."""
    days = (last.hour - first.hour) / 24
    found: dict[str, int] = {}
    for name, count in last.rows.items():
        if not count or days <= 0:
            continue
        a_day = max(0, count - first.rows.get(name, 0)) / days
        rows = {"bars": _kept_bars() * tokens, "equity": _kept_marks() * accounts}.get(name, count + a_day * _YEAR)
        if name == "decisions":
            rows = a_day * decisions.KEPT_FOR.days
        found[name] = round(rows * last.sizes.get(name, 0) / count)
    return found


def _kept_bars() -> float:
    """The bars of one token after a year."""
    lengths = ((interval, bars.KEPT_FOR[interval]) for interval in Interval)
    return sum(min(_YEAR, kept.days if kept else _YEAR) * 86_400 / interval.seconds for interval, kept in lengths)


def _kept_marks() -> float:
    """The marks of one account after a year, one a minute."""
    (young, fives), (old, hours) = equity.KEPT
    return (
        young.days * 1440
        + (old - young).total_seconds() / fives.total_seconds()
        + ((_YEAR - old.days) * 86_400 / hours.total_seconds())
    )


def _tables(file: Path) -> tuple[dict[str, int], dict[str, int]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        own = [name for name in names if not name.startswith("sqlite_")]
        rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in own}
        try:
            sizes = dict(
                connection.execute(
                    "SELECT master.tbl_name, sum(stat.pgsize) FROM dbstat AS stat "
                    "JOIN sqlite_master AS master ON master.name = stat.name GROUP BY master.tbl_name"
                ).fetchall()
            )
        except sqlite3.OperationalError:
            # This build of SQLite does not tell.
            sizes = {}
    return rows, sizes


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
