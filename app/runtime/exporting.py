"""Files to take away: a session as JSON, whole and line by line, and trades as CSV or JSON."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from app.domain.bars import Bar, Interval
from app.domain.ledger import Account, Entry, Position, folded
from app.domain.money import plain
from app.domain.orders import Order
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tokens import Token
from app.domain.trades import Trade
from app.runtime import spelling
from app.runtime.release import release
from app.runtime.trade_rows import csv_lines, trade_item
from app.store.archives import Holder, Kept, kept
from app.store.database import Store
from app.store.flattens import Flatten
from app.store.sessions import session as find_session
from app.store.trades import ALL, TradeFilter, each_trade
from app.trading.watchlist import board_key

FORMAT = "drydock session"
VERSION = 1


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A session on its way into a file: about so many lines, each read when it is taken. Until the last is taken the
    database is read as it was at the first. Taking one raises StoreRefused."""

    session: Session
    length: int
    lines: Iterator[str]


def session_json(store: Store, session_id: str) -> str | Refusal:
    """A session as a JSON text that can be imported and replayed: the same bytes for the same content. Raises
    StoreRefused."""
    found = session_file(store, session_id)
    return found if isinstance(found, Refusal) else "".join(found.lines)


def session_file(store: Store, session_id: str) -> SessionFile | Refusal:
    """A session to be written line by line. Raises StoreRefused."""
    session = find_session(store, session_id)
    if session is None:
        return Refusal("unknown_session", f"There is no session {session_id[:60]!r}.")
    with kept(store, session) as known:
        length = known.rows()
    return SessionFile(session, length, _lines(store, session))


def trades_csv(store: Store, account_id: str, wanted: TradeFilter = ALL) -> Iterator[str]:
    """An account's trades as CSV, oldest first, some hundred lines at a time, after one with the names.

    Text that a program for tables would run has an apostrophe before it. Taking one raises StoreRefused.
    """
    return csv_lines(each_trade(store, account_id, wanted))


def trades_json(store: Store, account_id: str, wanted: TradeFilter = ALL) -> Iterator[str]:
    """An account's trades as a JSON array, oldest first, line by line. Taking one raises StoreRefused."""
    yield "["
    yield from _separated(map(trade_item, each_trade(store, account_id, wanted)))
    yield "\n]\n"


def _lines(store: Store, session: Session) -> Iterator[str]:
    with kept(store, session) as known:
        tokens = _Tokens()
        head = {"format": FORMAT, "version": VERSION, "release": release()}
        yield _json(head)[:-1]
        yield f',\n"session":{_json(spelling.SESSION.write(session))}'
        # What the entries fold into is known after them only, and stands before them.
        entered: list[str] = []
        yield from _section("accounts", (_account(known, holder, entered) for holder in known.holders))
        yield f',\n"entries":[{",".join(entered)}\n]'
        ids = [holder.id for holder in known.holders]
        yield from _section("trades", (_trade(it, tokens) for id_ in ids for it in known.trades(id_)))
        yield from _section("orders", (_order(it, tokens) for id_ in ids for it in known.orders(id_)))
        yield from _section("closed", (_closed(id_, *it) for id_ in ids for it in known.closed(id_)))
        yield from _section("flattens", (_flatten(it) for id_ in ids for it in known.flattens(id_)))
        marks = ({"account_id": id_, **spelling.MARK.write(it)} for id_ in ids for it in known.marks(id_))
        yield from _section("equity", marks)
        yield from _section("tokens", map(spelling.TOKEN.write, tokens.all()))
        yield from _prices(known, tokens)
        yield "\n}\n"


def _section(name: str, rows: Iterable[Any]) -> Iterator[str]:
    yield f',\n"{name}":['
    yield from _separated(rows)
    yield "\n]"


def _json(row: Any) -> str:
    return to_json(row, inf_nan_mode="strings").decode()


def _separated(rows: Iterable[Any]) -> Iterator[str]:
    before = "\n"
    for row in rows:
        yield before + _json(row)
        before = ",\n"


