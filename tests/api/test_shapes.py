"""Answers are what the document says they are: the fields, in their order, spelled as they would be read back."""

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from app.api import alerts, answers, bot_answers, logs, shapes
from app.runtime.house import House
from tests.api.calls import call_of, calls
from tests.api.ledger import asked, fresh, got, placed, previewed

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLS = [
    ("/account", answers.AccountShape),
    ("/positions?status=all", list[answers.PositionShape]),
    ("/trades", answers.TradePage),
    ("/trades?limit=1", answers.TradePage),
    ("/orders", answers.OrderPage),
    ("/orders?limit=1", answers.OrderPage),
    ("/equity", answers.EquityPage),
    ("/performance", answers.PerformanceShape),
    ("/audit", answers.AuditShape),
    ("/sessions", answers.SessionPage),
    ("/sessions/s1", answers.ReportShape),
    ("/sessions/compare?a=s1&b=s1", answers.ComparisonShape),
    ("/health", shapes.Health),
    ("/prices", list[shapes.PriceShape]),
    ("/prices/WETH", shapes.PriceShape),
    ("/prices/WETH/bars", list[shapes.BarShape]),
    ("/tokens", list[shapes.TokenShape]),
    ("/sources", list[shapes.SourceShape]),
    ("/bot", bot_answers.BotShape),
    ("/levels", list[bot_answers.LevelShape]),
    ("/decisions", bot_answers.DecisionPage),
    ("/decisions?limit=1", bot_answers.DecisionPage),
    ("/decisions/d1", bot_answers.DecisionInFull),
    ("/logs", logs.LogPage),
    ("/alerts", alerts.AlertPage),
]
# An order is looked up where it was placed; what is no JSON, or a session whole, has its own tests.
ELSEWHERE = {
    *("/api/orders/{order_id}", "/api/sessions/{session_id}/export", "/api/trades.csv", "/api/stream", "/metrics"),
}


async def busy(house: House) -> None:
    """Something of every kind."""
    await placed(amount_usd="300")
    await placed(amount_usd="100", token="LINK")
    await placed(token="LINK", side="sell", share_pct="100")
    await placed(type="limit", limit_price="9", quantity="0.5", expires_at="2030-01-01T00:00:00Z")
    await asked("PATCH", "/positions/WETH", {"stop_loss": "1000", "trailing_pct": "5"})
    await house.mark()
    await house.think()


def is_as(shape: Any, answer: Any) -> None:
    """Read by the shape and written again, it is the same text: no field more or less, no number spelled otherwise."""
    adapter: TypeAdapter[Any] = TypeAdapter(shape)
    written = adapter.dump_json(adapter.validate_python(answer)).decode()
    assert written == json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


async def test_every_read_of_the_document_is_held_against_its_shape() -> None:
    read = {path for method, path in calls() if method == "GET"}
    assert {call_of("GET", path)[1] for path, _ in CALLS} == read - ELSEWHERE


@pytest.mark.parametrize(("path", "shape"), CALLS)
async def test_an_answer_is_what_the_document_says(demo: House, path: str, shape: Any) -> None:
    await busy(demo)
    is_as(shape, await got(path))


async def test_answers_to_orders_are_what_the_document_says(demo: House) -> None:
    is_as(answers.PreviewShape, await previewed(amount_usd="50"))
    is_as(answers.PlacedShape, await placed(amount_usd="50"))
    resting = await placed(type="limit", limit_price="9", amount_usd="50")
    is_as(answers.PlacedShape, resting)
    path = f"/orders/{resting['order']['order_id']}"
    is_as(answers.OrderShape, await got(path))
    is_as(answers.OrderShape, (await asked("DELETE", path)).json())
    is_as(answers.PositionShape, (await asked("PATCH", "/positions/WETH", {"stop_loss": "900"})).json())
    is_as(list[answers.OutcomeShape], (await asked("POST", "/flatten", {"order_id": fresh()})).json())


async def test_the_document_shows_the_shape_of_every_answer(demo: House) -> None:
    document = await got("/openapi.json")
    shown = {
        reference.rpartition("/")[2]
        for calls in document["paths"].values()
        for call in calls.values()
        for status, answer in call["responses"].items()
        if status.startswith("2")
        for reference in re.findall(r"#/components/schemas/\w+", json.dumps(answer))
    }
    assert {shape.__name__ for _, shape in CALLS if isinstance(shape, type) and issubclass(shape, BaseModel)} <= shown
    assert {"PreviewShape", "PlacedShape", "OrderShape", "OutcomeShape", "PositionShape", "SessionShape"} <= shown
    bodies = json.dumps([call.get("requestBody") for calls in document["paths"].values() for call in calls.values()])
    for form in ("OrderForm", "OfferForm", "PreviewForm", "ExitsForm", "FlattenForm", "SessionForm"):
        assert f"/{form}" in bodies


@pytest.mark.parametrize("path", [path for path, _ in CALLS])
async def test_a_trailing_slash_makes_no_difference(demo: House, path: str) -> None:
    bare, _, query = path.partition("?")
    assert await got(f"{bare}/?{query}") == await got(path)
