"""The account over REST: its figures, its positions and their exits, and flattening."""

from decimal import Decimal
from typing import Any

import pytest

from app.domain.refusal import Refusal
from app.runtime.house import House
from tests.api.ledger import ELSEWHERE, asked, fresh, got, pit_of, placed, pools, refused, unchanged

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_equity_is_the_deposit_with_what_was_gained_less_gas(demo: House) -> None:
    await placed(amount_usd="500")
    await placed(side="sell", share_pct="40")
    account = await got("/account")
    start, realized, unrealized = (
        Decimal(account[name]) for name in ("starting_balance", "realized_pnl", "unrealized_pnl")
    )
    assert Decimal(account["equity"]) == start + realized + unrealized - Decimal(account["costs"]["gas"])
    assert Decimal(account["equity"]) == Decimal(account["cash"]) + Decimal(account["positions_value"])
    assert (account["residual"], account["stale_value_pct"]) == ("0", "0")
    assert (account["market"], account["chain_id"], account["starting_balance"]) == ("demo", 8453, "10000")
    assert all(Decimal(account["costs"][name]) > 0 for name in ("gas", "fees", "impact"))
    assert Decimal(account["return_pct"]) == pytest.approx((Decimal(account["equity"]) / start - 1) * 100)


async def test_an_open_position_is_worth_its_quantity_at_the_price(demo: House) -> None:
    await placed(amount_usd="100")
    (position,) = await got("/positions")
    price = await got("/prices/WETH")
    quantity = Decimal(position["quantity"])
    assert (position["symbol"], position["token_address"]) == ("WETH", price["token_address"])
    assert (position["current_price"], position["price_state"]) == (price["price"], "live")
    assert (position["price_source"], position["price_age_s"]) == ("demo", 0)
    assert Decimal(position["value"]) == pytest.approx(quantity * Decimal(price["price"]))
    cost = quantity * Decimal(position["average_entry_price"])
    assert Decimal(position["unrealized_pnl"]) == pytest.approx(Decimal(position["value"]) - cost, abs=Decimal("1e-9"))
    assert (position["closed_at"], position["stop_loss"]) == (None, None)
    assert await got("/positions?status=open") == [position]


async def test_a_position_that_was_sold_out_is_among_the_closed_ones(demo: House) -> None:
    await placed(token="LINK", amount_usd="80")
    before = len(await got("/positions?status=closed"))
    sold = await placed(token="LINK", side="sell", share_pct="100")
    closed = await got("/positions?status=closed")
    assert len(closed) == before + 1
    assert (closed[0]["symbol"], closed[0]["quantity"], closed[0]["value"]) == ("LINK", "0", "0")
    assert closed[0]["closed_at"] == sold["trade"]["at"]
    assert closed[0]["realized_pnl"] == sold["trade"]["realized_pnl"]
    assert await got("/positions?status=all") == await got("/positions") + closed


@pytest.mark.parametrize("query", ["status=gone", "status=", "status=OPEN"])
async def test_positions_have_three_states(demo: House, query: str) -> None:
    assert refused(await asked("GET", f"/positions?{query}")) == (422, "malformed")


