"""The market as a view: the badge, the feed's health, and the banner that says why."""

import reflex as rx

from app.runtime.house import House, current
from app.runtime.reach import unreachable
from app.trading.bell import Topic
from app.ui.state.clicks import late
from app.ui.state.toasts import tell
from app.ui.state.view import View, put

_KINDS = {"live": "live", "down": "down", "starting": "starting"}
_WORDS = {"live": "LIVE", "demo": "SIMULATED", "replay": "REPLAY"}


class MarketState(rx.State):
    """`kind` is live, down, demo, replay or starting; `feed` is live, some, down or own (a market of its own)."""

    kind: str = "starting"
    badge: str = "STARTING"
    chain: str = ""
    feed: str = "own"
    health: str = ""
    why: str = ""
    trouble: str = ""
    offers_live: bool = False
    no_source: bool = False

    @rx.event
    async def load(self):
        await show(self)

    @rx.event
    async def go_live(self, _order_id: str, clicked_ms: float):
        """Leave the stand-in market for the live one."""
        house, refusal = current(), late(clicked_ms)
        if refusal:
            await tell(self, "refused", refusal.sentence)
        elif house:
            await house.go_live()
        await show(self)


async def show(state: rx.State) -> None:
    house = current()
    if house is None:
        return
    feed = house.feed
    kind = _KINDS.get(feed.state, feed.mode) if feed.mode == "live" else feed.mode
    word = {"down": "NO FEED", "starting": "STARTING"}.get(kind, _WORDS[feed.mode])
    ended = " · ended" if feed.state == "ended" else ""
    health, level = _health(house)
    put(
        state,
        kind=kind,
        badge=f"{word} · {house.chain.name}{ended}",
        chain=house.chain.name,
        feed=level,
        health=health,
        why=house.floor.why,
        trouble=house.trouble or unreachable(house),
        offers_live=house.offers_live,
        no_source=kind == "down",
    )


def _health(house: House) -> tuple[str, str]:
    if house.feed.mode == "replay":
        return f"recorded {house.feed.now():%d %b %Y %H:%M} UTC · {house.feed.speed:,f}×", "own"
    if house.feed.mode == "demo":
        return "simulated prices", "own"
    asked = [state for state in house.feed.states().values() if state != "idle"]
    live = asked.count("live")
    level = "live" if live == len(asked) else "some" if live else "down"
    if not asked:
        return "no source knows these tokens", "down"
    return f"{live} of {len(asked)} sources live", level


VIEW = View(MarketState, show, frozenset({Topic.MARKET}))
