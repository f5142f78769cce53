"""Sessions: reopened by a start, succeeded by a new one, and never mixed."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.orders import Origin
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tickets import Asked
from app.runtime.house import House
from app.runtime.pit import Pit
from app.runtime.sessions import new_session
from app.runtime.standing import holdings, standing
from app.store.sessions import session as find_session
from app.trading.desk import Placed
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import opened_house


def pit_of(house: House) -> Pit:
    assert house.pit is not None
    return house.pit


async def buy(house: House, order_id: str, usd: str = "250") -> Placed:
    placed = await pit_of(house).desk.place(Asked(order_id, "buy", amount_usd=usd), "WETH", Origin.HAND)
    assert isinstance(placed, Placed), placed
    return placed


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
        again = await pit_of(house).desk.place(Asked("b1", "buy", amount_usd="250"), "WETH", Origin.HAND)
        assert isinstance(again, Refusal) and again.code == "order_id_reused"


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
