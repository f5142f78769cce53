"""What bad input gets: one sentence, a stable code, and a ledger that is as it was."""

from decimal import Decimal
from typing import Any

import pytest

from app.api.door import STATUSES
from app.domain.refusal import Refusal
from app.runtime.house import House, settle_in
from tests.api.calls import call_of, calls
from tests.api.ledger import ELSEWHERE, asked, fresh, got, pit_of, placed, pools, previewed, refused, unchanged
from tests.clock import FakeClock

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZED: list[tuple[dict[str, Any], int, str]] = [
    ({"amount_usd": "0"}, 422, "not_positive"),
    ({"amount_usd": "-5"}, 422, "not_positive"),
    ({"amount_usd": -5}, 422, "not_positive"),
    ({"amount_usd": "NaN"}, 422, "not_a_number"),
    ({"amount_usd": float("nan")}, 422, "not_a_number"),
    ({"amount_usd": float("inf")}, 422, "not_a_number"),
    ({"amount_usd": "Infinity"}, 422, "not_a_number"),
    ({"amount_usd": "1,000"}, 422, "not_a_number"),
    ({"amount_usd": " 5"}, 422, "not_a_number"),
    ({"amount_usd": ""}, 422, "not_a_number"),
    ({"amount_usd": "٣"}, 422, "not_a_number"),
    ({"amount_usd": "5" * 100_000}, 422, "not_a_number"),
    ({"amount_usd": 10**400}, 422, "not_a_number"),
    ({"amount_usd": "1e13"}, 422, "too_large"),
    ({"amount_usd": 1e300}, 422, "too_large"),
    ({"amount_usd": "1e-999"}, 422, "too_many_digits"),
    ({"amount_usd": "10.1234567"}, 422, "too_many_digits"),
    ({"amount_usd": "0.99"}, 409, "too_small"),
    ({"amount_usd": "20000"}, 409, "not_enough_cash"),
    ({"amount_usd": True}, 422, "malformed"),
    ({"amount_usd": ["5"]}, 422, "malformed"),
    ({"amount_usd": {"usd": 5}}, 422, "malformed"),
    ({"quantity": "0"}, 422, "not_positive"),
    ({"quantity": "0.1234567890123456789"}, 422, "too_many_digits"),
    ({"quantity": "1e31"}, 422, "too_large"),
    ({"quantity": "1e25"}, 409, "beyond_liquidity"),
    ({"share_pct": "100.1"}, 422, "too_large"),
    ({"share_pct": "0"}, 422, "not_positive"),
    ({"share_pct": "50", "side": "sell", "token": "LINK"}, 409, "not_held"),
    ({"quantity": "5", "side": "sell", "token": "LINK"}, 409, "not_held"),
    ({"quantity": "5000", "side": "sell"}, 409, "not_held"),
    ({}, 422, "bad_size"),
    ({"amount_usd": None}, 422, "bad_size"),
    ({"amount_usd": "5", "quantity": "5"}, 422, "bad_size"),
    ({"amount_usd": "5", "side": "hold"}, 422, "bad_side"),
    ({"amount_usd": "5", "side": "BUY"}, 422, "bad_side"),
    ({"amount_usd": "5", "side": None}, 422, "malformed"),
    ({"amount_usd": "5", "token": "NOPE"}, 404, "unknown_token"),
    ({"amount_usd": "5", "token": ""}, 404, "unknown_token"),
    ({"amount_usd": "5", "token": "x" * 100_000}, 404, "unknown_token"),
    ({"amount_usd": "5", "token": "0x" + "1" * 40}, 404, "unknown_token"),
    ({"amount_usd": "5", "token": ELSEWHERE}, 404, "unknown_token"),
    ({"amount_usd": "5", "token": 5}, 422, "malformed"),
    ({"amount_usd": "5", "slippage_bps": "-1"}, 422, "not_positive"),
    ({"amount_usd": "5", "slippage_bps": "5001"}, 422, "too_large"),
    ({"amount_usd": "5", "slippage_bps": "much"}, 422, "not_a_number"),
    ({"amount_usd": "5", "tolerance": "1"}, 422, "malformed"),
]


