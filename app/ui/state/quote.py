"""The standing quote as a view: what the ticket's market order would come to now, and for how long that holds."""

import reflex as rx

from app.domain.money import NOTHING
from app.domain.refusal import Refusal
from app.domain.tokens import Token
from app.runtime.house import current
from app.trading.bell import Topic
from app.trading.previews import Preview
from app.ui import format as fmt
from app.ui import offered
from app.ui.state.chart import ChartState
from app.ui.state.view import View, put, server_ms

# A refusal is looked at again after this long.
_AGAIN_MS = 10_000


class QuoteState(rx.State):
    """`quote_id` is empty where no offer stands; `until_ms` (Unix ms, 0 for never) is when there is something to ask
    anew. `rows` are label, figure and explanation, `warnings` severity and sentence; `cash` and `held` are what can be
    spent and sold."""

    quote_id: str = ""
    until_ms: float = 0.0
    token: str = ""
    rows: list[list[str]] = []
    warnings: list[list[str]] = []
    grade: str = ""
    kind: str = ""
    source: str = ""
    verb: str = ""
    refusal: str = ""
    asking: bool = False
    cash: str = ""
    held: str = ""


def blank(state: QuoteState) -> None:
    """No offer stands, and none is asked for."""
    put(
        state, quote_id="", until_ms=0.0, rows=[], warnings=[], grade="", kind="", source="", verb="", refusal="",
        asking=False,
    )  # fmt: skip


def show_preview(state: QuoteState, token: str, found: Preview | Refusal) -> None:
    """Show an offer, or why there is none; `token` is the key of the watchlist's row."""
    blank(state)
    if isinstance(found, Refusal):
        put(state, token=token, refusal=found.sentence, until_ms=float(server_ms() + _AGAIN_MS))
        return
    quote = found.quote
    put(
        state,
        token=token,
        quote_id=found.quote_id,
        until_ms=float(fmt.millis(found.expires_at)),
        rows=offered.lines_of(found),
        warnings=offered.warnings_of(found),
        grade=quote.swap.grade.value,
        kind=offered.GRADES[quote.swap.grade],
        source=offered.source_of(quote),
        verb=offered.verb_of(quote),
    )


async def show_purse(state: rx.State) -> None:
    """What can be spent, and what is held of the chosen token."""
    house = current()
    pit = house.pit if house else None
    if pit is None:
        return
    chart = await state.get_state(ChartState)
    token = pit.desk.venue.token(chart.chosen)
    amount = pit.account.held(token.key.address) if isinstance(token, Token) else NOTHING
    symbol = token.symbol if isinstance(token, Token) else ""
    put(state, cash=fmt.money(pit.account.cash), held=f"{fmt.quantity(amount)} {symbol}" if amount else "")


VIEW = View(QuoteState, show_purse, frozenset({Topic.ACCOUNT, Topic.SESSION}), "/")
