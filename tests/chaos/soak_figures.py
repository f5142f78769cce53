"""The figures of a long run of the desk, what is wrong with them, and how they are shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.chaos.soaked import Sample, in_a_year, slope

HOUR = 3600
# The person, and the ten levels.
ACCOUNTS = 11
# Bounds of what grows in a simulated day, in bytes.
MEMORY_A_DAY, DATABASE_A_DAY = 5_000_000, 5_000_000
SHARE_OF_READS = 0.99
# One more of each at every tick is 3,600 in an hour.
A_LEAK = 2_000


@dataclass(slots=True)
class Run:
    """What was seen of all houses together."""

    hours: float
    tokens: int
    level: int
    tabs: bool = False
    samples: list[Sample] = field(default_factory=list[Sample])
    findings: list[str] = field(default_factory=list[str])
    growing: list[str] = field(default_factory=list[str])
    traced: list[str] = field(default_factory=list[str])
    reads: int = 0
    hits: int = 0
    heard: int = 0
    shown: int = 0
    placed: int = 0
    refused: int = 0
    by_bot: int = 0
    alerts: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    slowest_s: dict[str, float] = field(default_factory=dict[str, float])
    spent_s: dict[str, float] = field(default_factory=dict[str, float])


def judged(run: Run) -> list[str]:
    """What is wrong with the figures of a run."""
    found: list[str] = []
    if run.reads and run.hits / run.reads < SHARE_OF_READS:
        found.append(f"{run.hits} of {run.reads} reads were answered from the board")
    if not run.by_bot:
        found.append("the bot has done nothing")
    found += [f"grows: {what}" for what in run.growing]
    late = [each for each in run.samples if each.hour >= run.hours / 6]
    for name in ("tasks", "threads", "files"):
        counts = [getattr(each, name) for each in late]
        if counts and counts[-1] > counts[0] + 4:
            found.append(f"{name} went from {counts[0]} to {counts[-1]}")
    if run.hours >= 24:
        for name, bound in (("resident", MEMORY_A_DAY), ("database", DATABASE_A_DAY)):
            by = growth(run, name)
            if by > bound:
                found.append(f"{name} grows by {by / 1e6:.1f} MB a day, more than {bound / 1e6:.0f} MB")
    return found


def growth(run: Run, name: str) -> float:
    """The growth per day after twelve hours; of what a restart begins anew, in the last third."""
    since = 12.0 if name in ("database", "log") else run.hours * 2 / 3
    return slope([(each.hour, float(getattr(each, name))) for each in run.samples if each.hour >= since])


def table(each: Sample) -> str:
    """A sample as a line."""
    sizes = " ".join(f"{size / 1e6:8.2f}" for size in (each.resident, each.database, each.wal, each.log))
    rows = " ".join(f"{name}={each.rows.get(name, 0)}" for name in ("bars", "equity", "decisions", "trades", "alerts"))
    return f"{each.hour:5.1f} h {sizes} {each.objects:8d} {each.tasks:3d} {each.threads:3d} {each.files:3d}  {rows}"


def shown(run: Run) -> Iterator[str]:
    """The figures of a run as lines."""
    late = [each for each in run.samples if each.hour >= 12]
    yield f"{run.wall_s:.0f} s, of the processor {run.cpu_s:.0f} s: {run.cpu_s / run.hours / HOUR:.3%} of a core's time"
    yield f"resident {growth(run, 'resident') / 1e6:+.2f} MB a day"
    yield f"database {growth(run, 'database') / 1e6:+.2f} MB a day"
    yield f"objects {growth(run, 'objects'):+.0f} a day, log {growth(run, 'log') / 1e6:+.2f} MB a day (20 MB at most)"
    if late:
        year = in_a_year(late[0], late[-1], run.tokens, ACCOUNTS)
        yield f"the database after a year of this: {sum(year.values()) / 1e6:.0f} MB"
        for name, size in sorted(year.items(), key=lambda item: -item[1])[:8]:
            yield f"  {name}: {size / 1e6:.1f} MB, now {late[-1].rows[name]} rows, {late[-1].sizes[name] / 1e6:.2f} MB"
    yield f"reads from the board: {run.hits} of {run.reads}"
    yield f"orders of the person: {run.placed}, refused {run.refused}; of the bot: {run.by_bot}"
    yield f"alerts: {run.alerts}; events heard from the stream: {run.heard}, vars shown to tabs: {run.shown}"
    for name, spent in sorted(run.spent_s.items(), key=lambda item: -item[1]):
        yield f"  {name}: {spent:.1f} s, at most {run.slowest_s[name] * 1000:.0f} ms"
    yield from run.traced
    yield from (f"FOUND {sentence}" for sentence in run.findings)
    yield "nothing was found" if not run.findings else f"{len(run.findings)} findings"
