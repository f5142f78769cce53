"""Sessions out of files that nobody vouches for: read, checked to the last digit, and put into the archive."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from app.domain.bars import Bar, Interval
from app.domain.chains import CHAINS
from app.domain.ledger import Entry, Position, Posting
from app.domain.money import NOTHING, NotANumber, price_of, usd_of
from app.domain.orders import Order, Size, Ticket
from app.domain.refusal import Refusal
from app.domain.session import Session
from app.domain.tokens import Token, TokenKey
from app.domain.trades import Trade, trade_id
from app.runtime import spelling
from app.runtime.exporting import FORMAT, VERSION
from app.runtime.proving import Claim, prove
from app.runtime.rekeying import order_ids, settle_under
from app.runtime.spelling import Misspelled
from app.store.archives import Archive, Holder, Holdings, take_in
from app.store.database import Store
from app.store.equity import Mark
from app.store.flattens import Flatten
from app.store.orders import SEAL
from app.trading.watchlist import board_key

# In characters: some hundred thousand trades.
LARGEST = 500_000_000
_LENGTH = spelling.Record("a bar", interval=spelling.one_of(Interval))
_SECTIONS = ("entries", "trades", "orders", "closed", "flattens", "equity")

Told = Callable[[int, int], None]
Item = TypeVar("Item")


def _untold(_done: int, _all: int) -> None:
    """Nobody asked how far it has come."""


def import_session(store: Store, text: str, told: Told = _untold) -> Session | Refusal:
    """Put an exported session into the archive, under an id of its own, all of it or nothing. The same file twice is
    refused. `told` hears how much of how much is done. Raises StoreRefused."""
    try:
        seal = hashlib.sha256(text.encode()).hexdigest()
        archive, rows, release = _proven(text, told)
    except UnicodeError:
        return Refusal("bad_session_file", "The file cannot be imported: it is not UTF-8 text.")
    except Misspelled as error:
        return Refusal("bad_session_file", f"The file cannot be imported: {error}.")
    sealed = replace(archive, session=_sealed(archive.session, seal, release))
    written = _Counter(rows, told)
    settled = take_in(
        store,
        seal,
        lambda seq: order_ids(sealed, seq),
        lambda seq, taken: settle_under(seq, taken, sealed),
        written,
    )
    return settled or Refusal("already_imported", "This file has been imported already.")


def _proven(text: str, told: Told) -> tuple[Archive, int, str]:
    """The session in the text, how many rows it has, and the release that wrote it. Raises Misspelled."""
    document = _document(text)
    found = _Reading(document, told)
    archive = found.archive()
    prove(archive, found.claims)
    return archive, found.rows, str(document.get("release"))[:40]


def _document(text: str) -> dict[str, Any]:
    """What the JSON says, if it says that it is ours. Raises Misspelled."""
    if len(text) > LARGEST:
        raise Misspelled(f"it is larger than {LARGEST // 1_000_000} MB")
    try:
        document: Any = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Misspelled("it is not JSON that can be read") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Misspelled("it is not a session that Drydock exported")
    if document.get("version") != VERSION:
        raise Misspelled(f"it is of version {str(document.get('version'))[:20]!r}, and {VERSION} is what is known")
    return document


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _sealed(session: Session, seal: str, release: str) -> Session:
    ended = f" to {session.ended_at:%Y-%m-%d}" if session.ended_at else ""
    origin = (
        f"Imported: it was session {session.id} of another desk ({session.started_at:%Y-%m-%d}{ended}), "
        f"exported by Drydock {release}."
    )
    note = f"{origin}\n{session.note}" if session.note else origin
    return replace(session, note=note, settings=MappingProxyType({**session.settings, SEAL: seal}))


class _Counter:
    """Rows that were written, told as the second half of the work."""

    def __init__(self, rows: int, told: Told) -> None:
        self._rows = self._done = rows
        self._told = told

    def __call__(self, count: int) -> None:
        self._done += count
        self._told(self._done, 2 * self._rows)


class _Reading:
    """A document on its way to an archive. `claims` is what it says that each account comes to."""

    def __init__(self, document: dict[str, Any], told: Told) -> None:
        self._document = document
        self._told = told
        self._done = 0
        self.claims: dict[str, Claim] = {}
        self.rows = sum(len(document[name]) for name in _SECTIONS if isinstance(document.get(name), list))
        tokens = [Token(**spelling.TOKEN.read(row)) for row in self._list("tokens")]
        self._tokens = {(token.symbol, token.address): token for token in tokens}
        self._prices = [self._priced(row) for row in self._list("prices")] if "prices" in document else []
        self.rows += sum(len(bars) for _, bars in self._prices)

    def archive(self) -> Archive:
        """Raises Misspelled."""
        session = _session(self._document.get("session"))
        accounts = [self._holder(row) for row in self._list("accounts")]
        if len({holder.id for holder in accounts}) != len(accounts):
            raise Misspelled("two accounts in it have one id")
        entries = self._by_account("entries", _entry, accounts)
        trades = self._by_account("trades", self._trade, accounts)
        orders = self._by_account("orders", self._order, accounts)
        closed = self._by_account("closed", _closed, accounts)
        flattens = self._by_account("flattens", _flatten, accounts)
        marks = self._by_account("equity", _mark, accounts)
        return Archive(
            session,
            [
                Holdings(it, entries[it.id], trades[it.id], orders[it.id], closed[it.id], flattens[it.id], marks[it.id])
                for it in accounts
            ],
            self._bars(),
        )

    def _list(self, name: str) -> list[Any]:
        # Taken out of it: what has been read need not be in memory twice.
        rows = self._document.pop(name, None)
        if not isinstance(rows, list):
            raise Misspelled(f"it has no list of {name}")
        return rows

    def _holder(self, row: Any) -> Holder:
        holder = Holder(**spelling.HOLDER.read(row))
        positions = row.get("positions")
        if not isinstance(positions, list):
            raise Misspelled("an account in it has no list of positions")
        held = [Position(**spelling.POSITION.read(position)) for position in positions]
        self.claims[holder.id] = Claim(spelling.FOLD.read(row), {position.asset: position for position in held})
        return holder

    def _by_account(self, name: str, make: Callable[[str, Any], Item], accounts: list[Holder]) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {holder.id: [] for holder in accounts}
        for row in self._counted(self._list(name)):
            account_id = row.get("account_id") if isinstance(row, dict) else None
            if not isinstance(account_id, str) or account_id not in found:
                raise Misspelled(f"one of its {name} is of no account in it")
            found[account_id].append(make(account_id, row))
        return found

    def _bars(self) -> dict[TokenKey, list[tuple[Interval, Bar]]]:
        found: dict[TokenKey, dict[Any, tuple[Interval, Bar]]] = {}
        for token, bars in self._prices:
            # Two tokens that are priced as one have the same bars.
            kept = found.setdefault(board_key(token) or token.key, {})
            kept.update(((it[0], it[1].at), it) for it in map(_bar, self._counted(bars)))
        return {key: list(kept.values()) for key, kept in found.items() if kept}

    def _priced(self, row: Any) -> tuple[Token, list[Any]]:
        if not isinstance(row, dict):
            raise Misspelled("a price in it is not an object")
        bars = row.get("bars")
        if not isinstance(bars, list):
            raise Misspelled("a price in it has no list of bars")
        token, chain_id = self._token(row), row.get("chain_id")
        if type(chain_id) is not int or chain_id != token.chain_id or chain_id not in CHAINS:
            raise Misspelled("a price in it is not of the chain of its token, or of one that Drydock does not know")
        return token, bars

    def _counted(self, rows: list[Any]) -> Iterator[Any]:
        for row in rows:
            self._done += 1
            if self._done % 1000 == 0:
                self._told(self._done, 2 * self.rows)
            yield row

    def _token(self, row: dict[str, Any]) -> Token:
        symbol, address = row.get("symbol"), row.get("token_address")
        token = self._tokens.get((symbol, address)) if isinstance(symbol, str) and isinstance(address, str) else None
        if token is None:
            raise Misspelled("a trade, an order or a price in it is of a token that it does not describe")
        return token

    def _trade(self, account_id: str, row: dict[str, Any]) -> Trade:
        values = spelling.TRADE.read(row)
        return Trade(trade_id(account_id, values["number"]), account_id, token=self._token(row), **values)

    def _order(self, account_id: str, row: dict[str, Any]) -> Order:
        size = Size(**spelling.SIZE.read(row.get("size")))
        ticket = Ticket(token=self._token(row), size=size, **spelling.TICKET.read(row))
        return Order(ticket, account_id, **spelling.ORDER.read(row))


def _session(row: Any) -> Session:
    values = spelling.SESSION.read(row)
    hold = values["hold"] and MappingProxyType(values["hold"])
    return Session(**values | {"settings": MappingProxyType(values["settings"]), "hold": hold})


def _entry(account_id: str, row: dict[str, Any]) -> Entry:
    values = spelling.ENTRY.read(row)
    postings = row.get("postings")
    if not isinstance(postings, list):
        raise Misspelled("an entry in it has no list of postings")
    posted = tuple(map(_posting, postings))
    try:
        return Entry(postings=posted, **values)
    except (ValueError, ArithmeticError) as error:
        raise Misspelled(f"in {account_id}, {error}") from error


def _posting(words: Any) -> Posting:
    if not isinstance(words, list) or len(words) != 3:
        raise Misspelled("a posting in it is not made of book, asset and amount")
    try:
        book, asset, amount = (
            kind.read(word) for kind, word in zip((spelling.BOOK, spelling.TEXT, spelling.NUMBER), words, strict=True)
        )
    except ValueError as error:
        raise Misspelled(f"a posting in it is wrong: {error}") from error
    if " " in asset or not asset:
        raise Misspelled("a posting in it is of an asset that cannot be")
    return Posting(book, asset, amount)


def _closed(_account_id: str, row: dict[str, Any]) -> tuple[int, Position]:
    number = row.get("number")
    if type(number) is not int:
        raise Misspelled("a closed position in it has no number")
    return number, Position(quantity=NOTHING, cost=NOTHING, **spelling.CLOSED.read(row))


def _flatten(account_id: str, row: dict[str, Any]) -> Flatten:
    values = spelling.FLATTEN.read(row)
    sells, refused = row.get("orders"), row.get("refusals")
    if not isinstance(sells, list) or not isinstance(refused, list | None):
        raise Misspelled("a flattening in it has no list of orders")
    orders = [(sell["order_id"], sell["asset"]) for sell in map(spelling.SELL.read, sells)]
    if refused is None:
        return Flatten(account_id=account_id, orders=orders, **values)
    told = [spelling.REFUSED.read(each) for each in refused]
    refusals = {each["order_id"]: Refusal(each["code"], each["sentence"]) for each in told}
    return Flatten(account_id=account_id, orders=orders, refusals=refusals, **values)


def _bar(row: Any) -> tuple[Interval, Bar]:
    bar = Bar(**spelling.BAR.read(row))
    interval: Interval = _LENGTH.read(row)["interval"]
    # The open of a bar of pools may lie outside of its low and high.
    if bar.low > bar.high or not _is_traded(bar):
        raise Misspelled("a bar in it has prices that cannot be")
    if interval.start_of(bar.at) != bar.at:
        raise Misspelled(f"a bar in it begins at no whole {interval}")
    return interval, bar


def _is_traded(bar: Bar) -> bool:
    """Whether a recording could be made of it."""
    try:
        usd_of(bar.volume)
        return all(price_of(price) for price in (bar.open, bar.high, bar.low, bar.close))
    except NotANumber:
        return False


def _mark(_account_id: str, row: dict[str, Any]) -> Mark:
    return Mark(**spelling.MARK.read(row))
