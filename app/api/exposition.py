"""The exposition: what the house has counted, as families of Prometheus; known values only, read without a trace."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from app.api.readers import ENDS
from app.domain.alerts import AlertKind
from app.domain.buckets import Buckets
from app.domain.orders import OrderState, Origin
from app.market.webhook import Webhook
from app.runtime.house import House, current
from app.runtime.release import release
from app.runtime.sessions import pollers_of
from app.store.watchlist import WatchedToken
from app.trading.watchlist import Watchlist, board_key

Labelled = Iterable[tuple[Sequence[str], float]]


class Stream(Protocol):
    """How many listen, and how many were dropped, by why."""

    @property
    def listened_to(self) -> int: ...

    @property
    def dropped(self) -> Mapping[str, int]: ...


class Exposition(Collector):
    """The house of this process whenever it is asked; nothing before it stands. `stream` finds the stream, None where
    there is none."""

    def __init__(self, stream: Callable[[], Stream | None]) -> None:
        self._stream = stream
        self._build = InfoMetricFamily("drydock_build", "The version that runs.", {"version": release()})

    def collect(self) -> Iterator[Metric]:
        """All families. One without a value has its name and meaning only."""
        house = current()
        if house is None:
            return
        house.gauges.follow(house.board, pollers_of(house))
        yield from _of_sources(house)
        yield from _of_prices(house)
        yield from _of_trading(house)
        yield from _of_the_house(house)
        yield from _of_the_stream(self._stream())
        yield self._build


def _of_sources(house: House) -> Iterator[Metric]:
    tallies = house.gauges.sources
    yield _counter(
        "drydock_source_requests",
        "Calls to a source that are over, by how they went: ok, or the fault.",
        ("source", "outcome"),
        (((name, outcome), n) for name, tally in tallies.items() for outcome, n in tally.outcomes.items()),
    )
    yield _histogram(
        "drydock_source_latency_seconds",
        "Seconds from a call to its answer, of the calls that were answered.",
        {name: tally.seconds for name, tally in tallies.items()},
    )
    pollers, instant = pollers_of(house), house.clock.instant()
    yield _gauge(
        "drydock_source_breaker_open",
        "1 while a source is not asked because of its faults, else 0.",
        ("source",),
        (((poller.name,), not poller.line.breaker.permits(instant.mono)) for poller in pollers),
    )
    yield _gauge(
        "drydock_source_budget_used_ratio",
        "The share of a source's budget that is used, by the seconds of the window it is for.",
        ("source", "window_seconds"),
        (
            ((poller.name, str(window)), used / allowed)
            for poller in pollers
            for used, allowed, window in poller.line.used()
        ),
    )


def _of_prices(house: House) -> Iterator[Metric]:
    gauges = house.gauges
    yield _gauge(
        "drydock_price_age_seconds",
        "The age of a watched token's price, on the market's clock.",
        ("token",),
        _ages(house),
    )
    yield _counter(
        "drydock_price_reads",
        "Prices read from the board: hit where there was one, miss where there was none. None of them is a call.",
        ("result",),
        ((("hit",), gauges.reads.hits), (("miss",), gauges.reads.misses)),
    )
    yield _histogram(
        "drydock_tick_to_push_seconds",
        "Seconds from a tick until it was sent to all the browser tabs that it had something new for.",
        gauges.tick_to_push,
    )
    yield _gauge("drydock_browser_tabs", "Browser tabs that are connected.", (), _known(gauges.browser_tabs))


def _of_trading(house: House) -> Iterator[Metric]:
    gauges, orders = house.gauges, house.gauges.blotter.orders
    yield _counter(
        "drydock_orders",
        "Orders by who asked and what became of them; one that rests is open first, and counts again by how it ends.",
        ("origin", "outcome"),
        (((origin, state), orders[origin, state]) for origin in Origin for state in OrderState),
    )
    yield _histogram("drydock_order_seconds", "Seconds from asking for an order to the answer.", gauges.blotter.seconds)
    yield _counter(
        "drydock_decisions",
        "Decisions that were logged, by the level that made them and its verdict.",
        ("level", "verdict"),
        (((str(level), verdict), n) for (level, verdict), n in sorted(gauges.decisions.items())),
    )
    yield _counter(
        "drydock_position_updates",
        "How often a position's shown value was changed by a price or a trade.",
        (),
        [((), gauges.position_updates)],
    )
    yield _gauge(
        "drydock_ledger_residual_usd",
        "By how many US dollars the session's books fail to balance; 0, or there is a bug.",
        (),
        _known(float(house.pit.account.residual) if house.pit else None),
    )


def _of_the_house(house: House) -> Iterator[Metric]:
    alarms = house.alarms
    yield _counter(
        "drydock_alerts", "Alerts that were raised.", ("kind",), (((kind,), alarms.counts[kind]) for kind in AlertKind)
    )
    yield from _of_the_webhook(alarms.webhook)
    yield _gauge("drydock_alerts_standing", "Alerts whose reason lasts.", (), [((), len(alarms.standing))])
    yield _gauge(
        "drydock_trouble",
        "1 while the database cannot be written or the market could not be opened, else 0.",
        (),
        [((), bool(house.trouble))],
    )
    yield _counter("drydock_bell_rings", "How often the desk told its faces of news.", (), [((), house.bell.event_seq)])


def _of_the_stream(stream: Stream | None) -> Iterator[Metric]:
    listening = stream.listened_to if stream else None
    yield _gauge("drydock_stream_readers", "Programs that listen to the stream.", (), _known(listening))
    yield _counter(
        "drydock_stream_dropped",
        "Readers of the stream that were let go of, by why.",
        ("code",),
        (((code,), stream.dropped.get(code, 0) if stream else 0) for code in ENDS),
    )


def _of_the_webhook(webhook: Webhook) -> Iterator[Metric]:
    yield _counter(
        "drydock_webhook_posts",
        "Alerts for the webhook, by what became of them.",
        ("outcome",),
        [(("delivered",), webhook.delivered), (("failed",), webhook.failed), (("dropped",), webhook.dropped)],
    )


def _known(value: float | None) -> Labelled:
    return [] if value is None else [((), value)]


def _ages(house: House) -> Iterator[tuple[Sequence[str], float]]:
    now = house.feed.now()
    for name, entry in _named(house.floor.watchlist):
        key = board_key(entry.token)
        age_s = house.board.peek(key).age_s(now) if key else None
        if age_s is not None:
            yield (name,), age_s


def _named(watchlist: Watchlist) -> Iterator[tuple[str, WatchedToken]]:
    """Entries by their symbols; those that share one by symbol and address."""
    entries = list(watchlist)
    symbols = [entry.token.symbol.lower() for entry in entries]
    for entry, symbol in zip(entries, symbols, strict=True):
        token = entry.token
        yield token.symbol if symbols.count(symbol) == 1 else f"{token.symbol} {token.address}", entry


def _counter(name: str, what: str, labels: Sequence[str], counts: Labelled) -> Metric:
    family = CounterMetricFamily(name, what, labels=labels)
    for values, count in counts:
        family.add_metric(values, count)
    return family


def _gauge(name: str, what: str, labels: Sequence[str], values: Labelled) -> Metric:
    family = GaugeMetricFamily(name, what, labels=labels)
    for of, value in values:
        family.add_metric(of, value)
    return family


def _histogram(name: str, what: str, seen: Buckets | Mapping[str, Buckets]) -> Metric:
    """Of one thing, or of several sources by their names."""
    one = isinstance(seen, Buckets)
    family = HistogramMetricFamily(name, what, labels=() if one else ("source",))
    for values, buckets in [((), seen)] if one else [((source,), each) for source, each in seen.items()]:
        steps = [(floatToGoString(bound), float(count)) for bound, count in buckets.cumulative()]
        family.add_metric(values, steps, buckets.total)
    return family
