"""The stream over real sockets: heard, resumed, left, hung up on, ended; and what the document says of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from app.api.application import application
from app.api.cable import Cable
from app.runtime.house import House
from app.store.decisions import log_decisions
from tests.api.ledger import got, pit_of, placed
from tests.api.listeners import QUICK, Event, Station, of, on_air, small
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, go_on, opened_house, until
from tests.store.drawn_decisions import a_decision

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def station(demo: House) -> AsyncIterator[Station]:
    async with on_air(Cable(demo)) as found:
        yield found


async def test_a_reader_hears_all_as_it_is_and_then_what_changes(
    demo: House, station: Station, clock: FakeClock
) -> None:
    async with station.listener() as reader:
        assert reader.answer.headers["content-type"].startswith("text/event-stream")
        assert reader.answer.headers["cache-control"] == "no-store"
        assert reader.answer.headers["x-content-type-options"] == "nosniff"
        first = await reader.until("health")
        assert [event.data for event in first if event.event == "price"] == await got("/prices")
        await go_on(demo, clock, 1)
        assert of(await reader.until("price", "LINK", count=2), "price") == ["WETH", "LINK"] * 2
        trade = (await placed(amount_usd="25"))["trade"]
        assert (await reader.until("trade"))[-1].data == trade


async def test_a_line_that_breaks_again_and_again_loses_nothing_and_repeats_nothing(
    demo: House, station: Station
) -> None:
    made: list[str] = []
    heard: list[Event] = []
    async with station.listener() as reader:
        seen = (await reader.until("health"))[-1].id
    for _ in range(4):
        made += [(await placed(amount_usd="20"))["trade"]["id"] for _ in range(3)]
        async with station.listener(seen) as reader:
            made.append((await placed(amount_usd="20"))["trade"]["id"])
            heard += await reader.until("trade", made[-1])
            seen = heard[-1].id
    assert of(heard, "trade") == made
    assert len({event.id for event in heard}) == len(heard)


async def test_after_a_restart_the_trades_and_decisions_since_are_told_and_then_all_as_it_is(
    tmp_path: Path, clock: FakeClock
) -> None:
    settings = settings_of(tmp_path, market="demo", watchlist="WETH")
    async with opened_house(settings, clock) as house, on_air(Cable(house)) as station:
        async with station.listener() as reader:
            await reader.until("health")
            first = (await placed(amount_usd="30"))["trade"]["id"]
            seen = (await reader.until("trade", first))[-1].id
        missed = [(await placed(amount_usd="30"))["trade"]["id"]]
        session_id = pit_of(house).session.id
        decided = log_decisions(house.store, [a_decision(session_id, clock.utc, WETH)])[0].id
    async with opened_house(settings, clock) as house, on_air(Cable(house)) as station:
        missed += [(await placed(amount_usd="30"))["trade"]["id"]]
        async with station.listener(seen) as reader:
            back = await reader.until("health")
            assert (of(back, "trade"), of(back, "decision"), of(back, "gap")) == (missed, [decided], [])
            assert of(back, "price", "position") == ["WETH", "WETH"]
            news = (await placed(amount_usd="30"))["trade"]["id"]
            assert of(await reader.until("trade", news), "trade") == [*missed, news]


async def test_who_hangs_up_is_let_go_of(station: Station) -> None:
    for _ in range(3):
        async with station.listener() as reader:
            await reader.until("health")
            assert station.cable.listened_to == 1
        await until(lambda: station.cable.listened_to == 0)


async def test_who_takes_nothing_is_hung_up_on_and_the_others_hear_on(demo: House, clock: FakeClock) -> None:
    async with on_air(Cable(demo, small(keep_alive_s=15.0, patience_s=0.5, bytes=50_000_000))) as station:
        with socket.create_connection(("127.0.0.1", station.port)) as stuck:
            stuck.sendall(f"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:{station.port}\r\n\r\n".encode())
            # From the first byte on he hears.
            assert await asyncio.to_thread(stuck.recv, 1) == b"H"
            for _ in range(60):
                # Together far more than a socket holds.
                station.cable.cry(b": padding\n" * 50_000 + b"\n")
            async with station.listener() as reader:
                await reader.until("health")
                await until(lambda: station.cable.listened_to == 1)
                await go_on(demo, clock, 1)
                assert of(await reader.until("price", "LINK", count=2), "dropped") == []


async def test_a_server_that_ends_tells_its_readers_and_waits_for_none_of_them(demo: House) -> None:
    async with on_air(Cable(demo)) as station, station.listener() as one, station.listener() as other:
        await one.until("health")
        await other.until("health")
        station.server.should_exit = True
        assert of(await one.to_the_end(), "dropped") == of(await other.to_the_end(), "dropped") == ["closing"]
        await until(lambda: not station.server.server_state.tasks)


async def test_one_too_many_is_told_so_by_a_problem(demo: House) -> None:
    async with (
        on_air(Cable(demo, small(readers=0))) as station,
        httpx.AsyncClient(base_url=station.url, trust_env=False, verify=False) as client,
    ):
        answer = await client.get("/api/stream")
    assert (answer.status_code, answer.json()["code"]) == (503, "too_many_readers")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_reader_in_silence_is_sent_comments(demo: House) -> None:
    async with on_air(Cable(demo, QUICK)) as station, station.listener() as reader:
        text, sent = "", reader.answer.aiter_text()
        async with asyncio.timeout(10):
            while text.count(": ping\n\n") < 3:
                text += await anext(sent)
    assert text.startswith("retry: 2000\n\n")


async def test_a_page_of_another_origin_hears_nothing(station: Station) -> None:
    async with httpx.AsyncClient(base_url=station.url, trust_env=False, verify=False) as client:
        answer = await client.get("/api/stream", headers={"origin": "http://evil.example"})
    assert (answer.status_code, station.cable.listened_to) == (403, 0)


async def test_the_document_tells_of_the_events() -> None:
    call = application().openapi()["paths"]["/api/stream"]["get"]
    assert list(call["responses"]["200"]["content"]) == ["text/event-stream"]
    assert all(f"`{kind}`" in call["description"] for kind in ("price", "trade", "gap", "dropped"))
