"""The shell of every page: top bar, banners, the page itself, and the bar of tabs on a phone."""

from typing import Any, cast

import reflex as rx
from reflex.vars import StringVar
from reflex_components_core.core.banner import has_connection_errors

from app.ui.components.age import clock_skew
from app.ui.components.alerts import alert_badge
from app.ui.components.audit import audit_dialog
from app.ui.components.clicks import click_button
from app.ui.components.toasts import toasts
from app.ui.components.ways import foot, nav, scheme, tabbar
from app.ui.state.account import AccountState
from app.ui.state.alerts import AlertsState
from app.ui.state.audit import AuditState
from app.ui.state.bot import SliderState
from app.ui.state.market import MarketState
from app.ui.state.prices import PricesState
from app.ui.state.ticket import TicketState


def shell(here: str, *content: rx.Component) -> rx.Component:
    """A page with `here` marked in the navigation."""
    return rx.el.div(
        _topbar(here),
        _banners(),
        *content,
        foot(here),
        tabbar(here),
        audit_dialog(),
        toasts(),
        clock_skew(server_ms=PricesState.server_ms),
        class_name="desk",
    )


def panel(title: str, *content: rx.Component, extra: rx.Component | None = None, kind: str = "") -> rx.Component:
    """A titled box; `extra` stands right of the title."""
    head = rx.el.header(rx.el.h2(title), extra or rx.fragment())
    return rx.el.section(head, *content, class_name=f"panel {kind}")


def _topbar(here: str) -> rx.Component:
    return rx.el.header(
        rx.el.a("⚓ ", rx.el.span("Drydock", class_name="word"), href="/", class_name="brand", aria_label="Drydock"),
        _badge(),
        _figures(),
        rx.el.div(class_name="spacer"),
        _armed() if here == "/" else rx.fragment(),
        _controls(),
        rx.el.div(
            nav(here),
            rx.el.div(class_name="spacer"),
            alert_badge(),
            _health(),
            scheme("icon-button"),
            class_name="second-row",
        ),
        class_name="topbar",
    )


def _health() -> rx.Component:
    return rx.el.a(
        rx.el.span(class_name="dot"),
        rx.el.span(rx.cond(has_connection_errors, "not connected", MarketState.health)),
        href="/feed",
        title=MarketState.health,
        aria_label=rx.cond(has_connection_errors, "Feed: not connected", "Feed: " + MarketState.health),
        class_name="health",
        id="feed-health",
        custom_attrs={"data-kind": rx.cond(has_connection_errors, "down", MarketState.feed)},
    )


def _controls() -> rx.Component:
    """What the bot does, and the presses that change it; and the way out of all. Never out of reach."""
    kind = rx.cond(has_connection_errors, "", SliderState.bot)
    running = SliderState.bot == "running"
    absent = rx.cond(has_connection_errors, "Bot: not known", "Bot not at work")
    said = rx.match(kind, ("running", "Bot running"), ("paused", "Bot paused"), ("stopped", "Bot stopped"), absent)

    def going(order_id: rx.Var[str], clicked_ms: rx.Var[float]) -> Any:
        return cast("Any", SliderState.command)(rx.cond(running, "pause", "start"), order_id, clicked_ms)

    def stopping(order_id: rx.Var[str], clicked_ms: rx.Var[float]) -> Any:
        return cast("Any", SliderState.command)("stop", order_id, clicked_ms)

    return rx.el.div(
        rx.el.span(said, class_name="bot-state", id="bot-state", role="status", custom_attrs={"data-kind": kind}),
        click_button(
            rx.cond(running, "Pause", "Start"),
            on_press=going,
            disabled=SliderState.bot == "",
            title=rx.cond(running, "Open nothing new, look after what is held", "Let the bot trade the paper account"),
            class_name="bot-button",
            id="bot-go",
        ),
        click_button(
            "Stop",
            on_press=stopping,
            disabled=(SliderState.bot == "") | (SliderState.bot == "stopped"),
            title="Only think: what the bot holds is no longer looked after",
            class_name="bot-button",
            id="bot-stop",
        ),
        click_button(
            rx.cond(AccountState.flattening, "Flattening…", "Flatten all"),
            sure="Sure? Flatten",
            on_press=AccountState.flatten,
            disabled=AccountState.flattening | (AccountState.held == 0),
            title="Sell everything that is held, at the market",
            class_name="flatten",
            id="flatten",
        ),
        class_name="controls",
    )


