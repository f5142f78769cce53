"""Whatever is asked, in whatever way: never an error of ours, and what is refused is a problem in JSON."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.runtime.house import House
from tests.api.calls import calls, document
from tests.api.doors import caller

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = [
    *("prices", "tokens", "health", "sources", "bars", "WETH", "", ".", "..", "openapi.json", "docs", "%2e", "%00"),
    *("account", "positions", "trades", "trades.csv", "orders", "preview", "flatten", "sessions", "compare", "s1"),
    *("audit", "equity", "performance", "export", "bot", "level", "config", "levels", "decisions", "d1", "logs"),
    *("alerts", "stream", "metrics"),
]
PARAMETERS = [
    *("limit", "interval", "cursor", "status", "symbol", "side", "origin", "since", "until", "session", "a", "b"),
    *("token", "verdict", "level", "first_failed", "tag", "q", "If-None-Match", "kind", "standing", "Last-Event-ID"),
]
METHODS = st.sampled_from(["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"])
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
SEGMENTS = st.lists(st.one_of(st.sampled_from(WORDS), TEXT.map(lambda text: quote(text, safe=""))), max_size=4)
NAMES = st.one_of(
    st.sampled_from(PARAMETERS),
    TEXT,
)
VALUES = st.one_of(st.sampled_from(["1m", "1h", "500", "0"]), st.integers().map(str), st.floats().map(str), TEXT)
QUERIES = st.lists(st.tuples(NAMES, VALUES), max_size=3)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=8)
OF_AN_ORDER = [
    *("order_id", "quote_id", "token", "side", "amount_usd", "quantity", "share_pct", "type", "limit_price"),
    *("stop_price", "trail_pct", "slippage_bps", "expires_at", "stop_loss", "take_profit", "trailing_pct"),
]
FIELDS = [
    *OF_AN_ORDER,
    *("address", "name", "note", "starting_balance", "market", "chain_id", "action", "level", "bar", "max_trade_usd"),
    *("daily_loss_pct", "max_trades_per_day", "allow", "block", "min_liquidity_usd", "max_slippage_bps"),
]
# Nothing of this is a size that can be traded.
SAID = [
    "WETH",
    "pause",
    3,
    ["LINK"],
    "buy",
    "sell",
    "market",
    "limit",
    "trailing_stop",
    "1e-999",
    "1e999",
    "-0",
    "0.0",
    "NaN",
    "5000000",
]
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.one_of(LEAVES, st.just("0x" + "0" * 40)).map(lambda value: json.dumps({"address": value}).encode()),
    st.dictionaries(st.sampled_from(FIELDS), st.one_of(LEAVES, st.sampled_from(SAID))).map(
        lambda value: json.dumps(value).encode()
    ),
)
TYPES = st.sampled_from(
    ["application/json", "text/plain", "multipart/form-data", "application/json; charset=utf-16", "a/b/c"]
)


@given(METHODS, SEGMENTS, QUERIES, BODIES, TYPES)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_request_is_answered_with_an_error_of_ours(
    demo: House, method: str, segments: list[str], query: list[tuple[str, str]], body: bytes, kind: str
) -> None:
    path = "/api/" + "/".join(segments)
    content: dict[str, Any] = {"content": body, "headers": {"content-type": kind}} if method != "HEAD" else {}
    async with caller(params=query) as client:
        answer = await client.request(method, path, **content)
    assert answer.status_code < 500
    if answer.status_code >= 400 and method != "HEAD":
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["code"]
        assert problem["detail"]
    assert len(demo.floor.watchlist) == 2


async def test_every_word_of_the_document_is_among_the_words() -> None:
    words = {word for _, path in calls() for word in path.split("/") if word and "{" not in word} - {"api"}
    assert words <= set(WORDS)
    named = {
        item["name"]
        for part in document()["paths"].values()
        for call in part.values()
        for item in call.get("parameters", ())
        if item["in"] != "path"
    }
    assert named <= set(PARAMETERS)
    forms = [schema for name, schema in document()["components"]["schemas"].items() if name.endswith(("Form", "Asked"))]
    assert {field for form in forms for field in form["properties"]} <= set(FIELDS)


ORDERS = st.fixed_dictionaries(
    {"token": st.sampled_from(["WETH", "weth", "NOPE"]), "side": st.sampled_from(["buy", "sell", "?"])},
    optional={
        name: st.one_of(st.integers(), st.floats(), st.decimals().map(str), st.sampled_from(SAID), LEAVES)
        for name in OF_AN_ORDER
        if name not in ("quote_id", "token", "side")
    },
)


@given(ORDERS, st.sampled_from(["orders", "orders/preview"]), st.sampled_from([*"abcdef", None]))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_ordered_the_books_balance_and_only_what_is_acknowledged_is_in_them(
    demo: House, body: dict[str, Any], path: str, order_id: str | None
) -> None:
    assert demo.pit is not None
    before = demo.pit.account
    sent = json.dumps(body | ({"order_id": order_id} if order_id and "order_id" not in body else {}))
    async with caller() as client:
        answer = await client.post(f"/api/{path}", content=sent, headers={"content-type": "application/json"})
    assert answer.status_code < 500, answer.text
    after = demo.pit.account
    traded = path == "orders" and answer.status_code == 201 and answer.json()["trade"] is not None
    assert after.version == before.version + traded
    assert after == before or traded
    assert after.residual == 0