@pytest.mark.parametrize("path", ["/orders", "/orders/preview"])
@pytest.mark.parametrize(("body", "status", "code"), SIZED)
async def test_an_order_that_cannot_be_is_refused_and_changes_nothing(
    demo: House, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    if not pit_of(demo).account.open_positions:
        await placed(amount_usd="100")
    wanted = {"token": "WETH", "side": "buy"} | body | ({"order_id": fresh()} if path == "/orders" else {})
    async with unchanged(demo):
        assert refused(await asked("POST", path, wanted)) == (status, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type": "stop"}, "bad_type"),
        ({"type": ""}, "bad_type"),
        ({"type": None}, "malformed"),
        ({"type": "limit"}, "bad_prices"),
        ({"type": "limit", "stop_price": "5"}, "bad_prices"),
        ({"type": "limit", "limit_price": "5", "trail_pct": "5"}, "bad_prices"),
        ({"limit_price": "5"}, "bad_prices"),
        ({"type": "limit", "limit_price": "0"}, "not_a_price"),
        ({"type": "limit", "limit_price": "-1"}, "not_a_price"),
        ({"type": "limit", "limit_price": 1e12}, "not_a_price"),
        ({"type": "stop_loss", "stop_price": "5"}, "bad_side"),
        ({"type": "trailing_stop", "side": "sell", "trail_pct": "99.5"}, "too_large"),
        ({"expires_at": "2026-11-02T11:59:59Z"}, "expired"),
        ({"expires_at": "2026-11-02T13:00:00"}, "bad_expiry"),
        ({"expires_at": "soon"}, "malformed"),
        ({"expires_at": 1793620800}, "malformed"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, "malformed"),
        ({"order_id": ""}, "bad_order_id"),
        ({"order_id": "x" * 101}, "bad_order_id"),
        ({"order_id": "a\u0000b"}, "bad_order_id"),
        ({"order_id": "a\nb"}, "bad_order_id"),
        ({"order_id": None}, "malformed"),
        ({"order_id": 7}, "malformed"),
        ({"quote_id": "x"}, "malformed"),
    ],
)
async def test_the_rest_of_an_order_is_judged_too(demo: House, body: dict[str, Any], code: str) -> None:
    wanted = {"order_id": fresh(), "token": "WETH", "side": "buy", "amount_usd": "5"} | body
    async with unchanged(demo):
        assert refused(await asked("POST", "/orders", wanted)) == (422, code)


async def test_the_gas_of_leaving_is_kept_back(demo: House) -> None:
    gas, cash = Decimal((await previewed(amount_usd="100"))["gas_usd"]), pit_of(demo).account.cash
    body = {"order_id": fresh(), "token": "WETH", "side": "buy"}
    async with unchanged(demo):
        answer = await asked("POST", "/orders", body | {"amount_usd": f"{cash - gas * 2:.6f}"})
    assert refused(answer) == (409, "gas_kept_back")


@pytest.mark.parametrize("quote_id", ["x", "", "a.b", "é", "x" * 100_000, "\u0000"])
async def test_a_quote_that_the_desk_did_not_make_is_refused(demo: House, quote_id: str) -> None:
    async with unchanged(demo):
        answer = await asked("POST", "/orders", {"order_id": fresh(), "quote_id": quote_id})
    assert refused(answer) == (409, "unknown_quote")


async def test_a_quote_whose_id_was_changed_is_refused(demo: House) -> None:
    quote_id = (await previewed(amount_usd="50"))["quote_id"]
    async with unchanged(demo):
        answer = await asked("POST", "/orders", {"order_id": fresh(), "quote_id": f"{quote_id[:-3]}AAA"})
    assert refused(answer) == (409, "unknown_quote")


async def test_a_quote_lives_ten_seconds(demo: House, clock: FakeClock) -> None:
    offers = [(await previewed(amount_usd="50"))["quote_id"] for _ in range(2)]
    clock.advance(9)
    assert (await asked("POST", "/orders", {"order_id": fresh(), "quote_id": offers[0]})).status_code == 201
    clock.advance(1)
    async with unchanged(demo):
        answer = await asked("POST", "/orders", {"order_id": fresh(), "quote_id": offers[1]})
    assert refused(answer) == (409, "quote_expired")


async def test_an_order_id_is_used_once_for_ever(demo: House) -> None:
    taken = (await placed(amount_usd="20"))["order"]["order_id"]
    offer = (await previewed(amount_usd="20"))["quote_id"]
    async with unchanged(demo):
        for body in (
            {"token": "WETH", "side": "buy", "amount_usd": "21"},
            {"token": "LINK", "side": "buy", "amount_usd": "20"},
            {"token": "WETH", "side": "buy", "amount_usd": "20", "slippage_bps": "1"},
            {"quote_id": offer},
        ):
            answer = await asked("POST", "/orders", {"order_id": taken} | body)
            assert refused(answer) == (409, "order_id_reused")


async def test_a_refusal_leaves_its_id_free(demo: House) -> None:
    body = {"order_id": fresh(), "token": "WETH", "side": "buy", "amount_usd": "20000"}
    assert refused(await asked("POST", "/orders", body)) == (409, "not_enough_cash")
    assert (await asked("POST", "/orders", body | {"amount_usd": "20"})).status_code == 201


WORLD = [
    ("rpc_unreachable", 503),
    ("wrong_chain", 503),
    ("quote_failed", 503),
    ("no_pool", 409),
    ("beyond_liquidity", 409),
]