def _armed() -> rx.Component:
    """That one press trades has to be seen wherever the page is scrolled to."""
    return rx.cond(
        TicketState.armed,
        rx.el.button(
            "ARMED",
            type="button",
            on_click=TicketState.disarm,
            disabled=has_connection_errors,
            title="One-click trading is armed; press to disarm",
            class_name="armed-chip",
            id="armed-chip",
        ),
    )


def _figures() -> rx.Component:
    """What the account comes to; nothing before there is one."""
    return rx.el.div(
        _figure(
            rx.fragment("Equity ", _not_live()),
            AccountState.equity,
            rx.el.span(AccountState.returned, class_name=_tone(AccountState.returned), id="returned"),
            id="equity",
            title=AccountState.equity_note,
        ),
        _figure("Cash", AccountState.cash, id="cash"),
        _figure("Open P&L", rx.el.span(AccountState.open_pnl, class_name=_tone(AccountState.open_pnl)), id="open-pnl"),
        _figure("Costs paid", AccountState.costs, id="costs", title=_costs_parts()),
        rx.cond(AccountState.balance != "", _books()),
        class_name="figures",
    )


def _not_live() -> rx.Component:
    """That a part of the equity stands on last known prices: beside its name, where there is room for it already."""
    note = cast("StringVar", AccountState.equity_note)
    share = note.split(" of ")[0].to(str)
    return rx.cond(
        note != "",
        rx.el.span(share, " not live", rx.el.span(": ", note, class_name="away"), class_name="not-live", id="not-live"),
    )


def _costs_parts() -> rx.Var[str]:
    parts = cast("StringVar", AccountState.costs_parts)
    better = " (negative: the pools paid better than their mid prices)"
    return rx.cond(parts.contains("price impact −"), parts + better, parts)


def _figure(label: str | rx.Component, *content: rx.Component | rx.Var | str, **props) -> rx.Component:
    value = rx.el.span(*content, class_name="value")
    return rx.el.div(rx.el.span(label, class_name="label"), value, class_name="figure", **props)


def _books() -> rx.Component:
    """Whether the books balance, to the last digit; a press shows the audit."""
    good = AccountState.balance == "yes"
    return rx.el.button(
        rx.el.span("Books", class_name="label"),
        rx.el.span(rx.cond(good, "balance ✓ ", "are off by "), AccountState.residual, class_name="value"),
        type="button",
        on_click=AuditState.open,
        class_name=rx.cond(good, "figure books up", "figure books down"),
        title="Show the audit",
        id="books",
    )


def _tone(said: str) -> rx.Var[str]:
    """How a figure is coloured by its sign."""
    text = cast("StringVar", said)
    return rx.cond(text.startswith("+"), "up", rx.cond(text.startswith("−"), "down", "muted"))


def _badge() -> rx.Component:
    return rx.cond(
        has_connection_errors,
        rx.el.span("OFFLINE", class_name="badge", id="market-badge", custom_attrs={"data-kind": "offline"}),
        rx.el.span(
            MarketState.badge, class_name="badge", id="market-badge", custom_attrs={"data-kind": MarketState.kind}
        ),
    )


def _banner(kind: str, *content: rx.Component | rx.Var | str) -> rx.Component:
    return rx.el.div(*content, class_name="banner", role="status", custom_attrs={"data-kind": kind})


def _banners() -> rx.Component:
    return rx.fragment(
        rx.cond(
            has_connection_errors,
            _banner(
                "down",
                "Drydock itself cannot be reached. What you see is old and grows older; it comes back by itself.",
            ),
        ),
        rx.cond(
            MarketState.kind == "demo",
            _banner(
                "demo",
                rx.el.strong("SIMULATED"),
                rx.el.span("Nothing here is a real price. ", MarketState.why),
                rx.cond(
                    MarketState.offers_live,
                    click_button(
                        "Live prices are back: switch to them",
                        on_press=MarketState.go_live,
                        class_name="main-button",
                        id="go-live",
                    ),
                ),
            ),
        ),
        rx.cond(
            MarketState.kind == "replay",
            _banner("note", rx.el.strong("RECORDED"), rx.el.span(MarketState.why)),
        ),
        rx.cond(
            MarketState.no_source & ~has_connection_errors,
            _banner(
                "down",
                rx.el.strong("No source can be reached."),
                rx.el.span("Prices are the last known ones and grow old. Drydock keeps trying."),
                rx.el.a("See the feed", href="/feed", class_name="link"),
            ),
        ),
        rx.cond(MarketState.trouble != "", _banner("down", MarketState.trouble)),
        rx.cond(AlertsState.note != "", _banner("note", rx.el.span(AlertsState.note, id="aftermath"))),
    )
