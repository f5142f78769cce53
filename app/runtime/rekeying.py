"""A session from elsewhere under ids of its own here: sessions, accounts and trades anew, orders where they clash."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from app.domain.orders import Order, OrderState
from app.domain.trades import Trade, trade_id
from app.store.archives import Archive, Holdings
from app.store.flattens import Flatten
from app.store.sessions import ARCHIVED

Named = Callable[[str], str]


def order_ids(archive: Archive, seq: int) -> Iterator[str]:
    """Every id in it that an order or a flattening has, or might have had, and what it may be called instead."""
    for old in _old_ids(archive):
        yield old
        yield _renamed(old, seq)


def settle_under(seq: int, taken: frozenset[str], archive: Archive) -> Archive:
    """The session as the one with this number, ended: what was open in it is cancelled. An order whose id is taken
    has 'import-<number>-' before it."""
    session, ended_at = archive.session, archive.session.ended_at or _last_moment(archive)
    new, named = f"s{seq}", _names(archive, seq, taken).__getitem__
    accounts = [
        _settled(each, new + each.holder.id.removeprefix(session.id), named, ended_at) for each in archive.accounts
    ]
    return replace(archive, session=replace(session, id=new, ended_at=ended_at), accounts=accounts)


def _renamed(old: str, seq: int) -> str:
    return f"import-{seq}-{old}"


def _old_ids(archive: Archive) -> Iterator[str]:
    for each in archive.accounts:
        yield from (order.id for order in each.orders)
        for flatten in each.flattens:
            yield flatten.order_id
            yield from (child for child, _ in flatten.orders)
            yield from flatten.refusals or ()


def _names(archive: Archive, seq: int, taken: frozenset[str]) -> dict[str, str]:
    """What each id becomes: no two the same, and none that is taken."""
    old_ids = dict.fromkeys(_old_ids(archive))
    names = {old: old for old in old_ids if old not in taken}
    used = {*names, *taken}
    for old in old_ids:
        if old in taken:
            name = _renamed(old, seq)
            while name in used:
                name = _renamed(name, seq)
            used.add(name)
            names[old] = name
    return names


def _settled(each: Holdings, account_id: str, named: Named, ended_at: datetime) -> Holdings:
    return replace(
        each,
        holder=replace(each.holder, id=account_id),
        trades=[_trade(trade, account_id, named) for trade in each.trades],
        orders=[_ended(_order(order, account_id, each.holder.id, named), ended_at) for order in each.orders],
        flattens=[_flatten(flatten, account_id, named) for flatten in each.flattens],
    )


def _trade(trade: Trade, account_id: str, named: Named) -> Trade:
    # The bot's decisions stay where they were made: their ids name others here.
    mine = replace(trade, id=trade_id(account_id, trade.number), account_id=account_id, decision_id=None)
    return replace(mine, order_id=named(trade.order_id))


def _order(order: Order, account_id: str, old: str, named: Named) -> Order:
    traded = order.trade_id and account_id + order.trade_id.removeprefix(old)
    return replace(
        order, ticket=replace(order.ticket, order_id=named(order.id)), account_id=account_id, trade_id=traded
    )


def _ended(order: Order, at: datetime) -> Order:
    if order.state is not OrderState.OPEN:
        return order
    return replace(order, state=OrderState.CANCELLED, reason=ARCHIVED, ended_at=at)


def _flatten(flatten: Flatten, account_id: str, named: Named) -> Flatten:
    told = flatten.refusals
    return replace(
        flatten,
        order_id=named(flatten.order_id),
        account_id=account_id,
        orders=[(named(child), asset) for child, asset in flatten.orders],
        refusals=None if told is None else {named(child): refusal for child, refusal in told.items()},
    )


def _last_moment(archive: Archive) -> datetime:
    """When anything happened last."""
    moments = [archive.session.started_at]
    for each in archive.accounts:
        moments += [item[-1].at for item in (each.entries, each.marks) if item]
        moments += [order.ended_at or order.created_at for order in each.orders]
    return max(moments)