def _account(known: Kept, holder: Holder, entered: list[str]) -> dict[str, Any]:
    """An account, and what its entries fold into; they are `entered` on the way."""

    def noted() -> Iterator[Entry]:
        for entry in known.entries(holder.id):
            entered.append("\n" + _json(_entry(holder.id, entry)))
            yield entry

    account: Account = folded(holder.id, noted())
    positions = [spelling.POSITION.write(account.positions[asset]) for asset in sorted(account.positions)]
    return {**spelling.HOLDER.write(holder), **spelling.FOLD.write(account), "positions": positions}


def _entry(account_id: str, entry: Entry) -> dict[str, Any]:
    postings = [(book, asset, plain(amount)) for book, asset, amount in entry.postings]
    return {"account_id": account_id, **spelling.ENTRY.write(entry), "postings": postings}


def _trade(trade: Trade, tokens: "_Tokens") -> dict[str, Any]:
    tokens.traded(trade.token)
    return {"id": trade.id, "account_id": trade.account_id, **_of(trade.token), **spelling.TRADE.write(trade)}


def _order(order: Order, tokens: "_Tokens") -> dict[str, Any]:
    ticket = order.ticket
    tokens.ordered(ticket.token)
    return {
        "account_id": order.account_id,
        **_of(ticket.token),
        **spelling.TICKET.write(ticket),
        "size": spelling.SIZE.write(ticket.size),
        **spelling.ORDER.write(order),
    }


def _closed(account_id: str, number: int, position: Position) -> dict[str, Any]:
    return {"account_id": account_id, "number": number, **spelling.CLOSED.write(position)}


def _flatten(flatten: Flatten) -> dict[str, Any]:
    told = sorted((flatten.refusals or {}).items())
    refusals = [{"order_id": child, "code": it.code, "sentence": it.sentence} for child, it in told]
    return {
        "account_id": flatten.account_id,
        **spelling.FLATTEN.write(flatten),
        "orders": [{"order_id": child, "asset": asset} for child, asset in flatten.orders],
        "refusals": None if flatten.refusals is None else refusals,
    }


def _of(token: Token) -> dict[str, str]:
    return {"symbol": token.symbol, "token_address": token.address}


class _Tokens:
    """The tokens that were met on the way, each once."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, str], Token] = {}
        self._traded: dict[tuple[str, str], Token] = {}

    def ordered(self, token: Token) -> None:
        self._met[token.symbol, token.address] = token

    def traded(self, token: Token) -> None:
        self._met[token.symbol, token.address] = self._traded[token.symbol, token.address] = token

    def all(self) -> list[Token]:
        return [self._met[name] for name in sorted(self._met)]

    def priced(self) -> list[Token]:
        return [self._traded[name] for name in sorted(self._traded)]


def _prices(known: Kept, tokens: _Tokens) -> Iterator[str]:
    yield ',\n"prices":['
    before = "\n"
    for token in tokens.priced():
        yield f'{before}{_json(_of(token) | {"chain_id": token.chain_id})[:-1]},"bars":['
        yield from _separated(_bar(*item) for item in finest(known.bars(board_key(token) or token.key)))
        yield "]}"
        before = ",\n"
    yield "\n]"


def _bar(interval: Interval, bar: Bar) -> dict[str, Any]:
    return {"interval": interval, **spelling.BAR.write(bar)}


def finest(bars: Iterable[tuple[Interval, Bar]]) -> list[tuple[Interval, Bar]]:
    """Of bars of several lengths, the shortest first, those that lie over no shorter one; in order of time.

    Short bars are kept for a while only: what is left of older times are longer ones.
    """
    found: list[tuple[Interval, Bar]] = []
    length, covered = None, set[Any]()
    for interval, bar in bars:
        if interval is not length:
            length, covered = interval, {interval.start_of(shorter.at) for _, shorter in found}
        if bar.at not in covered:
            found.append((interval, bar))
    return sorted(found, key=lambda item: item[1].at)
