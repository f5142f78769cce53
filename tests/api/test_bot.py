"""The bot over REST: how it is, what its owner tells it, and what is refused with one sentence."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.bot_answers import BotShape
from app.domain.bots import BotRecord, BotState
from app.runtime.house import House, settle_in
from app.store.bots import bot as kept
from tests.api.ledger import asked, got, pit_of, refused
from tests.api.test_shapes import is_as
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, house_of
from tests.store.held import held

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONFIG = {
    "bar": "5m",
    "max_trade_usd": None,
    "daily_loss_pct": "10",
    "max_trades_per_day": 100,
    "allow": [],
    "block": [],
    "min_liquidity_usd": "10000",
    "max_slippage_bps": "150",
}
CALLS: list[tuple[str, str, Any]] = [
    ("GET", "/bot", None),
    ("POST", "/bot", {"action": "start"}),
    ("PUT", "/bot/level", {"level": 3}),
    ("PUT", "/bot/config", {"bar": "1m"}),
    ("GET", "/levels", None),
    ("GET", "/decisions", None),
]


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def as_it_began(demo: House) -> AsyncIterator[None]:
    """Whatever a test tells the bot, the next one finds it as it began."""
    yield
    if demo.pit:
        await asked("POST", "/bot", {"action": "stop"})
        await asked("PUT", "/bot/level", {"level": 5})
        await asked("PUT", "/bot/config", CONFIG)
        assert pit_of(demo).bot.record == BotRecord()


async def told(method: str, path: str, body: Any) -> Any:
    """The bot after an order that has to be taken."""
    answer = await asked(method, path, body)
    assert answer.status_code == 200, answer.text
    is_as(BotShape, answer.json())
    assert answer.json() == await got("/bot")
    return answer.json()


async def test_a_bot_that_was_never_told_anything_is_stopped_at_level_five(demo: House) -> None:
    found = await got("/bot")
    is_as(BotShape, found)
    assert found | {"last_tick_at": None} == {
        "state": "stopped",
        "level": 5,
        "watchlist": ["WETH", "LINK"],
        "tick_seconds": 15,
        "last_tick_at": None,
        "config": CONFIG,
    }


async def test_its_last_tick_is_told_in_the_markets_time(demo: House, clock: FakeClock) -> None:
    clock.advance(1)
    await demo.think()
    assert (await got("/bot"))["last_tick_at"] == f"{clock.utc:%Y-%m-%dT%H:%M:%S}.000Z"


@pytest.mark.parametrize(("action", "state"), [("start", "running"), ("pause", "paused"), ("stop", "stopped")])
async def test_a_command_is_obeyed_kept_and_shown_by_the_desks_health(demo: House, action: str, state: str) -> None:
    await told("POST", "/bot", {"action": "pause" if action == "stop" else "stop"})
    assert (await told("POST", "/bot", {"action": action}))["state"] == state
    assert (await got("/health"))["bot"] == state
    record = kept(demo.store, pit_of(demo).session.id)
    assert record is not None and record.state == BotState(state)
    assert (await told("POST", "/bot/", {"action": action}))["state"] == state


@pytest.mark.parametrize("level", range(1, 11))
async def test_the_slider_goes_from_one_to_ten(demo: House, level: int) -> None:
    assert (await told("PUT", "/bot/level", {"level": level}))["level"] == level
    record = kept(demo.store, pit_of(demo).session.id)
    assert level == (record.level if record else 5)


@pytest.mark.parametrize("level", [0, 11, -1, "5", "", 5.5, 5.0, True, None, [5], {}, 10**400])
async def test_what_is_no_level_moves_nothing(demo: House, level: Any) -> None:
    assert refused(await asked("PUT", "/bot/level", {"level": level}))[0] == 422
    assert (await got("/bot"))["level"] == 5


@pytest.mark.parametrize("body", [{}, {"level": 5, "more": 1}, [], 5, "5"])
@pytest.mark.parametrize("path", ["/bot/level"])
async def test_a_body_that_is_no_order_is_refused(demo: House, path: str, body: Any) -> None:
    assert refused(await asked("PUT", path, body)) == (422, "malformed")


@pytest.mark.parametrize("action", ["", "START", "go", None, 1, True, ["start"], "start\0"])
async def test_what_is_no_command_is_refused(demo: House, action: Any) -> None:
    assert refused(await asked("POST", "/bot", {"action": action})) == (422, "malformed")
    assert (await got("/bot"))["state"] == "stopped"


async def test_only_the_limits_that_are_named_change_and_null_lifts_one(demo: House) -> None:
    found = await told("PUT", "/bot/config", {"max_trade_usd": "250.50", "bar": "15m"})
    assert found["config"] == CONFIG | {"max_trade_usd": "250.5", "bar": "15m"}
    found = await told("PUT", "/bot/config", {"daily_loss_pct": 2.5, "max_trades_per_day": 7, "max_trade_usd": None})
    assert found["config"] == CONFIG | {"bar": "15m", "daily_loss_pct": "2.5", "max_trades_per_day": 7}
    assert (await told("PUT", "/bot/config", {}))["config"] == found["config"]
    lifted = dict.fromkeys(("daily_loss_pct", "max_trades_per_day", "min_liquidity_usd", "max_slippage_bps"))
    assert (await told("PUT", "/bot/config/", lifted))["config"] == CONFIG | lifted | {"bar": "15m"}


@pytest.mark.parametrize("named", ["WETH", "weth", WETH.address, WETH.address.lower()])
async def test_tokens_are_named_by_symbol_or_address_and_told_by_address(demo: House, named: str) -> None:
    found = await told("PUT", "/bot/config", {"allow": [named, "LINK"], "block": []})
    assert found["config"]["allow"][0] == WETH.address
    assert len(found["config"]["allow"]) == 2
    assert (await told("PUT", "/bot/config", {"allow": None}))["config"]["allow"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"allow": ["WETH"], "block": ["LINK", "weth"]}, "bad_limits"),
        ({"allow": ["NOPE"]}, "bad_limits"),
        ({"block": ["WETH\0"]}, "malformed"),
        ({"block": "WETH"}, "malformed"),
        ({"block": [1]}, "malformed"),
        ({"bar": "2m"}, "bad_limits"),
        ({"bar": "1d"}, "bad_limits"),
        ({"bar": None}, "malformed"),
        ({"max_trade_usd": "-1"}, "bad_limits"),
        ({"max_trade_usd": "much"}, "bad_limits"),
        ({"max_trade_usd": True}, "malformed"),
        ({"daily_loss_pct": "0"}, "bad_limits"),
        ({"daily_loss_pct": "NaN"}, "bad_limits"),
        ({"daily_loss_pct": float("inf")}, "bad_limits"),
        ({"daily_loss_pct": 101}, "bad_limits"),
        ({"max_trades_per_day": -1}, "bad_limits"),
        ({"max_trades_per_day": 1.5}, "malformed"),
        ({"max_trades_per_day": 10**400}, "bad_limits"),
        ({"max_slippage_bps": "1e999"}, "bad_limits"),
        ({"level": 3}, "malformed"),
        ([], "malformed"),
        ("bar", "malformed"),
    ],
)
async def test_limits_that_are_none_or_contradict_each_other_are_refused_whole(
    demo: House, body: Any, code: str
) -> None:
    assert refused(await asked("PUT", "/bot/config", body)) == (422, code)
    good = {"min_liquidity_usd": "1"} | body if isinstance(body, dict) else body
    assert refused(await asked("PUT", "/bot/config", good)) == (422, code)
    assert (await got("/bot"))["config"] == CONFIG


JSON = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.lists(st.text(max_size=5))
)


@given(st.dictionaries(st.sampled_from([*CONFIG, "level", "action", "x"]), JSON | st.sampled_from(["WETH", "1m", "5"])))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_told_is_taken_or_refused_in_a_sentence(demo: House, body: dict[str, Any]) -> None:
    for method, path in (("PUT", "/bot/config"), ("PUT", "/bot/level"), ("POST", "/bot")):
        answer = await asked(method, path, body)
        if answer.status_code == 200:
            is_as(BotShape, answer.json())
        else:
            assert refused(answer)[0] == 422


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
@pytest.mark.parametrize("stage", ["no house", "no session"])
async def test_while_the_desk_opens_there_is_no_bot_to_ask(
    demo: House, method: str, path: str, body: Any, stage: str
) -> None:
    pit = demo.pit
    if stage == "no house":
        settle_in(None)
    demo.pit = None
    try:
        assert refused(await asked(method, path, body)) == (503, "not_open")
        assert (await got("/health"))["bot"] == "starting"
    finally:
        demo.pit = pit
        settle_in(demo)


async def test_an_order_that_cannot_be_written_down_is_not_obeyed(tmp_path: Path, clock: FakeClock) -> None:
    async with house_of(settings_of(tmp_path, market="demo", watchlist="WETH"), clock) as house:
        await house.opened()
        with held(house.store):
            for method, path, body in CALLS[1:4]:
                assert refused(await asked(method, path, body)) == (503, "database_refused")
        found = await got("/bot")
        assert (found["state"], found["level"], found["config"]) == ("stopped", 5, CONFIG)


async def test_the_document_shows_the_bots_calls_forms_and_shapes(demo: House) -> None:
    document = await got("/openapi.json")
    for method, path, _ in CALLS:
        assert method.lower() in document["paths"][f"/api{path}"]
    shapes = document["components"]["schemas"]
    for name in ("BotShape", "LimitsShape", "BotForm", "LevelForm", "LimitsForm", "LevelShape", "DecisionPage"):
        assert name in shapes
    assert shapes["LevelForm"]["properties"]["level"]["maximum"] == 10
    assert not [name for name in shapes if "__" in name]
