"""Standing: what an account and its positions come to at the prices on the board, for faces to show."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.ledger import Position
from app.domain.money import NOTHING, minus, product, ratio, significant, total
from app.domain.prices import Consensus
from app.domain.session import Session
from app.domain.tokens import Token
from app.runtime.pit import Pit
from app.trading.exits import Exits, exits_of


@dataclass(frozen=True, slots=True)
class Standing:
    """An account in US dollars; percentages are signed, but for the drawdown, which is positive. `residual` is
    equity − (deposits + realized + unrealized − gas): anything but zero is a bug."""

    session: Session
    cash: Decimal
    positions_value: Decimal
    equity: Decimal
    realized: Decimal
    unrealized: Decimal
    gas: Decimal
    fees: Decimal
    impact: Decimal
    return_pct: Decimal
    max_drawdown_pct: Decimal
    residual: Decimal
    stale_value_pct: Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """A position at the price on the board; `value` and `unrealized` are US dollars, None without any price."""

    position: Position
    token: Token
    price: Consensus
    value: Decimal | None
    unrealized: Decimal | None
    unrealized_pct: Decimal | None
    exits: Exits


def standing(pit: Pit) -> Standing:
    """The account as it stands."""
    account, worth = pit.account, pit.see()
    identity = total(account.deposits, account.realized, worth.unrealized, minus(account.gas))
    start = account.deposits
    return Standing(
        session=pit.session,
        cash=account.cash,
        positions_value=worth.positions_value,
        equity=worth.equity,
        realized=account.realized,
        unrealized=worth.unrealized,
        gas=account.gas,
        fees=account.fees,
        impact=account.impact,
        return_pct=significant((ratio(worth.equity, start) - 1) * 100, 9) if start else NOTHING,
        max_drawdown_pct=significant(pit.drawdown.deepest_pct, 9),
        residual=total(worth.equity, minus(identity)),
        stale_value_pct=_share(worth.stale_value, worth.positions_value),
    )


def holdings(pit: Pit) -> list[Holding]:
    """What is held, in the order of its opening."""
    found = ((position, pit.token(position.asset)) for position in pit.account.open_positions)
    return [_holding(pit, position, token) for position, token in found if token is not None]


def _holding(pit: Pit, position: Position, token: Token) -> Holding:
    held = pit.desk.venue.price(token)
    exits = exits_of(pit.desk, token)
    if held.price is None:
        return Holding(position, token, held, None, None, None, exits)
    value = product(position.quantity, held.price)
    gain = total(value, minus(position.cost))
    pct = significant(ratio(gain, position.cost) * 100, 9) if position.cost else None
    return Holding(position, token, held, value, gain, pct, exits)


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return significant(ratio(part, whole) * 100, 9) if whole else NOTHING
