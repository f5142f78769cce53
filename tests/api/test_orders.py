"""Orders over REST: previewed for nothing, placed once, looked up and cancelled."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import uvicorn

from app.runtime.house import House
from tests.api.doors import door
from tests.api.ledger import asked, fresh, got, kept, pit_of, placed, pools, previewed, refused, unchanged
from tests.clock import FakeClock

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINK = "0x88Fb150BDc53A65fe94Dea0c9BA0a6dAf8C6e196"


@pytest.mark.parametrize(
    "body",
    [
        {"side": "buy", "amount_usd": "250"},
        {"side": "buy", "amount_usd": 250, "slippage_bps": 10},
        {"side": "buy", "quantity": "0.05"},
        {"side": "buy", "share_pct": "100"},
        {"side": "buy", "amount_usd": "0.5"},
        {"side": "sell", "share_pct": 50},
        {"side": "sell", "quantity": "1000"},
        {"side": "buy", "quantity": "1000000"},
        {"side": "buy", "token": LINK, "amount_usd": "20"},
    ],
)
async def test_a_preview_changes_nothing_at_all(demo: House, body: dict[str, Any]) -> None:
    await placed(amount_usd="100")
    async with unchanged(demo):
        for _ in range(3):
            await asked("POST", "/orders/preview", {"token": "WETH"} | body)


async def test_a_preview_says_what_is_paid_what_is_received_and_what_it_costs(demo: House, clock: FakeClock) -> None:
    seen = await previewed(amount_usd="1000")
    assert (seen["pay"]["asset"], seen["receive"]["asset"]) == ("USDC", "WETH")
    received = Decimal(seen["receive"]["amount"])
    assert Decimal(seen["minimum_received"]) == pytest.approx(received * Decimal("0.995"), rel=Decimal("1e-9"))
    assert Decimal(seen["value"]) / received == pytest.approx(Decimal(seen["price"]))
    parts = (Decimal(seen["value"]), -received * Decimal(seen["mid_price"]), -Decimal(seen["fee_usd"]))
    assert sum(parts) == pytest.approx(Decimal(seen["impact_usd"]), abs=Decimal("1e-9"))
    assert Decimal(seen["break_even_pct"]) > Decimal(seen["total_cost_bps"]) / 100 > 0
    assert seen["grade"] == "C"
    assert seen["warnings"] == ["Reckoned from the pool's reserves and fee, not asked of the chain."]
    until = clock.utc + timedelta(seconds=10)
    assert seen["expires_at"] == until.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_a_preview_that_is_taken_is_filled_as_it_said(demo: House) -> None:
    offer, order_id = await previewed(amount_usd="300"), fresh()
    answer = await asked("POST", "/orders", {"order_id": order_id, "quote_id": offer["quote_id"]})
    assert answer.status_code == 201
    order, trade = answer.json()["order"], answer.json()["trade"]
    assert (order["order_id"], order["status"], order["trade_id"]) == (order_id, "filled", trade["id"])
    assert (trade["quantity"], trade["price"]) == (offer["receive"]["amount"], offer["price"])
    assert (trade["fee_usd"], trade["gas_usd"]) == (offer["fee_usd"], offer["gas_usd"])


async def test_a_pool_that_gives_less_than_the_minimum_reverts_and_costs_only_gas(demo: House) -> None:
    offer, before = await previewed(amount_usd="300"), pit_of(demo).account
    async with pools(demo, gives="0.99"):
        answer = await asked("POST", "/orders", {"order_id": fresh(), "quote_id": offer["quote_id"]})
    after = pit_of(demo).account
    assert (answer.status_code, answer.json()["order"]["status"]) == (201, "reverted")
    assert answer.json()["trade"]["status"] == "reverted"
    assert before.cash - after.cash == Decimal(answer.json()["trade"]["gas_usd"]) > 0
    assert after.positions == before.positions


@pytest.mark.parametrize("number", ["25", 25, 25.0])
async def test_numbers_may_be_text_or_json_numbers(demo: House, number: object) -> None:
    assert (await placed(amount_usd=number))["order"]["amount_usd"] == "25"


async def test_the_same_order_again_is_answered_with_the_first(demo: House) -> None:
    body = {"order_id": fresh(), "token": "WETH", "side": "buy", "amount_usd": "40.5"}
    first = await asked("POST", "/orders", body)
    async with unchanged(demo):
        again = await asked("POST", "/orders/", body | {"amount_usd": 40.5})
        refusal = await asked("POST", "/orders", body | {"amount_usd": "41"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert refused(refusal) == (409, "order_id_reused")


@asynccontextmanager
async def on_loopback() -> AsyncIterator[str]:
    """The door behind a real server; its address."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        config = uvicorn.Config(door(), log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@pytest.mark.parametrize("kind", ["order", "offer"])
