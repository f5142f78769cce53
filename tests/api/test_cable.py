"""The cable: what is told, to whom, how often; what those are told who come back; and who is let go of."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import create_engine

from app.api.cable import Cable
from app.api.problem import Problem
from app.domain.session import Session
from app.runtime.house import House
from app.store.database import Store, StoreRefused
from app.store.decisions import log_decisions
from app.trading.bell import Topic
from tests.api.ledger import got, pit_of, placed
from tests.api.listeners import QUICK, Event, heard, of, small, told
from tests.clock import START, FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, go_on, opened_house
from tests.store.drawn_decisions import a_decision
from tests.store.trading_day import fill

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATE = {"price", "position", "account", "bot", "health"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo_house(tmp_path_factory: pytest.TempPathFactory, clock: FakeClock) -> AsyncIterator[House]:
    """A desk with money for a thousand trades."""
    folder = tmp_path_factory.mktemp("rich")
    settings = settings_of(folder, market="demo", watchlist="WETH,LINK", starting_balance=10_000_000)
    async with opened_house(settings, clock) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def cable(demo: House) -> AsyncIterator[Cable]:
    """A cable that hears what a test lets it hear."""
    found = Cable(demo, QUICK)
    yield found
    found.hang_up()


def trade_more(house: House, count: int) -> None:
    """So many trades at once, on disk and in the books."""
    session_id = pit_of(house).session.id
    fill(house.store, count, session_id)
    pit_of(house).desk.rounds.open(session_id)


def decide(house: House, count: int) -> list[str]:
    """So many decisions of the bot's; their ids."""
    session_id = pit_of(house).session.id
    return [row.id for row in log_decisions(house.store, [a_decision(session_id, START, WETH)] * count)]


async def begin_another(house: House, clock: FakeClock) -> Session:
    """Another session in the same market."""
    async with house.switching:
        await house.succeed(pit_of(house).session)
    clock.advance(1)
    return pit_of(house).session


async def test_who_comes_first_is_told_all_as_rest_answers_it_and_nothing_of_the_past(
    demo: House, cable: Cable
) -> None:
    await placed(amount_usd="100")
    first = await heard(await cable.reader())
    said = {kind: [event.data for event in first if event.event == kind] for kind in STATE}
    assert said["price"] == await got("/prices")
    assert said["position"] == await got("/positions")
    assert said["account"] == [await got("/account")]
    assert said["bot"] == [await got("/bot")]
    assert said["health"] == [await got("/health")]
    assert {event.event for event in first} == STATE
    # Cut off in the middle of it, he has no id, and is told all of it again.
    assert [event.id != "" for event in first] == [False] * (len(first) - 1) + [True]


async def test_nothing_is_told_where_nothing_has_changed_and_to_grow_older_is_no_change(
    demo: House, cable: Cable, clock: FakeClock
) -> None:
    reader = await cable.reader()
    await heard(reader)
    assert await told(cable, reader) == []
    clock.advance(3)
    assert await told(cable, reader) == []
    demo.ring()
    assert of(await told(cable, reader, {Topic.PRICES}), "price") == ["WETH", "LINK"]
    assert await told(cable, reader) == []


async def test_a_trade_is_told_as_rest_answers_it_and_with_it_what_it_has_changed(demo: House, cable: Cable) -> None:
    reader = await cable.reader()
    await heard(reader)
    trade = (await placed(amount_usd="50"))["trade"]
    news = await told(cable, reader, {Topic.ACCOUNT})
    assert sorted(event.event for event in news) == ["account", "position", "trade"]
    assert [event.data for event in news if event.event == "trade"] == [trade]


async def test_every_trade_and_decision_is_told_once_and_in_order_to_everybody(demo: House, cable: Cable) -> None:
    readers = [await cable.reader() for _ in range(3)]
    before = pit_of(demo).account.version
    logs: list[list[Event]] = [[], [], []]
    decisions: list[str] = []
    for some in (1, 0, 40, 130, 29):
        trade_more(demo, some)
        decisions += decide(demo, some)
        await cable.hear({Topic.ACCOUNT, Topic.DECISION})
        for log, reader in zip(logs, readers, strict=True):
            log += await heard(reader)
    expected = [f"{pit_of(demo).session.id}-{number}" for number in range(before + 1, before + 201)]
    for log in logs:
        assert of(log, "trade") == expected
        assert of(log, "decision") == decisions


