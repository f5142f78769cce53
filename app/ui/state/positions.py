"""What is held, as views: its rows change with a trade, what they are worth on every tick."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import reflex as rx

from app.domain.bots import BotState
from app.domain.money import change_pct
from app.domain.orders import Origin, Side
from app.domain.performance import error_median, error_p95
from app.domain.refusal import Refusal
from app.domain.tickets import Asked
from app.domain.trades import Trade, TradeStatus
from app.runtime.house import House, current
from app.runtime.pit import Pit
from app.runtime.standing import Holding, holdings
from app.store.trades import TradeFilter, trades
from app.store.watchlist import WatchedToken
from app.trading.bell import Topic
from app.trading.desk import Placed
from app.trading.exits import Exits
from app.ui import figures
from app.ui import format as fmt
from app.ui.state.clicks import late, order_id_of, text_of
from app.ui.state.journal import read
from app.ui.state.prices import entry_of, row_key
from app.ui.state.toasts import tell_outcome
from app.ui.state.view import Sight, Vars, View, put

# What the fill error and the grades are read from.
FILLS_READ = 200
_SHARES = ("50", "100")


class PositionsState(rx.State):
    """`rows` are the open positions: key (the watchlist's), symbol, name, quantity, entry, exits, stop, levels, grade,
    source, watched ('no' where the exits are those of a bot that is stopped). `measured` says who holds them
    and how far fills were off."""

    rows: list[dict[str, str]] = []
    measured: str = ""
    asked: bool = False

    @rx.event
    async def load(self):
        await show_positions(self)
        await show_worth(await self.get_state(WorthState))

    @rx.event(background=True)
    async def sell(self, key: str, share: str, order_id: str, clicked_ms: float):
        """Sell half of a position, or all of it, at the market."""
        outcome = await sold(key, share, order_id, clicked_ms)
        if outcome is not None:
            async with self:
                await tell_outcome(self, outcome)


class WorthState(rx.State):
    """`worth` holds, by the key of the row: the value in dollars, and what was won or lost."""

    worth: dict[str, list[str]] = {}


async def sold(key: object, share: object, order_id: object, clicked_ms: object) -> Placed | Refusal | None:
    """What became of a click that sells; None for one that names no position or another share."""
    known, found = order_id_of(order_id), held_entry(text_of(key))
    refusal = late(clicked_ms) or (known if isinstance(known, Refusal) else None)
    if refusal:
        return refusal
    if found is None or share not in _SHARES:
        return None
    pit, entry = found
    asked = Asked(str(known), "sell", share_pct=str(share))
    return await pit.desk.place(asked, entry.token.address, Origin.HAND)


def held_entry(key: str) -> tuple[Pit, WatchedToken] | None:
    """The pit and the token of a row of positions; None where there is no such row."""
    house = current()
    if house is None or house.pit is None:
        return None
    entry = entry_of(house, key)
    return (house.pit, entry) if entry and house.pit.account.held(entry.token.key.address) else None


async def show_positions(state: rx.State) -> None:
    house = current()
    pit = house.pit if house else None
    if house is None or pit is None:
        return
    filled = TradeFilter(status=TradeStatus.FILLED)
    fills = await read(trades, house.store, pit.session.id, filled, FILLS_READ)
    if fills is None:
        return
    last = await _last_fills(house, pit, fills)
    rows = [_row(house, holding, last) for holding in holdings(pit)]
    put(state, rows=rows, measured=beneath(held_by(pit), measured(fills)), asked=True)


async def show_worth(state: rx.State) -> None:
    house = current()
    if house is not None:
        put(state, **_worth(house, Sight()))


def _worth(house: House, sight: Sight) -> Vars:
    if house.pit is None or sight.page != "/":
        return {}
    return {"worth": {_key(house, holding): _marked(holding) for holding in holdings(house.pit)}}


def _key(house: House, holding: Holding) -> str:
    entry = entry_of(house, holding.token.address)
    return row_key(house, entry) if entry else holding.token.address


def _marked(holding: Holding) -> list[str]:
    pct = f" ({fmt.signed_pct(holding.unrealized_pct)})" if holding.unrealized_pct is not None else ""
    return [figures.amount(holding.value), figures.gain(holding.unrealized) + pct]


def _row(house: House, holding: Holding, fills: Mapping[str, Trade]) -> dict[str, str]:
    entry_price = holding.position.average_entry_price
    last = fills.get(holding.position.asset)
    return {
        "key": _key(house, holding),
        "symbol": holding.token.symbol,
        "name": holding.token.name,
        "quantity": fmt.quantity(holding.position.quantity),
        "entry": fmt.price(entry_price),
        "grade": last.grade.value if last else "",
        "source": f"Last fill quoted by {last.quote_source}" if last else "",
        **_exits_of(house, holding, entry_price),
    }


def _exits_of(house: House, holding: Holding, entry: Decimal) -> dict[str, str]:
    """The person's exits, or where there are none those of the bot for what it holds."""
    found = _exits(holding.exits, entry, _besides(house, holding.position.asset)) | {"watched": ""}
    bots = house.pit.bot.trader.exits_of(holding.position.asset) if house.pit else None
    if bots is None or holding.exits != Exits():
        return found
    own = _exits(Exits(*bots), entry)
    stopped = house.pit is not None and house.pit.bot.record.state is BotState.STOPPED
    rests = " The bot is stopped: it sells nothing." if stopped else ""
    return {
        "exits": f"bot {own['exits']}" + (", not watched" if stopped else ""),
        "stop": "not watched" if stopped else f"bot {own['stop']}",
        "watched": "no" if stopped else "",
        "levels": f"The bot's, for what it bought: {own['levels'][:1].lower()}{own['levels'][1:]}{rests}",
    }


def _besides(house: House, asset: str) -> int:
    """How many orders wait to sell the position that are none of its exits."""
    resting = house.pit.desk.books.orders.values() if house.pit else ()
    return sum(
        order.ticket.side is Side.SELL and order.ticket.token.key.address == asset and not order.oco_id
        for order in resting
    )


def _exits(exits: Exits, entry: Decimal, besides: int = 0) -> dict[str, str]:
    """The exits as distances from the entry, the stop alone, and all of them as levels; each with the number of the
    orders that sell `besides`."""
    stop, target = _distance(exits.stop_loss, entry), _distance(exits.take_profit, entry)
    trail = f"{figures.short(exits.trailing_pct)} %" if exits.trailing_pct is not None else ""
    levels = [
        f"stop {fmt.price(exits.stop_loss)}" if stop else "",
        f"target {fmt.price(exits.take_profit)}" if target else "",
        f"trailing stop {trail} below the highest price" if trail else "",
    ]
    words = ", ".join(filter(None, levels))
    said = f"{words[:1].upper()}{words[1:]}." if words else "No exits are set."
    orders = f"{besides} order{'s' if besides > 1 else ''}"
    nearest = f"SL {stop}" if stop else f"trail {trail}" if trail else ""
    return {
        "exits": (" / ".join(filter(None, (stop, target, f"trail {trail}" if trail else ""))) or "none")
        + (f" +{orders}" if besides else ""),
        "stop": (f"{nearest} +{orders}" if nearest else orders) if besides else nearest,
        "levels": f"{said} Besides, {orders} wait{'' if besides > 1 else 's'} to sell." if besides else said,
    }


def _distance(level: Decimal | None, entry: Decimal) -> str:
    if level is None:
        return ""
    return figures.pct(change_pct(level, entry)) if entry else fmt.price(level)


async def _last_fills(house: House, pit: Pit, fills: list[Trade]) -> dict[str, Trade]:
    """The newest fill of each token that is held, by address: mostly among the newest of all."""
    found: dict[str, Trade] = {}
    for fill in fills:
        found.setdefault(fill.token.key.address, fill)
    for position in pit.account.open_positions:
        if position.asset not in found:
            wanted = TradeFilter(address=position.asset, status=TradeStatus.FILLED)
            old = await read(trades, house.store, pit.session.id, wanted, 1)
            found.update((position.asset, fill) for fill in old or [])
    return found


def beneath(*parts: str) -> str:
    """What is said under the positions, as one sentence."""
    said = " · ".join(filter(None, parts))
    return f"{said[:1].upper()}{said[1:]}"


def held_by(pit: Pit) -> str:
    """'held by level 5 and by you': the levels that opened what the bot holds, and whether there is more than that;
    empty where nothing is held."""
    bots = pit.bot.trader.holdings
    levels = sorted({bots[held.asset].level for held in pit.account.open_positions if held.asset in bots})
    own = any(
        held.asset not in bots or held.quantity > bots[held.asset].quantity for held in pit.account.open_positions
    )
    names = f"level{'s' if len(levels) > 1 else ''} {', '.join(map(str, levels))}" if levels else ""
    holders = [f"by {name}" for name in (names, "you" if own else "") if name]
    return f"held {' and '.join(holders)}" if holders else ""


def measured(fills: Sequence[Trade]) -> str:
    """How far fills were off from what was quoted: at the next block, which a market without blocks has none of, and
    after half a minute; and how to read it."""
    kinds = {"next block": [f.fill_error_bps for f in fills], "after 30 s": [f.fill_error_30s_bps for f in fills]}
    newest = "last " if len(fills) == FILLS_READ else ""
    parts = [f"{when} {_off(errors, newest)}" for when, found in kinds.items() if (errors := _known(found))]
    size = "; the p95 is of its size, either way" if "p95" in " ".join(parts) else ""
    return f"fill error so far: {'; '.join(parts)} · above zero is worse than quoted{size}" if parts else ""


def _known(errors: Sequence[Decimal | None]) -> list[Decimal]:
    return [error for error in errors if error is not None]


def _off(errors: Sequence[Decimal], newest: str) -> str:
    p95 = error_p95(errors).value
    said = [f"median {figures.bp(error_median(errors).value)}", f"p95 {figures.bp(p95)}" if p95 is not None else ""]
    return f"{', '.join(filter(None, said))} ({newest}{len(errors)} trade{'s' if len(errors) > 1 else ''})"


POSITIONS = View(PositionsState, show_positions, frozenset({Topic.ACCOUNT, Topic.SESSION, Topic.WATCHLIST}), "/")
WORTH = View(WorthState, show_worth, frozenset({Topic.PRICES, Topic.ACCOUNT, Topic.SESSION}), "/", alike=_worth)
