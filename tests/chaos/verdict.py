"""The verdict on a database whose process has died: its rows, held against each other and what was acknowledged."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from pathlib import Path
from typing import Any

from app.domain.ledger import folded
from app.store.rows import entry_of

Row = dict[str, Any]

TABLES = ("sessions", "accounts", "entries", "orders", "trades", "closed")
ENDED_IN_A_TRADE = ("filled", "reverted")
# All of a trade but what is measured of it later.
_MEASURED = {"fill_error_bps", "fill_error_30s_bps"}
_EXACT = Context(prec=400, traps=[Inexact, InvalidOperation])


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An order as the desk answered it: its state then, and of its trade the id, the quantity and the dollars."""

    order_id: str
    state: str
    trade_id: str | None = None
    quantity: str | None = None
    value: str | None = None

    @property
    def traded(self) -> tuple[str | None, ...]:
        return self.trade_id, self.quantity, self.value


class Kept:
    """All rows of the tables of what is traded, by table; orders and trades also by their ids."""

    def __init__(self, rows: dict[str, list[Row]]) -> None:
        self.rows = rows
        self.orders: dict[str, Row] = {row["order_id"]: row for row in rows["orders"]}
        self.trades: dict[str, Row] = {trade_id(row): row for row in rows["trades"]}


@dataclass(slots=True)
class Findings:
    """What is wrong, one sentence each: acknowledged and not there, there more than once, and all the rest."""

    lost: list[str] = field(default_factory=list[str])
    twice: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])

    @property
    def all(self) -> list[str]:
        return self.lost + self.twice + self.wrong

    def claim(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)

    def add(self, more: "Findings") -> None:
        self.lost += more.lost
        self.twice += more.twice
        self.wrong += more.wrong


def nothing() -> Kept:
    """What a database holds before it is made."""
    return Kept({name: [] for name in TABLES})


def trade_id(row: Row) -> str:
    return f"{row['account_id']}-{row['number']}"


def read(file: Path) -> Kept:
    """What the database holds, in one transaction of a connection that cannot write; nothing where there are no
    tables yet. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        connection.row_factory = lambda cursor, row: dict(zip((c[0] for c in cursor.description), row, strict=True))
        connection.execute("BEGIN")
        known = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not known & set(TABLES):
            return nothing()
        sound = [row["integrity_check"] for row in connection.execute("PRAGMA integrity_check")]
        if sound != ["ok"]:
            raise sqlite3.DatabaseError(f"the file is damaged: {sound[:3]}")
        return Kept({name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES})


def judge(kept: Kept, heard: Iterable[Acknowledged] = (), refused: Collection[str] = ()) -> Findings:
    """Hold the rows against each other, against what was acknowledged, and against what was refused: that leaves no
    order."""
    found = Findings()
    with localcontext(_EXACT):
        for account in kept.rows["accounts"]:
            _judge_account(kept, account, found)
    _judge_orders(kept, found)
    for acknowledged in heard:
        _judge_acknowledged(kept, acknowledged, found)
    for order_id in refused:
        found.claim(order_id not in kept.orders, f"order {order_id} was refused, and is there")
    return found


def judge_growth(before: Kept, after: Kept) -> Findings:
    """What is written stays as it is: entries and trades for ever, orders once they have ended. The highest price that
    a trailing stop has seen never falls."""
    found = Findings()
    for name, mark in (("entries", _entry), ("trades", _trade)):
        now = {(row["account_id"], row["number"]): mark(row) for row in after.rows[name]}
        for row in before.rows[name]:
            key = (row["account_id"], row["number"])
            found.claim(now.get(key) == mark(row), f"row {key} of {name} has gone or changed")
    for order_id, row in before.orders.items():
        now_row = after.orders.get(order_id)
        stays = now_row is not None and (row["state"] == "open" or now_row == row)
        found.claim(stays, f"order {order_id} has gone or changed after its end")
        if now_row and row["highest"] is not None:
            kept = Decimal(now_row["highest"]) >= Decimal(row["highest"])
            found.claim(kept, f"order {order_id} has forgotten its highest price")
    return found


def _entry(row: Row) -> str:
    return json.dumps(row)


def _trade(row: Row) -> str:
    return json.dumps({name: value for name, value in row.items() if name not in _MEASURED})


def _judge_account(kept: Kept, account: Row, found: Findings) -> None:
    name = account["id"]
    entries = sorted((r for r in kept.rows["entries"] if r["account_id"] == name), key=lambda row: row["number"])
    numbers = [row["number"] for row in entries]
    found.claim(numbers == list(range(1, len(numbers) + 1)), f"the entries of {name} are not numbered one by one")
    found.claim(account["version"] == len(entries), f"{name} is at {account['version']} with {len(entries)} entries")
    running = _Running(kept, name, found)
    for row in entries:
        running.post(row)
    traded = {row["number"] for row in kept.rows["trades"] if row["account_id"] == name}
    found.claim(traded == set(numbers[1:]), f"the trades of {name} are not those of its entries")
    running.judge_closed()
    for order in kept.rows["orders"]:
        if order["account_id"] == name and order["state"] == "open" and order["oco_id"]:
            guards = running.held.get(order["address"], 0) > 0
            found.claim(guards, f"order {order['order_id']} guards a position that has ended")
    _judge_fold(kept, name, entries, running, found)


class _Running:
    """An account reckoned from its rows, by no code of the desk's."""

    def __init__(self, kept: Kept, account_id: str, found: Findings) -> None:
        self.cash, self.deposits, self.gas = Decimal(0), Decimal(0), Decimal(0)
        self.held: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._kept, self._account, self._found = kept, account_id, found
        self._emptied: set[int] = set()

    def post(self, row: Row) -> None:
        where = f"entry {row['number']} of {self._account}"
        moved = _moved(row["postings"])
        for asset in {asset for _, asset in moved}:
            left = sum(amount for (_, its), amount in moved.items() if its == asset)
            self._found.claim(not left, f"{where} is out of balance by {left} {asset}")
        tokens = {asset: amount for (book, asset), amount in moved.items() if book == "token"}
        gas, cash = moved.get(("gas", "USD"), Decimal(0)), moved.get(("cash", "USD"), Decimal(0))
        self.cash, self.gas = self.cash + cash, self.gas + gas
        self.deposits -= moved.get(("deposits", "USD"), Decimal(0))
        for asset, amount in tokens.items():
            self.held[asset] += amount
            if not self.held[asset]:
                self._emptied.add(row["number"])
            self._found.claim(self.held[asset] >= 0, f"{where} leaves less than no {asset}")
        self._found.claim(self.cash >= 0, f"{where} leaves less than no cash")
        trade = self._kept.trades.get(f"{self._account}-{row['number']}")
        if trade:
            self._found.claim(trade["order_id"] == row["order_id"], f"{where} is of another order than its trade")
            self._found.claim((cash, tokens, gas) == _moves(trade), f"{where} moves something else than its trade")

    def judge_closed(self) -> None:
        closed = {row["number"] for row in self._kept.rows["closed"] if row["account_id"] == self._account}
        self._found.claim(closed == self._emptied, f"the closed positions of {self._account} are not those that ended")