async def test_ten_simultaneous_identical_orders_give_one_trade(demo: House, kind: str) -> None:
    body: dict[str, Any] = {"order_id": fresh(), "token": "LINK", "side": "buy", "amount_usd": "60"}
    if kind == "offer":
        body = {"order_id": body["order_id"], "quote_id": (await previewed(amount_usd="60"))["quote_id"]}
    before = pit_of(demo).account
    async with on_loopback() as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        answers = await asyncio.gather(*(client.post("/api/orders", json=body) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.text for answer in answers}) == 1
    rows, account, _ = kept(demo)
    assert account.version == before.version + 1
    assert [len([row for row in rows[name] if body["order_id"] in row]) for name in ("orders", "trades")] == [1, 1]


async def test_a_limit_order_rests_until_it_is_cancelled(demo: House) -> None:
    before = pit_of(demo).account
    taken = await placed(type="limit", limit_price="1500.5", amount_usd="100", expires_at="2026-12-24T18:00:00+02:00")
    order = taken["order"]
    assert taken["trade"] is None
    assert (order["status"], order["limit_price"], order["type"]) == ("open", "1500.5", "limit")
    assert order["expires_at"] == "2026-12-24T16:00:00.000Z"
    assert await got(f"/orders/{order['order_id']}") == order
    assert order in (await got("/orders?status=open"))["items"]
    cancelled = (await asked("DELETE", f"/orders/{order['order_id']}")).json()
    assert cancelled["status"] == "cancelled"
    assert cancelled in (await got("/orders?status=cancelled"))["items"]
    async with unchanged(demo):
        assert (await asked("DELETE", f"/orders/{order['order_id']}")).status_code == 409
    assert pit_of(demo).account == before


@pytest.mark.parametrize("order_id", ["/", "u/v", "x/", ".", "..", "bot-7", "flat-7"])
async def test_an_id_that_no_url_can_name_or_that_is_the_desks_own_is_refused_with_a_sentence(
    demo: House, order_id: str
) -> None:
    async with unchanged(demo):
        body = {"order_id": order_id, "token": "WETH", "side": "buy", "amount_usd": "10"}
        assert refused(await asked("POST", "/orders", body)) == (422, "bad_order_id")
        if not order_id.endswith("-7"):
            assert refused(await asked("POST", "/flatten", {"order_id": order_id})) == (422, "bad_order_id")


@pytest.mark.parametrize("order_id", ["...", "a b", "50%", "what?", "#1", "%2F", "a.b", "\\", "preview", "ß+&=;,:@"])
async def test_every_id_that_is_taken_can_be_read_and_cancelled(demo: House, order_id: str) -> None:
    order = (await placed(order_id=order_id, type="limit", limit_price="9", amount_usd="9"))["order"]
    path = f"/orders/{quote(order_id, safe='')}"
    assert await got(path) == order
    assert (await asked("DELETE", path)).json()["status"] == "cancelled"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("name", ["nothing", "x" * 5000, "%00", "%F0%9F%9A%A2", "1"])
async def test_an_order_that_nobody_placed_is_not_found(demo: House, method: str, name: str) -> None:
    assert refused(await asked(method, f"/orders/{name}")) == (404, "unknown_order")


async def test_orders_come_newest_first_a_page_at_a_time(demo: House) -> None:
    names = [(await placed(type="limit", limit_price="9", amount_usd="9"))["order"]["order_id"] for _ in range(5)]
    found: list[str] = []
    cursor = ""
    while len(found) < 5:
        page = await got(f"/orders?limit=2&cursor={cursor}")
        found += [order["order_id"] for order in page["items"]]
        cursor = page["next_cursor"]
    assert found[:5] == names[::-1]
    for name in names:
        await asked("DELETE", f"/orders/{name}")


async def test_the_last_page_has_no_cursor(demo: House) -> None:
    assert (await got("/orders?limit=500"))["next_cursor"] is None


@pytest.mark.parametrize("path", ["orders", "trades", "equity", "sessions"])
@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "limit=-1", "cursor=x", "cursor=0", "cursor=-1", "cursor=1.5",
     "cursor=%D9%A3", f"cursor={'9' * 19}", "cursor=1%00", "cursor=s1-2"],
)  # fmt: skip
async def test_a_limit_or_a_cursor_that_is_none_is_malformed(demo: House, path: str, query: str) -> None:
    answer = await asked("GET", f"/{path}?{query}")
    assert refused(answer) == (422, "malformed")
    assert query.partition("=")[0] in answer.json()["detail"]


@pytest.mark.parametrize("path", ["orders", "trades", "equity", "sessions"])
async def test_an_empty_cursor_is_the_first_page(demo: House, path: str) -> None:
    assert await got(f"/{path}?cursor=") == await got(f"/{path}")
    assert (await got(f"/{path}?cursor=1"))["items"] == []


async def test_a_caller_who_hangs_up_does_not_undo_an_order(demo: House) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def gate() -> None:
        begun.set()
        await go_on.wait()

    body = {"order_id": fresh(), "token": "WETH", "side": "buy", "amount_usd": "30"}
    async with pools(demo, gate=gate):
        call = asyncio.create_task(asked("POST", "/orders", body))
        await begun.wait()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        go_on.set()
        await pit_of(demo).desk.quiet()
    again = await asked("POST", "/orders", body)
    assert (again.status_code, again.json()["order"]["status"]) == (200, "filled")
