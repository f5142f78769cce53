"""Endings: what is said of an alert that ends. That all is well again is said only where that was looked at."""

from app.domain.alerts import Alert, AlertKind
from app.domain.bots import BotState
from app.domain.conditions import BotSeen, FeedSeen, PriceSeen, Snapshot
from app.domain.prices import PriceState

_ANOTHER = "Another session is open."


def ending(alert: Alert, now: Snapshot) -> str:
    """What is true of an alert whose condition is seen no more: its recovery, or why nobody looks at what it was about
    any more."""
    told = alert.condition
    match told.kind:
        case AlertKind.FEED_DOWN:
            why = _of_feed(told.about, now.feed)
        case AlertKind.RATE_LIMITED:
            why = _of_source(told.about, now.feed)
        case AlertKind.PRICE_DISPUTED | AlertKind.PRICE_STALE:
            why = _of_price(alert, now)
        case AlertKind.BOOKS_OUT_OF_BALANCE:
            why = "" if told.about == now.session_id else _ANOTHER
        case AlertKind.BOT_STALLED | AlertKind.DAILY_LOSS:
            why = _of_bot(told.kind, now.bot) if alert.session_id == now.session_id else _ANOTHER
        case AlertKind.DISK_NEARLY_FULL | AlertKind.RESTARTED:
            why = ""
    return why or told.recovery


def _of_feed(about: str, feed: FeedSeen | None) -> str:
    if about == "demo":
        if feed is None:
            return "The live market is not tried any more."
        return "" if feed.is_live or feed.offered else "The live market is open, though no source gives prices."
    if feed is None:
        return "The live market was left."
    return "An invented market stands in for the live one." if feed.stands_in else ""


def _of_source(name: str, feed: FeedSeen | None) -> str:
    if feed is None:
        return "The live market was left."
    source = next((source for source in feed.sources if source.name == name), None)
    if source is None:
        return f"The source {name} is not asked any more."
    return f"{source.title} is not asked any more: it knows none of the tokens." if source.state == "idle" else ""


def _of_price(alert: Alert, now: Snapshot) -> str:
    symbol, held = alert.condition.about, now.held or ()
    price = next((price for price in held if price.symbol == symbol), None)
    if price is not None:
        return _of_state(alert.condition.kind, price)
    if alert.session_id != now.session_id:
        return _ANOTHER
    # Of what pays for every fill nothing need be held itself.
    return f"{symbol} is not held any more." if held else f"Nothing is held any more that needs the price of {symbol}."


def _of_state(kind: AlertKind, price: PriceSeen) -> str:
    """A price can be wrong in one way after the other."""
    if kind is AlertKind.PRICE_STALE:
        disputed = price.state is PriceState.DISPUTED
        return f"{price.symbol} has a price again, about which its sources disagree." if disputed else ""
    if price.state is not PriceState.LIVE:
        return f"{price.symbol} has no live price any more about which its sources could disagree."
    return "" if price.confirmed else f"No source contradicts the price of {price.symbol} any more."


def _of_bot(kind: AlertKind, bot: BotSeen | None) -> str:
    if bot is None:
        return ""
    if kind is AlertKind.BOT_STALLED:
        return "" if bot.at_work else "The bot was stopped."
    if bot.limit_pct is None:
        return "The bot has no limit of a day's loss any more."
    return "" if bot.state is BotState.RUNNING else f"The day's loss is within its limit; the bot is {bot.state}."
