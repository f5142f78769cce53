"""Nothing that was acknowledged is lost when the process is killed; and whoever says so would have noticed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.money import plain
from app.domain.orders import Origin
from app.domain.tickets import Asked
from app.trading.desk import Placed
from tests.chaos.headless import run
from tests.chaos.lines import Heard
from tests.chaos.verdict import Acknowledged, judge, judge_growth, read
from tests.trading.floor import trading_floor

MARKET = [
    Asked("b1", "buy", amount_usd="1000"),
    Asked("b2", "buy", amount_usd="500"),
    Asked("s1", "sell", share_pct="100"),
    Asked("b3", "buy", amount_usd="250"),
]
RESTING = [
    Asked("l1", "buy", amount_usd="100", type="limit", limit_price="2000"),
    Asked("l2", "buy", amount_usd="100", type="limit", limit_price="2100"),
]


@pytest.mark.slow
def test_kills_lose_nothing_and_leave_nothing_there_twice() -> None:
    tally = run(3, seed=20_261_122)
    assert tally.found.all == []
    assert tally.kills == 3 and tally.acknowledged > 10 and tally.trades > 5


@pytest.mark.slow
def test_a_desk_that_acknowledges_before_it_writes_is_found_out() -> None:
    # It ends with the first kill that it loses something by: a slow machine may have acknowledged nothing before.
    tally = run(20, seed=7, module="tests.chaos.forgetful")
    assert any("was acknowledged as" in sentence for sentence in tally.found.lost)


async def traded(folder: Path) -> list[Acknowledged]:
    """A database in which there has been some trading, and what was acknowledged of it."""
    heard: list[Acknowledged] = []
    with trading_floor(folder) as floor:
        for asked in MARKET + RESTING:
            placed = await floor.desk.place(asked, "WETH", Origin.API)
            assert isinstance(placed, Placed), placed
            trade = placed.trade
            figures = (trade.id, plain(trade.quantity), plain(trade.value)) if trade else ()
            heard.append(Acknowledged(asked.order_id, placed.order.state.value, *figures))
        await floor.desk.cancel("l2")
    return [*heard, Acknowledged("l2", "cancelled")]


def after(folder: Path, *statements: str) -> Path:
    """The database, with somebody's hand in it."""
    file = folder / "drydock.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
    return file


async def test_what_a_desk_leaves_behind_is_found_to_be_right(tmp_path: Path) -> None:
    heard = await traded(tmp_path)
    found = judge(read(tmp_path / "drydock.db"), heard, refused={"never"})
    assert found.all == []


FORGOTTEN = (
    "DELETE FROM trades WHERE order_id = 'b3'",
    "DELETE FROM entries WHERE order_id = 'b3'",
    "DELETE FROM orders WHERE order_id = 'b3'",
    "UPDATE accounts SET version = version - 1",
)


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (FORGOTTEN, "order b3 was acknowledged as filled, and is not there"),
        (("DELETE FROM orders WHERE order_id = 'l1'",), "order l1 was acknowledged as open, and is not there"),
        (("DELETE FROM trades WHERE order_id = 'b2'",), "trade s1-3 of order b2 was acknowledged, and is not there"),
        (("UPDATE trades SET order_id = 'b1' WHERE order_id = 'b2'",), "order b1 has 2 trades"),
        (("UPDATE trades SET value = '999' WHERE order_id = 'b1'",), "order b1 was acknowledged as something else"),
        (("UPDATE trades SET gas_usd = '0.03' WHERE order_id = 'b1'",), "entry 2 of s1 moves something else"),
        (("UPDATE orders SET state = 'open', ended_at = NULL WHERE order_id = 'l2'",), "as cancelled, and is open"),
        (("UPDATE orders SET ended_at = NULL WHERE order_id = 'b1'",), "order b1 is filled, ended None"),
        (
            ("UPDATE orders SET trade_id = 's1-2' WHERE order_id = 'b2'",),
            "the trade of order b2 is missing",
        ),
        (("UPDATE entries SET postings = 'cash USD 9 deposits USD -8' WHERE number = 1",), "out of balance by 1 USD"),
        (("UPDATE entries SET postings = 'cash USD 9 deposits USD -9' WHERE number = 1",), "leaves less than no cash"),
        (("UPDATE entries SET fee_usd = '0' WHERE number = 2",), "s1 folds to"),
        (("UPDATE entries SET number = 9 WHERE number = 5",), "the entries of s1 are not numbered one by one"),
        (("UPDATE accounts SET version = version + 1",), "s1 is at 6 with 5 entries"),
        (("DELETE FROM closed",), "the closed positions of s1 are not those that ended"),
    ],
)
async def test_every_kind_of_damage_is_noticed(tmp_path: Path, statements: tuple[str, ...], sentence: str) -> None:
    heard = await traded(tmp_path)
    found = judge(read(after(tmp_path, *statements)), heard)
    assert any(sentence in each for each in found.all), found.all


async def test_an_order_that_was_refused_and_is_there_is_noticed(tmp_path: Path) -> None:
    await traded(tmp_path)
    assert judge(read(tmp_path / "drydock.db"), refused={"l1"}).wrong == ["order l1 was refused, and is there"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET at = at + 1 WHERE number = 2",
        "UPDATE trades SET reason = 'another' WHERE number = 2",
        "UPDATE orders SET state = 'expired' WHERE order_id = 'l2'",
        "DELETE FROM orders WHERE order_id = 'l1'",
    ],
)
async def test_what_was_written_stays_as_it_was_written(tmp_path: Path, statement: str) -> None:
    await traded(tmp_path)
    before = read(tmp_path / "drydock.db")
    assert judge_growth(before, read(after(tmp_path, statement))).wrong


async def test_what_may_still_change_may_change(tmp_path: Path) -> None:
    await traded(tmp_path)
    before = read(tmp_path / "drydock.db")
    file = after(
        tmp_path,
        "UPDATE trades SET fill_error_bps = '1' WHERE number = 2",
        "UPDATE orders SET state = 'cancelled', ended_at = 1 WHERE order_id = 'l1'",
    )
    assert judge_growth(before, read(file)).wrong == []


def test_answers_that_contradict_each_other_are_noticed() -> None:
    heard = Heard()
    wanted = {"wants": "a", "how": "place"}
    done = {"done": "a", "state": "filled", "trade": "s1-2", "quantity": "1", "value": "2", "repeated": False}
    for line in (wanted, done, wanted, done | {"trade": "s1-3"}, {"done": "a", "state": "cancelled"}):
        heard.hear(line)
    assert len(heard.twice) == 2 and "taken as a new one" in heard.twice[1]
    assert heard.wrong == ["order a was filled, and then cancelled"]


def test_what_was_not_answered_is_neither_taken_nor_refused() -> None:
    heard = Heard()
    refused = {"refused": "a", "code": "too_small"}
    for line in ({"wants": "a"}, refused, {"wants": "a"}, {"wants": "a"}, refused):
        heard.hear(line)
    assert not heard.refused and list(heard.unanswered) == ["a"]
    heard.hear(refused)
    assert heard.refused == {"a"} and not heard.unanswered
