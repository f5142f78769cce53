"""Sessions over REST: a new one archives the old, which stays readable and comparable."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from starlette.responses import StreamingResponse

from app.api.sessions import export
from app.runtime.exporting import session_json
from app.runtime.house import House
from app.store.equity import Mark, mark
from tests.api.ledger import asked, fresh, got, placed, previewed, refused, unchanged
from tests.clock import START, FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import opened_house

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def desk(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH,LINK"), clock) as house:
        yield house


async def opened(**fields: Any) -> dict[str, Any]:
    answer = await asked("POST", "/sessions", fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_new_session_archives_the_old_one_and_sells_nothing(desk: House, clock: FakeClock) -> None:
    await placed(amount_usd="100")
    resting = (await placed(type="limit", limit_price="5", amount_usd="50"))["order"]["order_id"]
    session = await opened(name="Again", note="Smaller.", starting_balance="500.25")
    assert (session["name"], session["note"], session["starting_balance"]) == ("Again", "Smaller.", "500.25")
    assert (session["market"], session["chain_id"], session["ended_at"]) == ("demo", 8453, None)
    account = await got("/account")
    assert (account["session_id"], account["cash"], account["equity"]) == (session["id"], "500.25", "500.25")
    assert await got("/positions?status=all") == []
    assert (await got("/trades"))["items"] == (await got("/orders"))["items"] == []
    old = await got("/sessions/s1")
    assert old["ended_at"] == session["started_at"]
    assert [trade["side"] for trade in (await got("/trades?session=s1"))["items"]] == ["buy"]
    (cancelled,) = [o for o in (await got("/orders?session=s1"))["items"] if o["order_id"] == resting]
    assert cancelled["status"] == "cancelled"
    assert await got(f"/orders/{resting}") == cancelled
    assert refused(await asked("DELETE", f"/orders/{resting}")) == (409, "no_session")


async def test_an_order_said_again_after_the_switch_gets_the_first_answer(desk: House) -> None:
    body = {"order_id": fresh(), "token": "WETH", "side": "buy", "amount_usd": "100"}
    first = await asked("POST", "/orders", body)
    out = {"order_id": fresh()}
    flat = await asked("POST", "/flatten", out)
    await opened()
    async with unchanged(desk):
        again = await asked("POST", "/orders", body)
        assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
        repeated = await asked("POST", "/flatten", out)
        assert (repeated.status_code, repeated.json()) == (200, flat.json())
        assert len(flat.json()) == 1
        other = await asked("POST", "/orders", body | {"amount_usd": "101"})
        assert refused(other) == (409, "order_id_reused")
        assert await got(f"/orders/{body['order_id']}") == first.json()["order"]


async def test_a_session_begins_as_the_settings_say_where_nothing_else_is_said(desk: House) -> None:
    session = await opened()
    assert (session["starting_balance"], session["market"], session["chain_id"]) == ("10000", "demo", 8453)
    assert session["name"]
    assert session["settings"]["watchlist"] == "WETH,LINK"


async def test_a_session_may_be_on_another_chain(desk: House) -> None:
    assert (await opened(chain_id=1))["chain_id"] == 1
    assert (await got("/account"))["chain_id"] == 1


async def test_sessions_come_newest_first_a_page_at_a_time(desk: House) -> None:
    for number in range(3):
        await opened(name=f"Number {number}")
    first = await got("/sessions?limit=3")
    assert [session["id"] for session in first["items"]] == ["s4", "s3", "s2"]
    rest = await got(f"/sessions?limit=3&cursor={first['next_cursor']}")
    assert ([session["id"] for session in rest["items"]], rest["next_cursor"]) == (["s1"], None)


async def test_an_archived_session_keeps_its_figures_and_its_books(desk: House, clock: FakeClock) -> None:
    await placed(amount_usd="100")
    before, figures = await got("/account"), await got("/performance")
    await opened()
    report = await got("/sessions/s1")
    assert (report["equity"], report["cash"], report["trades"]) == (before["equity"], before["cash"], 1)
    assert report["costs"] == before["costs"]
    assert report["return_pct"] == before["return_pct"]
    assert report["performance"] == await got("/performance?session=s1")
    assert report["performance"]["costs"] == figures["costs"]
    audit = await got("/audit?session=s1")
    assert (audit["balanced"], audit["entries"]) == (True, 2)
    assert set(audit["residuals"]) == {"entries", "books", "below_zero", "trades"}
    assert (await got("/equity?session=s1"))["items"][0]["equity"] == before["equity"]


async def test_two_sessions_are_compared_by_what_was_set_and_what_came_of_it(desk: House) -> None:
    await placed(amount_usd="100")
    await opened(starting_balance=2500)
    found = await got("/sessions/compare?a=s1&b=s2")
    assert (found["a"], found["b"]) == (await got("/sessions/s1"), await got("/sessions/s2"))
    assert found["differing"] == ["starting_balance"]
    assert Decimal(found["a"]["return_pct"]) < 0 == Decimal(found["b"]["return_pct"])


async def test_a_session_is_handed_over_whole_at_work_and_archived(desk: House) -> None:
    order_id = (await placed(amount_usd="100"))["order"]["order_id"]
    for ended in (False, True):
        answer = await asked("GET", "/sessions/s1/export")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-disposition"] == 'attachment; filename="drydock-session-s1.json"'
        assert answer.text == session_json(desk.store, "s1")
        content = answer.json()
        assert [trade["order_id"] for trade in content["trades"]] == [order_id]
        assert bool(content["session"].get("ended_at")) is ended
        await opened()


async def test_a_session_on_its_way_out_is_sent_in_pieces_and_not_made_whole_first(desk: House) -> None:
    worth = Decimal(10_000)
    mark(desk.store, [("s1", Mark(START + timedelta(minutes=n), worth, worth)) for n in range(1000)])
    answer = await export("s1")
    assert isinstance(answer, StreamingResponse)
    pieces = [piece async for piece in answer.body_iterator]
    assert len(pieces) > 3
    assert "".join(map(str, pieces)) == session_json(desk.store, "s1")


async def test_a_quote_of_another_session_is_refused(desk: House) -> None:
    offer = (await previewed(amount_usd="50"))["quote_id"]
    await opened()
    async with unchanged(desk):
        answer = await asked("POST", "/orders", {"order_id": fresh(), "quote_id": offer})
    assert refused(answer) == (409, "foreign_quote")


async def test_an_order_id_of_another_session_is_used_up(desk: House) -> None:
    body = {"order_id": fresh(), "token": "WETH", "side": "buy", "amount_usd": "20"}
    await asked("POST", "/orders", body)
    await opened()
    async with unchanged(desk):
        for other in ({"amount_usd": "21"}, {"side": "sell"}, {"token": "LINK"}):
            assert refused(await asked("POST", "/orders", body | other)) == (409, "order_id_reused")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"starting_balance": "0"}, 422, "bad_balance"),
        ({"starting_balance": "-1"}, 422, "bad_balance"),
        ({"starting_balance": "1e13"}, 422, "bad_balance"),
        ({"starting_balance": "NaN"}, 422, "not_a_number"),
        ({"starting_balance": "100.1234567"}, 422, "too_many_digits"),
        ({"starting_balance": True}, 422, "malformed"),
        ({"market": "casino"}, 422, "unknown_market"),
        ({"market": ""}, 422, "malformed"),
        ({"market": "replay:nothing.csv"}, 404, "unknown_recording"),
        ({"market": "replay:../drydock.db"}, 404, "unknown_recording"),
        ({"market": "replay:" + "x" * 100_000}, 422, "malformed"),
        ({"chain_id": 7}, 422, "unknown_chain"),
        ({"chain_id": 10**40}, 422, "unknown_chain"),
        ({"chain_id": "8453"}, 422, "malformed"),
        ({"chain_id": True}, 422, "malformed"),
        ({"name": "x" * 1000}, 422, "too_long"),
        ({"note": "x" * 5000}, 422, "too_long"),
        ({"name": "a\u0000b"}, 422, "malformed"),
        ({"name": None}, 422, "malformed"),
        ({"title": "x"}, 422, "malformed"),
        ([], 422, "malformed"),
    ],
)
async def test_a_session_that_cannot_be_is_refused_and_the_old_one_stays(
    demo: House, body: Any, status: int, code: str
) -> None:
    async with unchanged(demo):
        assert refused(await asked("POST", "/sessions", body)) == (status, code)


@pytest.mark.parametrize(
    "path",
    [
        "/sessions/s9",
        "/sessions/s9/export",
        "/sessions/%2e%2e/export",
        "/sessions/x",
        "/sessions/%00",
        f"/sessions/s{'9' * 30}",
        "/sessions/compare?a=s1&b=s9",
    ],
)
async def test_a_session_that_there_never_was_is_not_found(demo: House, path: str) -> None:
    assert refused(await asked("GET", path)) == (404, "unknown_session")


@pytest.mark.parametrize("query", ["", "?a=s1", "?b=s1"])
async def test_comparing_wants_two(demo: House, query: str) -> None:
    assert refused(await asked("GET", f"/sessions/compare{query}")) == (422, "malformed")