def exits(position: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(position[name] for name in ("stop_loss", "take_profit", "trailing_pct"))


async def test_only_the_exits_that_are_named_change_and_null_clears(demo: House) -> None:
    await placed(amount_usd="100")
    steps: list[tuple[dict[str, Any], tuple[Any, ...]]] = [
        ({"stop_loss": "2000", "take_profit": 4000}, ("2000", "4000", None)),
        ({"trailing_pct": "7.5"}, ("2000", "4000", "7.5")),
        ({"stop_loss": None}, (None, "4000", "7.5")),
        ({}, (None, "4000", "7.5")),
        ({"take_profit": None, "trailing_pct": None}, (None, None, None)),
    ]
    for body, then in steps:
        answer = await asked("PATCH", "/positions/weth", body)
        assert (answer.status_code, exits(answer.json())) == (200, then)
        assert exits((await got("/positions"))[0]) == then
    assert (await got("/orders?status=open"))["items"] == []


async def test_exits_cancel_each_other_and_are_orders(demo: House) -> None:
    await placed(amount_usd="100")
    await asked("PATCH", "/positions/WETH", {"stop_loss": "2000", "take_profit": "4000"})
    resting = (await got("/orders?status=open"))["items"]
    assert {order["type"] for order in resting} == {"stop_loss", "take_profit"}
    assert len({order["oco_id"] for order in resting}) == 1
    await placed(side="sell", share_pct="100")
    assert (await got("/orders?status=open"))["items"] == []
    await placed(amount_usd="100")


@pytest.mark.parametrize(
    ("token", "body", "status", "code"),
    [
        ("WETH", {"stop_loss": "0"}, 422, "not_a_price"),
        ("WETH", {"stop_loss": "-5"}, 422, "not_a_price"),
        ("WETH", {"stop_loss": "NaN"}, 422, "not_a_price"),
        ("WETH", {"stop_loss": "1e12"}, 422, "not_a_price"),
        ("WETH", {"stop_loss": "9000"}, 409, "stop_above_price"),
        ("WETH", {"take_profit": "9"}, 409, "target_below_price"),
        ("WETH", {"trailing_pct": "0"}, 422, "not_positive"),
        ("WETH", {"trailing_pct": "100"}, 422, "too_large"),
        ("WETH", {"stop_loss": True}, 422, "malformed"),
        ("WETH", {"stop_loss": ["2000"]}, 422, "malformed"),
        ("WETH", {"stop_los": "2000"}, 422, "malformed"),
        ("WETH", None, 422, "malformed"),
        ("LINK", {"stop_loss": "1"}, 409, "not_held"),
        ("LINK", {}, 409, "not_held"),
        ("NOPE", {"stop_loss": "1"}, 404, "unknown_token"),
        (ELSEWHERE, {"stop_loss": "1"}, 404, "unknown_token"),
    ],
)
async def test_exits_that_cannot_be_are_refused_and_change_nothing(
    demo: House, token: str, body: Any, status: int, code: str
) -> None:
    await placed(amount_usd="20")
    async with unchanged(demo):
        assert refused(await asked("PATCH", f"/positions/{token}", body)) == (status, code)


async def test_what_is_wrong_with_an_exit_is_said_by_the_name_that_it_has_in_the_call(demo: House) -> None:
    await placed(amount_usd="20")
    answer = await asked("PATCH", "/positions/WETH", {"trailing_pct": "100"})
    assert answer.json()["detail"] == "trailing_pct is at most 99."


async def test_flattening_sells_everything_and_a_repeat_sells_nothing_more(demo: House) -> None:
    await placed(amount_usd="100")
    await placed(token="LINK", amount_usd="100")
    body = {"order_id": fresh()}
    first = await asked("POST", "/flatten", body)
    assert first.status_code == 200
    assert {outcome["token"] for outcome in first.json()} == {"WETH", "LINK"}
    for outcome in first.json():
        assert (outcome["order"]["status"], outcome["trade"]["side"], outcome["code"]) == ("filled", "sell", None)
    assert await got("/positions") == []
    await placed(amount_usd="100")
    async with unchanged(demo):
        again = await asked("POST", "/flatten/", body)
    assert (again.status_code, again.json()) == (200, first.json())


async def test_a_position_that_cannot_be_sold_says_why_among_the_others(demo: House) -> None:
    await placed(amount_usd="100")
    before = pit_of(demo).account
    async with pools(demo, refusal=Refusal("quote_failed", "The node answered nonsense.")):
        answer = await asked("POST", "/flatten", {"order_id": fresh()})
    (outcome,) = answer.json()
    assert (outcome["token"], outcome["order"], outcome["trade"]) == ("WETH", None, None)
    assert (outcome["code"], outcome["detail"]) == ("quote_failed", "The node answered nonsense.")
    assert pit_of(demo).account == before


async def test_flattening_nothing_is_an_empty_list(demo: House) -> None:
    await asked("POST", "/flatten", {"order_id": fresh()})
    assert (await asked("POST", "/flatten", {"order_id": fresh()})).json() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "malformed"), ({"order_id": ""}, "bad_order_id"), ({"order_id": "x" * 101}, "bad_order_id"),
     ({"order_id": 5}, "malformed"), ({"order_id": "a", "all": True}, "malformed"), ([], "malformed")],
)  # fmt: skip
async def test_flattening_wants_an_order_id_and_nothing_else(demo: House, body: Any, code: str) -> None:
    async with unchanged(demo):
        assert refused(await asked("POST", "/flatten", body)) == (422, code)


async def test_an_order_id_of_an_order_flattens_nothing(demo: House) -> None:
    taken = await placed(amount_usd="20")
    async with unchanged(demo):
        answer = await asked("POST", "/flatten", {"order_id": taken["order"]["order_id"]})
    assert refused(answer) == (409, "order_id_reused")
