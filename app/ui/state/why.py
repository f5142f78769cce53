"""What the bot makes of the chosen token, as views: the ten levels' verdicts, the account's own gates, and the last
decisions."""

from decimal import Decimal

import reflex as rx

from app.bot.words import shown, title
from app.domain.bots import BotState
from app.domain.decisions import Decision, Gate, Logged, Opinion
from app.runtime.bot import Bot
from app.runtime.house import House, current
from app.runtime.looks import LevelLine, Look
from app.runtime.reckoning import reckonings
from app.store.database import StoreRefused
from app.store.decisions import ALL, decisions
from app.store.watchlist import WatchedToken
from app.trading.bell import Topic
from app.ui.state.chart import ChartState
from app.ui.state.prices import entry_of, seen_ms
from app.ui.state.view import Sight, Vars, View, put

LAST = 10
# Gates that are shown even while they pass; the others are folded away then.
_ALWAYS = frozenset({"price", "history", "risk", "confidence", "edge", "room"})
_THINKS = {
    BotState.RUNNING: "",
    BotState.PAUSED: "The bot is paused: it looks after what it holds and opens nothing.",
    BotState.STOPPED: "The bot is stopped: it only thinks.",
}


class WhyState(rx.State):
    """Of one `token` (its symbol): `verdicts` are verdict and gate by level, `returns` the levels' in percent; `gates`,
    `values`, `passed` ('y' or 'n' each) and `parts` ('k' is there to keep what is held, 'b' to buy, 'm' is folded away)
    the account's own decision `at` a time (UTC), `whose` it is, `lead` and `rest` what is said of it; `more` how many
    are folded away. `note` says what stands in its way, or why there is none; `stance` what the bot does with it."""

    token: str = ""
    verdicts: list[list[str]] = []
    returns: list[str] = []
    at: str = ""
    gates: list[str] = []
    values: list[str] = []
    passed: str = ""
    parts: str = ""
    more: int = 0
    whose: str = ""
    lead: str = ""
    rest: str = ""
    note: str = ""
    stance: str = ""

    @rx.event
    async def load(self):
        await show_why(self)


class LastDecisionsState(rx.State):
    """`rows` are the newest decisions of the account: when (Unix ms), verdict, token, level, the gate that decided."""

    rows: list[list[str | int]] = []
    asked: bool = False

    @rx.event
    async def load(self):
        await show_last(self)


async def show_why(state: rx.State) -> None:
    house = current()
    if house is None or house.pit is None:
        return
    chart = await state.get_state(ChartState)
    put(state, **_why(house, Sight(token=chart.chosen)))


def _why(house: House, sight: Sight) -> Vars:
    # A tab that asked for no token looks at the first, as its chart does.
    entry = entry_of(house, sight.token) or next(iter(house.floor.watchlist), None)
    if house.pit is None or entry is None or sight.page != "/":
        return {}
    return _seen(house.pit.bot, entry)


def _seen(bot: Bot, entry: WatchedToken) -> Vars:
    look = bot.look(entry.token.address.lower())
    symbol = entry.token.symbol
    found: Vars = {
        "token": symbol,
        "returns": [return_of(line) for line in bot.lines()],
        "stance": _stance(bot, entry),
    }
    return found | (_thought(look, symbol) if look else _nothing(bot, symbol))


def _stance(bot: Bot, entry: WatchedToken) -> str:
    if bot.record.state is BotState.STOPPED and bot.trader.exits_of(entry.token.key.address) is not None:
        return f"The bot is stopped: nobody looks after the {entry.token.symbol} it holds."
    return _THINKS[bot.record.state]


def _nothing(bot: Bot, symbol: str) -> Vars:
    blank: Vars = {"verdicts": [], "at": "", "gates": [], "values": [], "passed": "", "lead": "", "rest": ""}
    blank |= {"parts": "", "more": 0, "whose": ""}
    if bot.last_tick_at is None:
        return blank | {"note": f"The bot has not looked yet; it does so every {bot.tick_seconds:g} s."}
    return blank | {"note": f"The bot has not looked at {symbol}: it has no market of its own, or was just added."}


def _thought(look: Look, symbol: str) -> Vars:
    gates = _known(look.decision)
    parts = "".join(map(_part, gates))
    lead, _, rest = look.said.partition(". ")
    return {
        "verdicts": [_verdict(opinion) for opinion in look.opinions],
        "at": f"{look.at:%H:%M:%S}",
        "gates": [title(gate.name) for gate in gates],
        "values": [_shown(gate, look) for gate in gates],
        "passed": "".join("y" if gate.passed else "n" for gate in gates),
        "parts": parts,
        "more": parts.count("m"),
        "whose": f"your account, level {look.decision.level}",
        "lead": lead.removesuffix(".") + ".",
        "rest": rest,
        "note": _in_the_way(look, symbol),
    }


def _part(gate: Gate) -> str:
    if gate.keeps:
        return "k"
    return "m" if gate.passed and gate.name not in _ALWAYS else "b"


def _shown(gate: Gate, look: Look) -> str:
    """The value against its threshold; of a price also how old it is."""
    aged = f", {look.age_s:.0f} s old" if gate.name == "price" and gate.value and look.age_s is not None else ""
    return shown(gate) + aged


def _verdict(opinion: Opinion) -> list[str]:
    failed = opinion.first_failed
    return [opinion.verdict.value, title(failed) if failed else ""]


def _known(decision: Decision) -> list[Gate]:
    """The gates in their order; without enough history, those about what is not known yet say nothing."""
    short = any(gate.name == "history" and not gate.passed for gate in decision.gates)
    return [gate for gate in decision.gates if gate.value is not None or not short]


def _in_the_way(look: Look, symbol: str) -> str:
    """What has to come before anything can be decided: a live price, and enough bars."""
    if look.price is None:
        return f"There is no price of {symbol} yet."
    if look.state != "live":
        return f"The price of {symbol} is {look.state}: nothing is bought until it is live."
    history = next((gate for gate in look.decision.gates if gate.name == "history"), None)
    return f"Too little history yet: {shown(history)}." if history and not history.passed else ""


def return_of(line: LevelLine) -> str:
    """A return in five characters, for a narrow cell: '+2.5%', '−12%', '0.0%'."""
    size = line.return_pct.copy_abs()
    text = f"{size:.1f}" if size < Decimal("9.95") else f"{size:.0f}"
    sign = "" if not text.strip("0.") else "+" if line.return_pct > 0 else "−"
    return f"{sign}{text}%"


async def show_last(state: rx.State) -> None:
    house = current()
    if house is None or house.pit is None:
        return
    store, session_id = house.store, house.pit.session.id
    try:
        # One reading serves all tabs that are told of the same ring.
        newest = await reckonings(store).of(
            f"{session_id} last", house.bell.event_seq, lambda: decisions(store, session_id, ALL, LAST)
        )
    except StoreRefused:
        return
    put(state, rows=[_row(house, logged) for logged in newest], asked=True)


def _row(house: House, logged: Logged) -> list[str | int]:
    decision, failed = logged.decision, logged.decision.first_failed
    reason = title(failed) if failed else "every gate passed"
    return [seen_ms(house, logged.at), decision.verdict.value, logged.token.symbol, decision.level, reason]


WHY = View(WhyState, show_why, frozenset({Topic.BOT, Topic.SESSION}), "/", alike=_why)
LAST_DECISIONS = View(LastDecisionsState, show_last, frozenset({Topic.DECISION, Topic.SESSION}), "/")
