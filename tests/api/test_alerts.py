"""Alerts over REST: filtered, paged, newest first, and those too that the database does not know yet."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.api import alerts as alerts_module
from app.api import problem
from app.api.alerts import AlertPage
from app.domain.alerts import AlertKind, Condition
from app.runtime.alarms import Alarms
from app.runtime.house import House
from tests.api.test_shapes import is_as
from tests.clock import START, FakeClock
from tests.store.held import held
from tests.store.raised import raise_alert, recover

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS = [AlertKind.FEED_DOWN, AlertKind.RATE_LIMITED, AlertKind.PRICE_STALE]


def condition(kind: AlertKind, about: str = "") -> Condition:
    return Condition(kind, about, "It is so.", "It is over.")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(demo_house: House) -> list[str]:
    """Nine alerts, three of each kind, of which the first five have ended; their ids, newest first."""
    at = [START + timedelta(minutes=number) for number in range(9)]
    made = [raise_alert(demo_house.store, condition(KINDS[place % 3]), "s1", when) for place, when in enumerate(at)]
    for alert in made[:5]:
        recover(demo_house.store, alert, START + timedelta(hours=1))
    return [alert.id for alert in reversed(made)]


@pytest.fixture(autouse=True)
def alarms(demo: House) -> Iterator[Alarms]:
    demo.alarms = Alarms(demo, free=lambda _: (10**12, 10**12))
    yield demo.alarms


async def got(query: str = "", status: int = 200) -> Any:
    """What the route answers."""
    api = FastAPI()
    problem.install(api)
    api.include_router(alerts_module.router)
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        answer = await client.get(f"/api/alerts?{query}")
    assert answer.status_code == status, answer.text
    return answer.json()


async def ids(query: str) -> list[str]:
    return [item["id"] for item in (await got(query))["items"]]


async def test_they_come_newest_first_as_documented(told: list[str]) -> None:
    page = await got("")
    is_as(AlertPage, page)
    assert [item["id"] for item in page["items"]] == told
    assert page["items"][-1] == {
        "id": told[-1],
        "kind": "feed_down",
        "about": "",
        "sentence": "It is so.",
        "session_id": "s1",
        "raised_at": "2026-11-02T12:00:00.000Z",
        "recovered_at": "2026-11-02T13:00:00.000Z",
        "recovery": "It is over.",
    }


async def test_page_by_page_each_comes_once(told: list[str]) -> None:
    found, cursor = list[str](), ""
    while cursor is not None:
        page = await got(f"limit=4&cursor={cursor}")
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == told


async def test_they_are_asked_for_by_kind_and_by_whether_they_stand(told: list[str]) -> None:
    assert await ids("kind=feed_down") == told[2::3]
    assert await ids("standing=true") == told[:4]
    assert await ids("standing=false&kind=rate_limited") == told[4::3]
    assert (await got("kind=of_no_kind", 422))["code"] == "malformed"
    assert (await got("standing=perhaps", 422))["code"] == "malformed"


async def test_what_the_database_does_not_know_yet_is_told_first(
    told: list[str], demo: House, alarms: Alarms, clock: FakeClock
) -> None:
    for place in range(3):
        alarms.say(condition(AlertKind.BOT_STALLED, str(place)))
    with held(demo.store):
        clock.advance(5)
        await alarms.look()
    assert (await ids(""))[:4] == ["u3", "u2", "u1", told[0]]
    assert await ids("kind=bot_stalled&limit=2") == ["u3", "u2"]
    page = await got("limit=3")
    assert await ids(f"cursor={page['next_cursor']}") == told
    assert await ids("cursor=999999999999999999") == ["u3", "u2", "u1", *told]


async def test_page_by_page_those_that_the_database_does_not_know_come_once_too(
    told: list[str], demo: House, alarms: Alarms, clock: FakeClock
) -> None:
    for place in range(3):
        alarms.say(condition(AlertKind.BOT_STALLED, f"unkept {place}"))
    found, cursor = list[str](), ""
    with held(demo.store):
        clock.advance(5)
        await alarms.look()
        while cursor is not None and len(found) < 4:
            page = await got(f"limit=1&cursor={cursor}")
            found += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
    assert found == ["u3", "u2", "u1", told[0]]
