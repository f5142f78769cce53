"""The metrics: those of the contract, told in full, moved by what happens and by nothing else, and never back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from app.api.exposition import Exposition
from app.domain.orders import Origin
from app.domain.registry import on_chain
from app.domain.session import Session
from app.domain.tickets import Asked
from app.domain.tokens import Token
from app.runtime.house import House, settle_in
from app.runtime.live import LiveFeed
from app.runtime.sessions import new_session
from app.store.watchlist import WatchedToken
from tests.api.ledger import fresh, pit_of
from tests.api.scrapes import at, fallen, families, scrape, scraped, total
from tests.clock import FakeClock
from tests.double import Double, Mischief
from tests.runtime.bots import ground_of
from tests.runtime.houses import WETH, go_on

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The contract's, with the labels that its section 5 gives them.
CONTRACT: dict[str, tuple[str, set[str]]] = {
    "drydock_source_requests_total": ("counter", {"source", "outcome"}),
    "drydock_source_latency_seconds": ("histogram", {"source"}),
    "drydock_price_age_seconds": ("gauge", {"token"}),
    "drydock_price_reads_total": ("counter", {"result"}),
    "drydock_tick_to_push_seconds": ("histogram", set()),
    "drydock_orders_total": ("counter", {"origin", "outcome"}),
    "drydock_order_seconds": ("histogram", set()),
    "drydock_decisions_total": ("counter", {"level", "verdict"}),
    "drydock_position_updates_total": ("counter", set()),
    "drydock_browser_tabs": ("gauge", set()),
    "drydock_ledger_residual_usd": ("gauge", set()),
    "drydock_alerts_total": ("counter", {"kind"}),
}


@dataclass(frozen=True)
class Stream:
    """As the exposition sees the stream."""

    listened_to: int
    dropped: Mapping[str, int]


async def exposed() -> dict[str, tuple[str, set[str]]]:
    """Kind and labels of everything that is told, by its name in the contract."""
    found = await families()
    kinds = {name + "_total" * (family.type == "counter"): family for name, family in found.items()}
    return {
        name: (family.type, {label for sample in family.samples for label in sample.labels} - {"le"})
        for name, family in kinds.items()
    }


async def place(house: House, origin: Origin = Origin.HAND, **fields: Any) -> None:
    await pit_of(house).desk.place(Asked(fresh(), "buy", **fields), "WETH", origin)


# -- what is told


async def test_the_contracts_names_are_all_there_with_their_kinds_and_labels(live: House) -> None:
    live.gauges.browser_tabs = 0
    live.gauges.decisions[5, "BUY"] += 1
    found = await exposed()
    assert {name: found.get(name) for name in CONTRACT} == CONTRACT


async def test_the_page_about_them_lists_what_is_told_and_nothing_else(live: House) -> None:
    live.gauges.decisions[5, "BUY"] += 1
    live.gauges.browser_tabs = 0
    text = Path(__file__).parents[2].joinpath("docs/metrics.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+?)(?:\{([\w,]+)\})?` \| (\w+) \| [^|]+ \| [^|]+ \|$", text, re.M)
    listed = {name: (kind, set(labels.split(",")) if labels else set[str]()) for name, labels, kind in rows}
    assert listed == await exposed()


async def test_a_trailing_slash_is_the_same_and_openmetrics_is_told_to_whoever_reads_it(demo: House) -> None:
    plain, slash = await scrape(), await scrape("/metrics/")
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert slash.status_code == 200
    answer = await scrape(accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert {"drydock_orders", "drydock_build"} <= {family.name for family in openmetrics(answer.text)}


@pytest.mark.parametrize(
    "accept",
    ["text/plain; version=abc", "application/openmetrics-text; version=..", "*/*;q=x,,;", "a" * 5000, "text/plain;=;="],
)
async def test_whoever_asks_for_what_there_is_not_is_told_plain_text(demo: House, accept: str) -> None:
    answer = await scrape(accept=accept)
    assert (answer.status_code, answer.headers["content-type"][:10]) == (200, "text/plain")


async def test_before_the_desk_stands_it_is_not_open() -> None:
    settle_in(None)
    answer = await scrape()
    assert (answer.status_code, answer.json()["code"]) == (503, "not_open")


async def test_what_is_not_known_is_absent(demo: House) -> None:
    pit, demo.pit = pit_of(demo), None
    demo.gauges.browser_tabs = None
    unpriced = Token(8453, "0x" + "9" * 40, "NOPRICE", "No price", 18)
    demo.floor.watchlist.add(WatchedToken(unpriced))
    try:
        names = {name for name, _ in await scraped()}
        tokens = {dict(labels).get("token") for _, labels in await scraped()}
    finally:
        demo.pit = pit
        demo.floor.watchlist.remove(unpriced.key)
    assert not {"drydock_browser_tabs", "drydock_ledger_residual_usd"} & names
    assert "WETH" in tokens and "NOPRICE" not in tokens


async def test_tokens_that_share_a_symbol_are_told_apart_by_their_addresses(demo: House) -> None:
    other = Token(8453, "0x" + "8" * 40, "link", "Another link", 18)
    demo.floor.watchlist.add(WatchedToken(other))
    link = next(token for token in on_chain(8453) if token.symbol == "LINK")
    found = await scraped()
    ages = {dict(labels)["token"] for name, labels in found if name == "drydock_price_age_seconds"}
    demo.floor.watchlist.remove(other.key)
    assert ages == {"WETH", f"LINK {link.address}"}
    assert ("drydock_price_age_seconds", frozenset({("token", "LINK")})) in await scraped()


async def test_no_key_and_no_address_of_a_source_is_told(live: House, double: Double) -> None:
    text = (await scrape()).text
    assert "alchemy" in text
    assert not {part for part in ("key-of-a-test", "http:", "127.0.0.1", str(double.url("alchemy"))) if part in text}


# -- what moves them


async def test_a_scrape_changes_nothing(live: House) -> None:
    first, second = await scraped(), await scraped()
    ours = {key: value for key, value in first.items() if key[0].startswith("drydock_")}
    assert ours and {key: second[key] for key in ours} == ours


async def test_every_call_to_a_source_is_counted_by_how_it_went(live: House, clock: FakeClock, double: Double) -> None:
    assert isinstance(live.feed, LiveFeed)
    before = await scraped()
    double.misbehave("dexscreener", Mischief.SERVER_ERROR)
    double.forget_requests()
    await go_on(live, clock, 31)
    double.behave()
    after = await scraped()
    for source in ("dexscreener", "coinbase"):
        calls = [total(each, "source_requests_total", source=source) for each in (before, after)]
        answers = [at(each, "source_latency_seconds_count", source=source) for each in (before, after)]
        assert calls[1] - calls[0] == answers[1] - answers[0] == len(double.requests(source)) > 0
    failed = [at(each, "source_requests_total", source="dexscreener", outcome="http") for each in (before, after)]
    assert failed[0] < failed[1] and at(after, "source_requests_total", source="coinbase", outcome="ok") > 0
    used = at(after, "source_budget_used_ratio", source="dexscreener", window_seconds="60")
    assert 0 < used <= 1 and ("drydock_source_breaker_open", frozenset({("source", "kraken")})) in after


async def test_a_price_grows_old_until_the_next(live: House, clock: FakeClock) -> None:
    young = at(await scraped(), "price_age_seconds", token="WETH")
    clock.advance(7)
    assert at(await scraped(), "price_age_seconds", token="WETH") == young + 7


async def test_reads_are_hits_or_misses(demo: House) -> None:
    before = await scraped()
    demo.price(WETH)
    demo.price(Token(8453, "0x" + "7" * 40, "NONE", "None", 18))
    after = await scraped()
    for result in ("hit", "miss"):
        assert at(after, "price_reads_total", result=result) - at(before, "price_reads_total", result=result) == 1


async def test_orders_count_by_who_asked_and_what_they_came_to(demo: House) -> None:
    before = await scraped()
    await place(demo, amount_usd="100")
    await place(demo, Origin.API, amount_usd="1e9")
    await place(demo, type="limit", amount_usd="50", limit_price="1")
    after = await scraped()
    moved = {
        tuple(sorted(value for _, value in labels)): value - before[name, labels]
        for (name, labels), value in after.items()
        if name == "drydock_orders_total" and value != before[name, labels]
    }
    assert moved == {("filled", "hand"): 1, ("api", "refused"): 1, ("hand", "open"): 1}
    assert at(after, "order_seconds_count") - at(before, "order_seconds_count") == 3
    assert at(after, "position_updates_total") > at(before, "position_updates_total")
    assert after["drydock_ledger_residual_usd", frozenset()] == 0


async def test_what_else_the_house_keeps_is_told_as_it_stands(demo: House) -> None:
    gauges = demo.gauges
    before = await scraped()
    gauges.tick_to_push.see(0.02)
    gauges.browser_tabs = 3
    demo.alarms.webhook.failed += 2
    demo.bell.ring()
    after = await scraped()
    buckets = [at(each, "tick_to_push_seconds_bucket", le="0.025") for each in (before, after)]
    assert buckets[1] - buckets[0] == 1 == at(after, "tick_to_push_seconds_bucket", le="0.01") + 1
    assert at(after, "browser_tabs") == 3
    posts = [at(after, "webhook_posts_total", outcome=outcome) for outcome in ("delivered", "failed", "dropped")]
    assert posts == [0, 2, 0]
    assert at(after, "bell_rings_total") - at(before, "bell_rings_total") == 1
    assert {dict(labels)["kind"] for name, labels in after if name == "drydock_alerts_total"} >= {"feed_down"}


@pytest.mark.parametrize(("readers", "told"), [(3, [3.0]), (0, [0.0]), (None, [])])
async def test_readers_of_the_stream_are_counted_where_there_is_one(
    demo: House, readers: int | None, told: list[float]
) -> None:
    stream = None if readers is None else Stream(readers, {})
    found = {family.name: family for family in Exposition(lambda: stream).collect()}
    assert [sample.value for sample in found["drydock_stream_readers"].samples] == told


async def test_nothing_goes_back_when_the_session_or_the_market_is_switched(tmp_path: Path) -> None:
    clock = FakeClock()
    async with ground_of(tmp_path, clock) as ground:
        house = ground.house
        await ground.begin()
        await ground.think()
        first = await scraped()
        assert (
            total(first, "decisions_total") >= 10 == len({key for key in first if key[0].endswith("decisions_total")})
        )
        assert at(first, "orders_total", origin="bot", outcome="filled") == 1
        assert house.gauges.decisions == pit_of(house).bot.journal.counts
        switched = await new_session(house, name="Next", starting_balance=Decimal(500))
        second = await scraped()
        assert isinstance(switched, Session) and fallen(first, second) == []
        assert total(second, "decisions_total") == total(first, "decisions_total")
        await new_session(house, market="demo", chain_id=1)
        house.price(WETH)
        third = await scraped()
        assert fallen(second, third) == []
        assert total(third, "price_reads_total") > total(second, "price_reads_total")


async def test_a_fall_would_be_seen() -> None:
    key = ("drydock_bell_rings_total", frozenset[tuple[str, str]]())
    assert fallen({key: 2.0}, {key: 1.0}) == fallen({key: 2.0}, {}) == ["drydock_bell_rings_total{}"]
