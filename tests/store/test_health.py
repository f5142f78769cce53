"""How far the accounts have come is read in one look, whatever their number of entries."""

from pathlib import Path

from app.domain.orders import Origin
from app.domain.tickets import Asked
from app.store.health import missing_orders, reached
from app.trading.desk import Placed
from tests.clock import START
from tests.trading.floor import trading_floor


async def test_every_account_is_told_with_the_number_and_the_time_of_its_last_entry(tmp_path: Path) -> None:
    with trading_floor(tmp_path) as floor:
        session_id = floor.desk.session.id
        assert reached(floor.desk.store)[session_id].number == 1
        floor.clock.advance(5)
        for order_id in ("a", "b"):
            assert isinstance(
                await floor.desk.place(Asked(order_id, "buy", amount_usd="10"), "WETH", Origin.API), Placed
            )
        there = reached(floor.desk.store)
    assert len(there) == 11
    assert (there[session_id].number, there[session_id].at) == (3, floor.clock.utc)
    assert {each.number for name, each in there.items() if name != session_id} == {1}
    assert there[session_id].at > START


async def test_orders_that_no_table_holds_are_missing_however_many_are_asked_for(tmp_path: Path) -> None:
    with trading_floor(tmp_path) as floor:
        await floor.desk.place(Asked("there", "buy", amount_usd="10"), "WETH", Origin.API)
        asked = [f"gone {number}" for number in range(1200)]
        assert missing_orders(floor.desk.store, [*asked, "there"]) == asked
        assert missing_orders(floor.desk.store, []) == []
