"""The exits of a position: what they are, and the small form that sets them."""

import reflex as rx
from reflex.vars import NumberVar, ObjectVar
from reflex_components_core.core.banner import has_connection_errors

from app.ui.components.clicks import click_button, clicked_now
from app.ui.state.exits import ExitsState

_FIELDS = (
    ("stop_loss", "Stop at", ExitsState.stop_loss, "none", "$"),
    ("take_profit", "Target at", ExitsState.take_profit, "none", "$"),
    ("trailing_pct", "Below the high", ExitsState.trailing_pct, "none", "%"),
)


def exits(row: ObjectVar[dict[str, str]]) -> rx.Component:
    """The exits in short; pressed, they can be changed."""
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                rx.el.span(rx.foreach(row["exits"].split(" / "), _part), class_name="all-exits"),
                rx.el.span(rx.cond(row["stop"] != "", row["stop"], "no stop"), class_name="only-stop"),
                class_name="plain-button exits-button",
                title=row["levels"],
                custom_attrs={
                    "aria-label": "Exits of " + row["symbol"].to(str) + ": " + row["levels"].to(str),
                    "data-bare": rx.cond(row["stop"] != "", "no", "yes"),
                },
            )
        ),
        rx.popover.content(_form(), class_name="desk-pop", width="290px"),
        open=ExitsState.key == row["key"],
        on_open_change=lambda opened: rx.cond(opened, ExitsState.edit(row["key"]), ExitsState.close()),
    )


def _part(part: rx.Var[str], index: NumberVar[int]) -> rx.Component:
    """One exit: a line may end between two, not within one."""
    return rx.fragment(rx.cond(index > 0, " / ", ""), rx.el.span(part, class_name="exit-part"))


def _form() -> rx.Component:
    now = clicked_now()
    return rx.el.form(
        rx.el.div("Exits of ", ExitsState.symbol, class_name="strong"),
        *[_field(*field) for field in _FIELDS],
        rx.el.p(
            "Each sells all of it at the market's price of then; one that fills cancels the others. Empty means none.",
            class_name="hint",
        ),
        rx.cond(ExitsState.said != "", rx.el.p(ExitsState.said, class_name="said down", role="alert")),
        rx.el.div(
            click_button("Clear all", on_press=ExitsState.clear, class_name="quiet-button"),
            rx.el.button("Set", type="submit", class_name="main-button", disabled=has_connection_errors),
            class_name="buttons",
        ),
        on_submit=lambda form: ExitsState.save(form, now),
        reset_on_submit=False,
    )


def _field(name: str, word: str, value: rx.Var[str] | str, empty: str, unit: str) -> rx.Component:
    return rx.el.label(
        rx.el.span(word),
        rx.el.input(
            name=name,
            default_value=value,
            placeholder=empty,
            input_mode="decimal",
            auto_complete="off",
        ),
        rx.el.span(unit, class_name="muted"),
        class_name="exit-field",
    )