def _moved(postings: str) -> dict[tuple[str, str], Decimal]:
    words = postings.split(" ")
    moved: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for book, asset, amount in zip(words[::3], words[1::3], words[2::3], strict=True):
        moved[book, asset] += Decimal(amount)
    return moved


def _moves(trade: Row) -> tuple[Decimal, dict[str, Decimal], Decimal]:
    """What a trade does: to the cash, to the tokens, and to the gas."""
    gas = Decimal(trade["gas_usd"])
    if trade["status"] == "reverted":
        return -gas, {}, gas
    way = 1 if trade["side"] == "buy" else -1
    return -way * Decimal(trade["value"]) - gas, {trade["address"]: way * Decimal(trade["quantity"])}, gas


def _judge_fold(kept: Kept, name: str, entries: list[Row], running: _Running, found: Findings) -> None:
    """The desk's own fold comes to the same."""
    columns = ("number", "at", "postings", "fee_usd", "impact_usd")
    try:
        account = folded(name, (entry_of([row[column] for column in columns]) for row in entries))
    except (ValueError, ArithmeticError, LookupError) as error:
        found.wrong.append(f"{name} cannot be folded: {error!r}")
        return
    fills = [row for row in kept.rows["trades"] if row["account_id"] == name and row["status"] == "filled"]
    held = {asset: position.quantity for asset, position in account.positions.items()}
    came_to = (account.cash, account.deposits, account.gas, held, account.fees, account.impact, account.realized)
    sums = (_sum(fills, "fee_usd"), _sum(fills, "impact_usd"), _sum(fills, "realized_pnl"))
    reckoned = (running.cash, running.deposits, running.gas, dict(running.held), *sums)
    found.claim(came_to == reckoned, f"{name} folds to {came_to}, and its rows come to {reckoned}")
    found.claim(not account.residual, f"the books of {name} are out of balance by {account.residual}")


def _sum(rows: list[Row], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows if row[column] is not None), Decimal(0))


def _judge_orders(kept: Kept, found: Findings) -> None:
    for order_id, times in Counter(row["order_id"] for row in kept.rows["orders"]).items():
        if times > 1:
            found.twice.append(f"order {order_id} is there {times} times")
    for order_id, times in Counter(row["order_id"] for row in kept.rows["trades"]).items():
        if times > 1:
            found.twice.append(f"order {order_id} has {times} trades")
    for order_id, row in kept.orders.items():
        is_open, traded = row["state"] == "open", row["state"] in ENDED_IN_A_TRADE
        is_told = is_open is (row["ended_at"] is None) and traded is (row["trade_id"] is not None)
        found.claim(is_told, f"order {order_id} is {row['state']}, ended {row['ended_at']}, trade {row['trade_id']}")
        trade = kept.trades.get(row["trade_id"] or "")
        its_own = trade is not None and (trade["order_id"], trade["status"]) == (order_id, row["state"])
        found.claim(its_own or not traded, f"the trade of order {order_id} is missing, or another's")
    for name, row in kept.trades.items():
        order = kept.orders.get(row["order_id"])
        found.claim(order is not None and order["trade_id"] == name, f"trade {name} is not the trade of its order")


def _judge_acknowledged(kept: Kept, heard: Acknowledged, found: Findings) -> None:
    row = kept.orders.get(heard.order_id)
    if row is None:
        found.lost.append(f"order {heard.order_id} was acknowledged as {heard.state}, and is not there")
        return
    ended = heard.state == "open" or row["state"] == heard.state
    found.claim(ended, f"order {heard.order_id} was acknowledged as {heard.state}, and is {row['state']}")
    if heard.trade_id is None:
        return
    trade = kept.trades.get(heard.trade_id)
    if trade is None:
        found.lost.append(f"trade {heard.trade_id} of order {heard.order_id} was acknowledged, and is not there")
        return
    same = (trade["order_id"], trade["quantity"], trade["value"]) == (heard.order_id, heard.quantity, heard.value)
    found.claim(same, f"trade {heard.trade_id} of order {heard.order_id} was acknowledged as something else")
