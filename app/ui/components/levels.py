"""The ten levels: what each has made of the same market, and what each of them is."""

from collections.abc import Callable

import reflex as rx
from reflex.vars import ObjectVar

from app.bot.levels import LEVELS, Level
from app.bot.sizes import KELLY_LEAST_PCT, KELLY_MOST_PCT, UNTIL_KELLY_PCT
from app.ui.components.curves import curves
from app.ui.components.positions import gained
from app.ui.components.switch import switch
from app.ui.components.table import cell
from app.ui.state.levels import LevelsState

_HEADS = (
    ("#", "num"),
    ("Level", ""),
    ("Equity", "num"),
    ("Return", "num"),
    ("Deepest fall", "num"),
    ("Trades", "num"),
    ("Costs", "num"),
    ("Positions now", "num"),
)


def level_curves() -> rx.Component:
    """The ten curves beside holding and cash."""
    return rx.fragment(
        rx.el.div(
            switch("Without holding", LevelsState.bare, LevelsState.switch_holding, id="without-holding"),
            class_name="above curves-ways",
        ),
        rx.el.div(
            curves(
                history=LevelsState.history,
                tip=LevelsState.tip,
                level=LevelsState.level,
                bare=LevelsState.bare,
                label="Return of each level's ledger",
                id="curves",
            ),
            class_name="curves-box",
        ),
        rx.el.p(
            "Return in percent since ",
            LevelsState.since,
            ", after gas, fees and price impact. Each number is a level's own paper ledger; the slider's is thick. ",
            rx.cond(LevelsState.bare, "Dotted", "Dashed is holding what was watched at the beginning, dotted"),
            " is cash. Point at a line, or tap it, to read it.",
            class_name="hint",
        ),
    )


def ranking() -> rx.Component:
    """The ledgers by their returns, with holding and cash among them."""
    return rx.el.table(
        rx.el.thead(rx.el.tr(*[rx.el.th(word, class_name=kind, scope="col") for word, kind in _HEADS])),
        rx.el.tbody(rx.foreach(LevelsState.rows, _row)),
        class_name="table cards ranking",
        id="ranking",
    )


def _row(row: ObjectVar[dict[str, str]]) -> rx.Component:
    measure = row["kind"] != ""
    swatch = rx.el.span(
        class_name="curve-swatch",
        custom_attrs={"data-level": row["level"], "data-kind": row["kind"], "aria-hidden": "true"},
    )
    chosen = rx.el.span("the slider", class_name="pill", custom_attrs={"data-kind": "at work"})
    return rx.el.tr(
        cell("", row["rank"], class_name="num rank"),
        rx.el.td(
            swatch,
            rx.cond(measure, rx.fragment(), rx.el.span(row["level"], class_name="rank-level")),
            rx.el.span(row["name"], class_name=rx.cond(measure, "muted", "strong")),
            rx.cond(row["chosen"] != "", chosen),
            class_name="rank-name",
        ),
        cell("Equity", row["equity"], class_name="num"),
        cell("Return", gained(row["returned"]), class_name="num strong"),
        cell("Deepest fall", row["drawn"], class_name="num"),
        cell("Trades", row["trades"], class_name="num"),
        cell("Costs", row["costs"], rx.el.div(row["parts"], class_name="muted parts"), class_name="num"),
        cell("Positions now", row["positions"], class_name="num"),
        custom_attrs={"data-level": row["level"], "data-kind": row["kind"], "data-chosen": row["chosen"]},
    )


# -- what each level is


def _pct(value: float) -> str:
    return f"{value:g}\u00a0%"


def _largest(level: Level) -> str:
    return _pct(level.largest_pct) if level.stop_pct is not None else f"{KELLY_LEAST_PCT:g}–{_pct(KELLY_MOST_PCT)}"


def _hours(value: float) -> str:
    return f"{value:g}\u00a0h"


def _targets(level: Level) -> str:
    return ", then ".join(f"{_share(share)} at +{_pct(gain)}" for gain, share in level.targets)


def _share(share: float) -> str:
    return "half" if share == 0.5 else f"{share * 100:g}\u00a0%"


def _part(weight: float) -> str:
    return f"{round(weight, 1):g}"


_LARGEST = f"of equity, in one token; level 10's by its record, {_pct(UNTIL_KELLY_PCT)} before it has one"

_WHAT: tuple[tuple[str, str, Callable[[Level], str]], ...] = (
    ("Risk tolerated", "of 100; more is refused", lambda it: f"{it.risk:g}"),
    ("Lens", "what the risk that is seen is multiplied by", lambda it: f"×\u00a0{it.lens:.2f}"),
    ("Confidence needed", "of 100", lambda it: f"{it.confidence:g}"),
    ("Largest position", _LARGEST, _largest),
    ("Smallest trade", "US dollars", lambda it: f"${it.smallest_usd:g}"),
    ("Positions at once", "tokens", lambda it: f"{it.positions}"),
    ("Stop", "below the entry", lambda it: "by volatility" if it.stop_pct is None else _pct(it.stop_pct)),
    ("Profit ladder", "sold of what is left, at a gain of so much", _targets),
    ("Trailing", "below the highest price, after the first profit", lambda it: _pct(it.trail_pct)),
    ("Patience", "hours in which a position may go nowhere", lambda it: _hours(it.patience_h)),
    ("Sold when the signal falls below", "of −1 to 1", lambda it: f"{it.weak:.2f}".replace("-", "−")),
    ("Rest", "hours without the token after a sale", lambda it: _hours(it.rest_h)),
    ("Horizon", "hours ahead that the edge is reckoned", lambda it: _hours(it.horizon_h)),
    ("Costs may eat", "of the expected edge, in and out", lambda it: f"{it.edge_share * 100:g}\u00a0%"),
    ("Gas bid", "and what it does to the gas of a fill", lambda it: f"{it.bid.value}, ×\u00a0{it.gas_factor:.2f}"),
    ("Leans on the long trend", "its weight in the signal", lambda it: _part(it.weights.long)),
    ("… the middle trend", "", lambda it: _part(it.weights.middle)),
    ("… the short trend", "", lambda it: _part(it.weights.short)),
    ("… momentum", "", lambda it: _part(it.weights.momentum)),
    ("… reversion", "", lambda it: _part(it.weights.reversion)),
    ("… volume", "", lambda it: _part(it.weights.volume)),
)


def what_is(level: Level) -> dict[str, str]:
    """Every column of a level, in words."""
    return {word: write(level) for word, _, write in _WHAT}


def what_levels_are() -> rx.Component:
    """Every column of the levels' data, in words; the slider's level stands out."""
    head = [rx.el.th(rx.el.b(f"{level.number}"), rx.el.span(level.name), scope="col") for level in LEVELS]
    table = rx.el.table(
        rx.el.thead(rx.el.tr(rx.el.th(rx.el.span("What", class_name="away"), scope="col"), *head)),
        rx.el.tbody(*[_what(word, unit) for word, unit, _ in _WHAT]),
        class_name="table what-levels",
        id="what-levels",
        custom_attrs={"data-chosen": LevelsState.level.to(str)},  # pyright: ignore[reportAttributeAccessIssue]
    )
    return rx.el.div(table, class_name="sideways", tab_index=0, role="region", aria_label="What each level is")


def _what(word: str, unit: str) -> rx.Component:
    return rx.el.tr(
        rx.el.th(rx.el.div(word), rx.el.small(unit), scope="row"),
        *[rx.el.td(what_is(level)[word]) for level in LEVELS],
    )