async def test_who_comes_back_goes_on_after_any_event_that_he_has_heard(demo: House, cable: Cable) -> None:
    witness = await cable.reader()
    log = [event for event in await heard(witness) if event.id]
    for _ in range(3):
        trade_more(demo, 3)
        decide(demo, 2)
        await cable.hear(frozenset(Topic))
    log += await heard(witness)
    assert len(log) > 18
    for place, event in enumerate(log):
        back = await cable.reader(event.id)
        assert await heard(back) == log[place + 1 :]
        back.leave()


async def test_where_the_window_does_not_reach_back_the_store_does(demo: House) -> None:
    cable = Cable(demo, small(window_bytes=3000))
    reader = await cable.reader()
    seen = (await heard(reader))[-1].id
    before = pit_of(demo).account.version
    trade_more(demo, 20)
    decisions = decide(demo, 20)
    await cable.hear(frozenset(Topic))
    back = await heard(await cable.reader(seen))
    expected = [f"{pit_of(demo).session.id}-{number}" for number in range(before + 1, before + 21)]
    assert (of(back, "trade"), of(back, "decision"), of(back, "gap")) == (expected, decisions, [])
    assert {event.event for event in back} >= {"trade", "decision", "account", "price", "bot", "health"}
    # Cut off in the middle of that, he goes on from there.
    cut = next(place for place, event in enumerate(back) if event.name == decisions[9])
    again = await heard(await cable.reader(back[cut].id))
    assert (of(again, "trade"), of(again, "decision")) == ([], decisions[10:])


async def test_who_has_missed_too_much_is_told_so(demo: House) -> None:
    cable = Cable(demo, small(window_bytes=3000))
    seen = (await heard(await cable.reader()))[-1].id
    before = pit_of(demo).account.version
    trade_more(demo, 501)
    decide(demo, 501)
    await cable.hear(frozenset(Topic))
    back = await heard(await cable.reader(seen))
    assert of(back, "gap") == ["too_many_trades", "too_many_decisions"]
    first = [f"{pit_of(demo).session.id}-{number}" for number in range(before + 1, before + 501)]
    assert of(back, "trade") == first
    assert len(of(back, "decision")) == 500


@pytest.mark.parametrize(
    "seen", ["7", "", "ffffffff-1-s999-1-1-999", "ffffffff-1-s1-1-9999999-1", "0000000g-1-s1-1-1-1", "\x00", "9" * 5000]
)
async def test_an_id_that_is_not_of_this_stream_is_a_fresh_start(cable: Cable, seen: str) -> None:
    first = await heard(await cable.reader(seen))
    assert of(first, "gap") == (["unknown_event"] if seen else [])
    assert {event.event for event in first} - {"gap", "position"} == STATE - {"position"}


@pytest.mark.parametrize("bounds", [{"chunks": 3}, {"bytes": 4000}])
async def test_a_slow_reader_is_dropped_with_a_reason_while_the_others_hear_on(
    demo: House, clock: FakeClock, bounds: dict[str, int]
) -> None:
    cable = Cable(demo, small(**bounds))
    slow, quick = await cable.reader(), await cable.reader()
    await heard(slow)
    await heard(quick)
    news: list[Event] = []
    for _ in range(6):
        await go_on(demo, clock, 1)
        news += await told(cable, quick, {Topic.PRICES})
    assert of(news, "price") == ["WETH", "LINK"] * 6
    assert [(event.event, event.name) for event in await heard(slow)] == [("dropped", "too_slow")]
    assert await heard(slow) == []


async def test_of_a_session_that_follows_all_is_told_after_the_last_of_the_one_before(
    demo: House, cable: Cable, clock: FakeClock
) -> None:
    reader = await cable.reader()
    await heard(reader)
    last = (await placed(amount_usd="30"))["trade"]["id"]
    session = await begin_another(demo, clock)
    first = (await placed(amount_usd="40"))["trade"]["id"]
    news = await told(cable, reader)
    assert of(news, "trade") == [last, first]
    kinds = [event.event for event in news]
    assert [event.data["session_id"] for event in news if event.event == "account"] == [session.id]
    assert kinds.index("trade") < kinds.index("account") < len(kinds) - 1 - kinds[::-1].index("trade")
    assert of(news, "position") == ["WETH"]
    assert kinds.count("bot") == 1


