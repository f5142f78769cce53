"""The line to a source: over real HTTP against the double, within budget, counting every way it can go wrong."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from app.domain.registry import on_chain
from app.market.budget import per_minute, per_second
from app.market.coingecko import CoinGecko
from app.market.dexscreener import DexScreener
from app.market.line import Line, NoAnswer, retry_after
from app.market.source import Answer, Call, Card, Fault, PriceSource
from tests.clock import START, FakeClock
from tests.double import Double, Mischief, dead_port

TOKENS = on_chain(8453)


@pytest.fixture
def double() -> Iterator[Double]:
    with Double(hang_s=30) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as session:
        yield session


async def ask(line: Line, source: PriceSource) -> Answer:
    return await line.ask(source.plan(TOKENS)[0], source.parse)


async def fault_of(line: Line, source: PriceSource) -> Fault | None:
    with pytest.raises(NoAnswer) as caught:
        await ask(line, source)
    return caught.value.fault


async def test_an_answer_gives_readings_and_is_counted(double: Double, client: httpx.AsyncClient) -> None:
    source = CoinGecko(url=double.url("coingecko"))
    line = Line(source.card, client, FakeClock())
    answer = await ask(line, source)
    assert len(answer.readings) == len(TOKENS)
    assert (line.meter.requests, line.meter.errors, line.meter.last_success_at) == (1, 0, START)
    assert line.used() == [(1, 5, 60)]


@pytest.mark.parametrize(
    ("mischief", "fault"),
    [
        (Mischief.REFUSE, Fault.UNREACHABLE),
        (Mischief.SERVER_ERROR, Fault.HTTP),
        (Mischief.RATE_LIMITED, Fault.RATE_LIMITED),
        (Mischief.RATE_LIMITED_BARE, Fault.RATE_LIMITED),
        (Mischief.RATE_LIMITED_HTML, Fault.RATE_LIMITED),
        (Mischief.TRUNCATED, Fault.GARBLED),
        (Mischief.HTML, Fault.GARBLED),
        (Mischief.EMPTY, Fault.GARBLED),
        (Mischief.ERROR_INSIDE, Fault.REFUSED),
    ],
)
async def test_every_kind_of_fault_is_counted_as_what_it_is(
    double: Double, client: httpx.AsyncClient, mischief: Mischief, fault: Fault
) -> None:
    source = CoinGecko(url=double.url("coingecko"))
    line = Line(source.card, client, FakeClock())
    double.misbehave("coingecko", mischief)
    assert await fault_of(line, source) is fault
    assert line.meter.faults[fault] == 1
    assert line.meter.last_success_at is None
    assert line.meter.last_fault != ""


async def test_a_port_that_nobody_listens_on_is_unreachable(client: httpx.AsyncClient) -> None:
    with dead_port() as port:
        source = CoinGecko(url=f"http://127.0.0.1:{port}")
        assert await fault_of(Line(source.card, client, FakeClock()), source) is Fault.UNREACHABLE


async def test_retry_after_is_obeyed_and_no_call_is_made_before(double: Double, client: httpx.AsyncClient) -> None:
    clock, source = FakeClock(), DexScreener(url=double.url("dexscreener"))
    line = Line(source.card, client, clock)
    double.misbehave("dexscreener", Mischief.RATE_LIMITED)
    assert await fault_of(line, source) is Fault.RATE_LIMITED
    double.behave("dexscreener")
    clock.advance(6.9)
    assert await fault_of(line, source) is None
    assert len(double.requests("dexscreener")) == 1
    clock.advance(0.2)
    assert (await ask(line, source)).readings


async def test_after_three_faults_the_source_rests_and_then_is_asked_once(
    double: Double, client: httpx.AsyncClient
) -> None:
    clock, source = FakeClock(), DexScreener(url=double.url("dexscreener"))
    line = Line(source.card, client, clock, rest=30)
    double.misbehave("dexscreener", Mischief.SERVER_ERROR)
    for _ in range(5):
        await fault_of(line, source)
    assert len(double.requests("dexscreener")) == 3
    clock.advance(30)
    double.behave("dexscreener")
    assert (await ask(line, source)).readings
    assert line.breaker.state(clock.mono) == "closed"


class Clerk(ThreadingHTTPServer):
    """A provider on loopback that answers everything with one status and one body."""

    def __init__(self, status: int, body: str) -> None:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: a test has no log of its own."""

        super().__init__(("127.0.0.1", 0), Answer)


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    """The URL of such a provider."""
    with Clerk(status, body) as clerk:
        thread = Thread(target=clerk.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{clerk.server_port}"
        finally:
            clerk.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "tokens", "fault"),
    [
        (400, '{"code":4008,"message":"route not found"}', 1, Fault.ABSENT),
        (400, '{"code":4011,"message":"token not found"}', 1, Fault.ABSENT),
        (404, '{"error":"No routes found with enough liquidity"}', 1, Fault.ABSENT),
        (422, '{"message":"No eligible pools found"}', 1, Fault.ABSENT),
        (404, '{"error":"NotFound"}', 1, Fault.ABSENT),
        (400, '{"error":"Validation failed: amount"}', 1, Fault.HTTP),
        (400, '{"error":"page not found"}', 1, Fault.HTTP),
        (400, '{"message":"route not found"}', 2, Fault.HTTP),
        (500, '{"message":"route not found"}', 1, Fault.HTTP),
    ],
)
async def test_a_source_that_knows_no_way_is_well_and_does_not_rest(
    client: httpx.AsyncClient, status: int, body: str, tokens: int, fault: Fault
) -> None:
    with answering(status, body) as url:
        clock = FakeClock()
        line = Line(Card("c", "c", "c", 0, (url,), (per_second(9),)), client, clock)
        for _ in range(3):
            with pytest.raises(NoAnswer) as caught:
                await line.ask(Call("/", "route", TOKENS[:tokens]), lambda payload, _call, _at: payload)
            assert caught.value.fault is fault
        assert line.breaker.permits(clock.mono) is (fault is Fault.ABSENT)


