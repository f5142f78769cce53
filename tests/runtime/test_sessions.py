"""Sessions: reopened by a start, succeeded by a new one, and never mixed."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.orders import OrderState, Origin
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tickets import Asked
from app.runtime.house import House
from app.runtime.importing import import_session
from app.runtime.pit import Pit
from app.runtime.sessions import new_session
from app.runtime.standing import holdings, standing
from app.store.flattens import Flatten, begin_flatten
from app.store.orders import find_order
from app.store.sessions import ARCHIVED
from app.store.sessions import session as find_session
from app.trading.desk import Placed
from app.trading.flattening import Flattened
from app.trading.previews import Preview
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import WETH, opened_house
from tests.runtime.taken import exported


def pit_of(house: House) -> Pit:
    assert house.pit is not None
    return house.pit


async def buy(house: House, order_id: str, usd: str = "250") -> Placed:
    placed = await pit_of(house).desk.place(Asked(order_id, "buy", amount_usd=usd), "WETH", Origin.HAND)
    assert isinstance(placed, Placed), placed
    return placed


def found(item: Flattened) -> Placed:
    assert isinstance(item.outcome, Placed), item.outcome
    return item.outcome


async def test_a_start_reopens_the_markets_last_session_with_its_books(tmp_path: Path) -> None:
    clock = FakeClock()
    settings = settings_of(tmp_path, market="demo", starting_balance=Decimal(5000))
    async with opened_house(settings, clock) as house:
        await buy(house, "b1")
        books, session = pit_of(house).desk.books, pit_of(house).session
        assert standing(pit_of(house)).residual == 0
    clock.advance(3600)
    async with opened_house(settings, clock) as house:
        assert (pit_of(house).desk.books, pit_of(house).session.id) == (books, session.id)
        house.ring()
        assert [holding.token.symbol for holding in holdings(pit_of(house))] == ["WETH"]


async def test_a_new_session_archives_the_old_one_with_its_positions_kept(tmp_path: Path) -> None:
    async with opened_house(settings_of(tmp_path, market="demo"), FakeClock()) as house:
        await buy(house, "b1")
        old = pit_of(house)
        opened = await new_session(house, name="Second", note="try again", starting_balance=Decimal(777))
        assert isinstance(opened, Session) and opened.name == "Second" and opened.market == "demo"
        assert pit_of(house).account.cash == Decimal(777)
        archived = find_session(house.store, old.session.id)
        assert archived is not None and archived.ended_at is not None
        late = await old.desk.place(Asked("late", "buy", amount_usd="10"), "WETH", Origin.HAND)
        assert isinstance(late, Refusal) and late.code == "no_session"


async def test_an_order_said_again_in_the_next_session_is_answered_with_the_first_and_not_done_again(
    tmp_path: Path,
) -> None:
    async with opened_house(settings_of(tmp_path, market="demo"), FakeClock()) as house:
        first = await buy(house, "b1")
        desk = pit_of(house).desk
        offered = await desk.preview(Asked("", "buy", amount_usd="50"), "WETH")
        assert isinstance(offered, Preview)
        taken = await desk.accept("b2", offered.quote_id, Origin.API)
        assert isinstance(taken, Placed)
        waiting = Asked("b3", "buy", amount_usd="50", type="limit", limit_price="1")
        assert isinstance(await desk.place(waiting, "WETH", Origin.HAND), Placed)
        await new_session(house, chain_id=10)
        desk = pit_of(house).desk
        before = desk.books
        assert await buy(house, "b1") == replace(first, repeated=True)
        assert await desk.accept("b2", offered.quote_id, Origin.API) == replace(taken, repeated=True)
        rested = await desk.place(waiting, "WETH", Origin.HAND)
        assert isinstance(rested, Placed) and rested.repeated
        assert (rested.order.state, rested.order.reason, rested.trade) == (OrderState.CANCELLED, ARCHIVED, None)
        other = await desk.place(Asked("b1", "buy", amount_usd="251"), "WETH", Origin.HAND)
        assert isinstance(other, Refusal) and other.code == "order_id_reused"
        assert desk.books == before


async def test_a_flattening_said_again_in_the_next_session_sells_nothing_there(tmp_path: Path) -> None:
    async with opened_house(settings_of(tmp_path, market="demo"), FakeClock()) as house:
        await buy(house, "b1")
        first = await pit_of(house).flatten("out", Origin.HAND)
        assert isinstance(first, list) and len(first) == 1
        await new_session(house)
        await buy(house, "b2")
        again = await pit_of(house).flatten("out", Origin.HAND)
        assert isinstance(again, list)
        assert [item.outcome for item in again] == [replace(found(item), repeated=True) for item in first]
        assert pit_of(house).account.open_positions


async def test_what_a_flattening_left_unsold_in_its_session_is_not_sold_in_the_next(tmp_path: Path) -> None:
    async with opened_house(settings_of(tmp_path, market="demo"), FakeClock()) as house:
        await buy(house, "b1")
        old = pit_of(house).session.id
        begin_flatten(house.store, Flatten("cut short", old, house.feed.now(), [("flat-1", WETH.key.address)]))
        await new_session(house)
        await buy(house, "b2")
        left = await pit_of(house).flatten("cut short", Origin.HAND)
        assert isinstance(left, list)
        assert [item.outcome.code for item in left if isinstance(item.outcome, Refusal)] == ["no_session"]
        assert pit_of(house).account.open_positions


async def test_an_order_of_another_desk_is_no_first_of_ours(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "own").mkdir()
    async with opened_house(settings_of(tmp_path / "other", market="demo"), FakeClock()) as other:
        await buy(other, "b1")
        assert isinstance(await pit_of(other).flatten("out", Origin.HAND), list)
        text = exported(other.store)
    async with opened_house(settings_of(tmp_path / "own", market="demo"), FakeClock()) as house:
        assert isinstance(import_session(house.store, text), Session)
        assert find_order(house.store, "b1")
        for refusal in (
            await pit_of(house).desk.place(Asked("b1", "buy", amount_usd="250"), "WETH", Origin.HAND),
            await pit_of(house).flatten("out", Origin.HAND),
        ):
            assert isinstance(refusal, Refusal) and refusal.code == "order_id_reused"


async def test_another_chain_is_another_session_that_a_restart_finds_again(tmp_path: Path) -> None:
    clock, settings = FakeClock(), settings_of(tmp_path, market="demo")
    async with opened_house(settings, clock) as house:
        opened = await new_session(house, chain_id=42161)
        assert isinstance(opened, Session) and house.chain.name == "Arbitrum"
        house.ring()
        await buy(house, "b1")
    async with opened_house(settings, clock) as house:
        assert house.chain.id == 42161 and pit_of(house).session.id == opened.id


async def test_a_file_to_replay_is_named_and_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "replays").mkdir()
    lines = [f"2024-01-01T00:{minute:02}:00Z,100,101,99,{100 + minute},5" for minute in range(30)]
    (tmp_path / "replays" / "few.csv").write_text("timestamp,open,high,low,close,volume\n" + "\n".join(lines))
    async with opened_house(settings_of(tmp_path, market="demo"), FakeClock()) as house:
        for name in ("../drydock.db", "/etc/passwd", "none.csv", ""):
            refusal = await new_session(house, market=f"replay:{name}")
            assert isinstance(refusal, Refusal) and refusal.code == "unknown_recording"
        (tmp_path / "replays" / "empty.csv").write_text("timestamp,open,high,low,close\n")
        refusal = await new_session(house, market="replay:empty.csv")
        assert isinstance(refusal, Refusal) and refusal.code == "unreadable_recording"
        assert refusal.sentence.startswith("empty.csv has 0 usable of 0 rows")
        opened = await new_session(house, market="replay:few.csv")
        assert isinstance(opened, Session) and opened.market.startswith("replay:")
        assert house.feed.mode == "replay"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"chain_id": 5}, "unknown_chain"),
        ({"market": "nasdaq"}, "unknown_market"),
        ({"starting_balance": Decimal(0)}, "bad_balance"),
        ({"name": "x" * 61}, "too_long"),
    ],
)
async def test_a_session_that_cannot_be_is_refused_and_the_old_one_goes_on(
    tmp_path: Path, wanted: dict[str, object], code: str
) -> None:
    async with opened_house(settings_of(tmp_path, market="demo"), FakeClock()) as house:
        before = pit_of(house)
        refusal = await new_session(house, **wanted)  # type: ignore[arg-type] # what a face might ask
        assert isinstance(refusal, Refusal) and refusal.code == code
        assert pit_of(house) is before


async def test_a_replay_goes_on_where_its_session_stood(tmp_path: Path) -> None:
    lines = [f"2024-01-01T{n // 60:02}:{n % 60:02}:00Z,100,101,99,{100 + n % 7},5" for n in range(600)]
    file = tmp_path / "day.csv"
    file.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(lines))
    clock, settings = FakeClock(), settings_of(tmp_path, market=f"replay:{file}", replay_speed=Decimal(60))
    async with opened_house(settings, clock) as house:
        clock.advance(100)
        house.ring()
        await buy(house, "b1")
        stood = house.feed.now()
    async with opened_house(settings, clock) as house:
        house.ring()
        assert house.feed.now() >= stood
        assert pit_of(house).account.open_positions