async def test_who_was_away_while_the_session_changed_is_told_the_trades_of_both(demo: House, clock: FakeClock) -> None:
    cable = Cable(demo, small(window_bytes=1))
    reader = await cable.reader()
    seen = (await heard(reader))[-1].id
    last = (await placed(amount_usd="30"))["trade"]["id"]
    await begin_another(demo, clock)
    first = (await placed(amount_usd="40"))["trade"]["id"]
    await cable.hear(frozenset(Topic))
    back = await heard(await cable.reader(seen))
    assert (of(back, "trade"), of(back, "gap")) == ([last, first], [])


async def test_a_position_that_ends_is_told_once_more_and_is_not_there_afterwards(demo: House, cable: Cable) -> None:
    await placed(token="LINK", amount_usd="20")
    reader = await cable.reader()
    assert "LINK" in of(await heard(reader), "position")
    await placed(token="LINK", side="sell", share_pct="100")
    ended = [event.data for event in await told(cable, reader, {Topic.ACCOUNT}) if event.name == "LINK"]
    assert ended == [(await got("/positions?status=closed"))[0]]
    assert ended[0]["closed_at"] is not None
    assert await told(cable, reader) == []
    assert "LINK" not in of(await heard(await cable.reader()), "position")


async def test_a_cable_that_nobody_listens_to_sleeps_and_what_was_missed_is_made_up(
    demo: House, cable: Cable, clock: FakeClock
) -> None:
    reader = await cable.reader()
    seen = (await heard(reader))[-1].id
    reader.leave()
    clock.advance(179)
    trade_more(demo, 1)
    await cable.hear({Topic.ACCOUNT})
    # He is back soon enough for every event.
    back = await cable.reader(seen)
    events = await heard(back)
    assert not {event.event for event in events} & {"bot", "health"}
    back.leave()
    reads = demo.board.reads.hits
    clock.advance(181)
    demo.ring()
    trade_more(demo, 1)
    for _ in range(3):
        await cable.hear(frozenset(Topic))
    assert demo.board.reads.hits == reads
    late = await heard(await cable.reader(seen))
    account = pit_of(demo).account
    assert of(late, "trade") == [f"{account.id}-{account.version - 1}", f"{account.id}-{account.version}"]
    assert {event.event for event in late} >= STATE - {"position"}


async def test_trades_that_a_database_refuses_to_show_are_told_when_it_does_not(demo: House, cable: Cable) -> None:
    reader = await cable.reader()
    await heard(reader)
    trade = (await placed(amount_usd="20"))["trade"]["id"]
    store = demo.store
    demo.store = Store(create_engine("sqlite:////no/such/folder/file.db"), "The database")
    try:
        refused = await told(cable, reader)
        with pytest.raises(StoreRefused):
            await Cable(demo, QUICK).reader()
    finally:
        demo.store = store
    assert {event.event for event in refused} >= {"account"}
    assert of(refused, "trade") == []
    assert of(await told(cable, reader, {Topic.FEED}), "trade") == [trade]


async def test_there_are_so_many_readers_and_no_more(demo: House) -> None:
    cable = Cable(demo, small(readers=2))
    first, _ = await cable.reader(), await cable.reader()
    with pytest.raises(Problem) as refusal:
        await cable.reader()
    assert (refusal.value.status, refusal.value.code) == (503, "too_many_readers")
    first.leave()
    assert await heard(await cable.reader())
    assert cable.listened_to == 2


async def test_when_the_desk_closes_everybody_is_told_and_nobody_comes_in(demo: House) -> None:
    cable = Cable(demo, QUICK)
    reader = await cable.reader()
    cable.hang_up()
    assert of(await heard(reader), "dropped") == ["closing"]
    with pytest.raises(Problem):
        await cable.reader()
