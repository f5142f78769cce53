"""The feed as a view: its service level, how every source is doing, and what the board serves without a call."""

import reflex as rx

from app.runtime.house import current
from app.runtime.poller import SourceStatus
from app.trading.bell import Topic
from app.ui import format as fmt
from app.ui.state import promises
from app.ui.state.view import View, put


class FeedState(rx.State):
    """`rows` are the sources; `facts` are label and value of what the whole feed has done since the start. The rest is
    its service level."""

    rows: list[dict[str, str | int]] = []
    facts: list[list[str]] = []
    targets: list[dict[str, str]] = []
    together: str = ""
    outages: list[dict[str, str]] = []
    breakers: list[dict[str, str]] = []
    fail_overs: list[dict[str, str]] = []
    since: str = ""
    asked: bool = False

    @rx.event
    async def load(self):
        await show(self)


async def show(state: rx.State) -> None:
    house = current()
    if house is None:
        return
    report = await house.uptime.report()
    statuses = house.feed.statuses()
    if house.probing:
        statuses = [*statuses, *house.probing.statuses()]
    reads, calls = house.board.reads, sum(status.requests for status in statuses)
    total = reads.hits + reads.misses
    known = {source.name: source for source in report.sources}
    put(
        state,
        targets=promises.targets(report.scores),
        together=promises.together(report.scores),
        outages=promises.happened(report.outages, report.seen_at),
        breakers=promises.breakers(report),
        fail_overs=promises.passed(report.fail_overs, report),
        since=promises.since(report),
        rows=[_row(status, promises.share(known.get(status.name))) for status in statuses],
        facts=[
            ["Prices read from the board", f"{total:,}"],
            ["answered without a call", f"{100 * reads.hits / total:.1f} %" if total else fmt.NOTHING],
            ["read before there was a price", f"{reads.misses:,}"],
            ["Calls made to sources", f"{calls:,}"],
        ],
        asked=True,
    )


def _row(status: SourceStatus, error_share: str) -> dict[str, str | int]:
    used, limit, window = status.budget[0] if status.budget else (0, 0, 0)
    return {
        "title": status.title,
        "state": status.state,
        "at": fmt.millis(status.last_success_at),
        "live_ms": round(max(30.0, 2 * status.poll_seconds) * 1000),
        "latency": f"{_ms(status.latency_p50_ms)} / {_ms(status.latency_p95_ms)}",
        "requests": f"{status.requests:,}",
        "errors": f"{status.errors:,}",
        "error_share": error_share,
        "limited": f"{status.rate_limited:,}",
        "budget": f"{used:,} of {limit:,} {_in(window)}" if limit else "none needed",
        "share": round(100 * used / limit) if limit else 0,
        "breaker": status.breaker.replace("_", " "),
        "served": f"{status.hits:,} of {status.reads:,}",
        "hit_rate": f"{100 * status.hits / status.reads:.1f} %" if status.reads else fmt.NOTHING,
        "every": f"every {status.poll_seconds:.0f} s",
        "fault": promises.in_words(status.last_fault),
        "attribution": status.attribution,
    }


def _ms(value: int | None) -> str:
    return f"{value} ms" if value is not None else fmt.NOTHING


def _in(window: int) -> str:
    return f"in {fmt.duration(window)}"


VIEW = View(FeedState, show, frozenset({Topic.FEED}), "/feed")