@pytest.mark.parametrize(("code", "status"), WORLD)
async def test_a_market_that_does_not_quote_fills_nothing(demo: House, code: str, status: int) -> None:
    offer = (await previewed(amount_usd="20"))["quote_id"]
    order = {"token": "WETH", "side": "buy", "amount_usd": "20"}
    async with pools(demo, refusal=Refusal(code, "The world failed.")), unchanged(demo):
        for path, body in (
            ("/orders/preview", order),
            ("/orders", order | {"order_id": fresh()}),
            ("/orders", {"order_id": fresh(), "quote_id": offer}),
        ):
            answer = await asked("POST", path, body)
            assert refused(answer) == (status, code)
            assert answer.json()["detail"] == "The world failed."


async def test_a_node_that_lags_behind_fills_nothing(demo: House) -> None:
    async with pools(demo, block_age_s=61), unchanged(demo):
        for path, more in (("/orders/preview", {}), ("/orders", {"order_id": fresh()})):
            answer = await asked("POST", path, {"token": "WETH", "side": "buy", "amount_usd": "20"} | more)
            assert refused(answer) == (503, "node_lagging")


async def test_impact_is_warned_of_and_refused_above_15_percent(demo: House) -> None:
    async with pools(demo, gives="0.97"):
        assert any("moves the price by 3." in warning for warning in (await previewed(amount_usd="100"))["warnings"])
    async with pools(demo, gives="0.8"), unchanged(demo):
        body = {"order_id": fresh(), "token": "WETH", "side": "buy", "amount_usd": "100"}
        assert refused(await asked("POST", "/orders", body)) == (409, "impact_too_high")


async def test_a_price_that_has_grown_old_trades_nothing(demo: House, clock: FakeClock) -> None:
    offer = (await previewed(amount_usd="20"))["quote_id"]
    clock.advance(400)
    demo.board.settle(clock.utc)
    body = {"order_id": fresh(), "token": "WETH", "side": "buy", "amount_usd": "20"}
    async with unchanged(demo):
        assert refused(await asked("POST", "/orders", body)) == (409, "price_not_live")
        assert refused(await asked("POST", "/orders", {"order_id": fresh(), "quote_id": offer})) == (
            409,
            "quote_expired",
        )
    demo.ring()
    assert Decimal((await got("/account"))["residual"]) == 0


PATHS = [
    ("GET", "account"), ("GET", "positions"), ("PATCH", "positions/WETH"), ("GET", "trades"), ("GET", "trades.csv"),
    ("POST", "orders/preview"), ("POST", "orders"), ("GET", "orders"), ("GET", "orders/x"), ("DELETE", "orders/x"),
    ("POST", "flatten"), ("GET", "audit"), ("GET", "equity"), ("GET", "performance"),
    ("GET", "bot"), ("POST", "bot"), ("PUT", "bot/level"), ("PUT", "bot/config"), ("GET", "levels"),
    ("GET", "decisions"),
]  # fmt: skip
# What needs no session at work: the market, the archive, and how the desk is.
ANYTIME = [
    ("GET", "health"), ("GET", "prices"), ("GET", "prices/WETH"), ("GET", "prices/WETH/bars"), ("GET", "sources"),
    ("GET", "tokens"), ("POST", "tokens"), ("DELETE", "tokens/0x0"), ("GET", "decisions/d1"), ("GET", "logs"),
    ("GET", "alerts"), ("GET", "stream"),
    ("GET", "sessions"), ("POST", "sessions"), ("GET", "sessions/s1"), ("GET", "sessions/s1/export"),
    ("GET", "sessions/compare"),
]  # fmt: skip
BODIES = {
    "positions/WETH": {"stop_loss": "5"},
    "orders/preview": {"token": "WETH", "side": "buy", "amount_usd": "20"},
    "orders": {"order_id": "early", "token": "WETH", "side": "buy", "amount_usd": "20"},
    "flatten": {"order_id": "early"},
    "bot": {"action": "start"},
    "bot/level": {"level": 3},
    "bot/config": {"bar": "1m"},
}


async def test_every_call_of_the_document_is_asked_early_or_can_be_at_any_time() -> None:
    assert {call_of(*each) for each in PATHS + ANYTIME} == calls() - {("GET", "/metrics")}


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("stage", ["no house", "no session"])
async def test_while_the_desk_opens_nothing_is_traded(demo: House, method: str, path: str, stage: str) -> None:
    pit, body = demo.pit, BODIES.get(path) if method != "GET" else None
    if stage == "no house":
        settle_in(None)
    demo.pit = None
    try:
        assert refused(await asked(method, f"/{path}", body)) == (503, "not_open")
    finally:
        demo.pit = pit


async def test_what_the_desk_decides_is_a_conflict_unless_the_table_says_otherwise() -> None:
    assert set(STATUSES.values()) == {404, 422, 503}
    decided = {"too_small", "not_held", "not_enough_cash", "gas_kept_back", "quote_expired", "foreign_quote"}
    decided |= {"unknown_quote", "order_id_reused", "pool_off_market", "impact_too_high", "price_not_live"}
    decided |= {"watch_only", "is_the_cash", "no_pool", "beyond_liquidity", "not_open"}
    assert not decided & STATUSES.keys()
