"""The ways from page to page: the navigation, the foot, and on a phone the bar of tabs with its menu."""

from functools import cache

import reflex as rx

from app.ui.components.sign_out import sign_out
from app.ui.state.account import AccountState
from app.ui.state.audit import AuditState
from app.ui.state.market import MarketState

PAGES = (
    ("Desk", "/"),
    ("Levels", "/levels"),
    ("Decisions", "/decisions"),
    ("Trades", "/trades"),
    ("Sessions", "/sessions"),
    ("Feed", "/feed"),
    ("Log", "/log"),
)
# What the bar of a phone has no room for stands in its menu.
_IN_MENU = ("Decisions", "Sessions", "Log")
_MENU = "more-pages"


def nav(here: str) -> rx.Component:
    """All pages, in the top bar."""
    return rx.el.nav(*[_link(here, *page) for page in PAGES], class_name="nav", aria_label="Pages")


def scheme(class_name: str, *words: str) -> rx.Component:
    """The switch between dark and light."""
    return rx.el.button(
        rx.color_mode_cond("☀", "☾"),
        *words,
        type="button",
        on_click=rx.toggle_color_mode,
        class_name=class_name,
        aria_label="Switch between dark and light",
        title="Dark or light",
    )


def foot(here: str) -> rx.Component:
    """What is said under every page."""
    return rx.el.footer(
        rx.cond(AccountState.session != "", _session()),
        rx.cond(
            MarketState.kind == "demo",
            rx.el.span("Paper trading: invented prices, no real money."),
            rx.el.span("Paper trading: real prices, no real money."),
        ),
        rx.cond(
            (MarketState.kind == "live") | (MarketState.kind == "down"),
            rx.el.a("Data provided by CoinGecko", href="https://www.coingecko.com", target="_blank", rel="noreferrer"),
        ),
        _api(),
        # Where the header has no room for the badge.
        rx.el.button(
            rx.cond(AccountState.balance == "no", "Books are off by ", "Books balance ✓ "),
            AccountState.residual,
            type="button",
            on_click=AuditState.open,
            class_name="foot-button foot-books",
            id="foot-books",
        ),
        rx.el.button("Press ? for keys", type="button", class_name="foot-button", custom_attrs={"data-keys": "true"})
        if here == "/"
        else rx.fragment(),
        sign_out("foot-button", id="sign-out"),
        class_name="foot",
    )


def tabbar(here: str) -> rx.Component:
    """The pages that are looked at most, the ticket, which is far down on a phone, and the menu of all else."""
    others = [_link(here, *page) for page in PAGES[1:] if page[0] not in _IN_MENU]
    elsewhere = [page for page in PAGES if page[0] in _IN_MENU]
    inside = "true" if here in [path for _, path in elsewhere] else "false"
    more = rx.el.button(
        "More",
        type="button",
        id="more",
        custom_attrs={"popoverTarget": _MENU, "data-here": inside},
    )
    return rx.fragment(
        rx.el.nav(_desk_ways(here), *others, more, class_name="tabbar", aria_label="Pages"),
        # The browser's own popover: a press beside it, or Escape, closes it.
        rx.el.nav(
            *[_link(here, *page) for page in elsewhere],
            _api(),
            scheme("menu-button", " Dark or light"),
            sign_out("menu-button"),
            id=_MENU,
            class_name="more-menu",
            aria_label="More",
            custom_attrs={"popover": "auto"},
        ),
    )


class DeskWays(rx.Component):
    """The ways to the desk and to its ticket, the one that the address names marked where the desk is `here`."""

    tag = "DeskWays"
    here: rx.Var[bool]


@cache
def _script() -> str:
    # Called when a page is built, not at import: it links the file into the assets folder.
    return rx.asset("ways.jsx", shared=True).importable_path


def _desk_ways(here: str) -> rx.Component:
    return DeskWays.create(library=_script(), here=here == PAGES[0][1])


def _session() -> rx.Component:
    """Which session all of it is about: of any name, without making a phone scroll sideways."""
    said = ("Session “", AccountState.session, "”, day ", AccountState.day)
    return rx.el.span(*said, id="foot-session", style={"overflow_wrap": "anywhere"})


def _link(here: str, word: str, path: str) -> rx.Component:
    return rx.link(word, href=path, underline="none", custom_attrs={"aria-current": "page"} if path == here else {})


def _api() -> rx.Component:
    """In a tab of its own, so that the browser asks the server: the page's own router knows only its pages."""
    return rx.el.a("API", href="/api/docs", target="_blank", rel="noreferrer", class_name="api-link")