async def test_a_call_over_budget_waits_a_little_and_is_given_up_where_the_wait_is_long(
    double: Double, client: httpx.AsyncClient
) -> None:
    clock = FakeClock()
    url = double.url("coinbase")
    call = Call("/products/ETH-USD/ticker", "ticker")

    def read(payload: object, call: Call, at: datetime) -> object:
        return payload

    quick = Line(Card("c", "c", "c", 0, (url,), (per_second(2),)), client, clock)
    for _ in range(4):
        await quick.ask(call, read)
    assert sum(clock.slept) == pytest.approx(1.25)
    slow = Line(Card("c", "c", "c", 0, (url,), (per_minute(1),)), client, clock)
    await slow.ask(call, read)
    with pytest.raises(NoAnswer):
        await slow.ask(call, read)
    assert slow.meter.requests == 1


async def test_after_a_fault_the_next_address_is_asked(double: Double, client: httpx.AsyncClient) -> None:
    with dead_port() as port:
        urls = (f"http://127.0.0.1:{port}", double.url("coinbase"))
        line = Line(Card("c", "c", "c", 0, urls, (per_second(9),)), client, FakeClock())
        call = Call("/products/ETH-USD/ticker", "ticker")
        with pytest.raises(NoAnswer):
            await line.ask(call, lambda payload, _call, _at: payload)
        assert await line.ask(call, lambda payload, _call, _at: payload)


async def test_a_key_stands_in_no_log_line_and_no_repr(
    double: Double, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    source = CoinGecko("secret-key-123", "demo", url=double.url("coingecko"))
    line = Line(source.card, client, FakeClock())
    double.misbehave("coingecko", Mischief.SERVER_ERROR)
    await fault_of(line, source)
    assert "source=coingecko" in caplog.text
    assert "secret-key-123" not in caplog.text + repr(source) + repr(source.card) + repr(source.plan(TOKENS))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("0", 0.0),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("999999999999", 86_400.0),
        ("Mon, 02 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 02 Nov 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, START) == seconds


async def test_every_call_is_tallied_as_answered_or_by_its_fault_and_what_is_not_made_is_not(
    double: Double, client: httpx.AsyncClient
) -> None:
    source = CoinGecko(url=double.url("coingecko"))
    line = Line(source.card, client, FakeClock())
    await ask(line, source)
    for mischief in (Mischief.REFUSE, Mischief.SERVER_ERROR, Mischief.RATE_LIMITED):
        double.misbehave("coingecko", mischief)
        await fault_of(line, source)
    assert await fault_of(line, source) is None
    tally = line.meter.tally
    assert tally.outcomes == {"ok": 1, "unreachable": 1, "http": 1, "rate_limited": 1}
    assert (sum(tally.outcomes.values()), tally.seconds.count) == (line.meter.requests, 3)
