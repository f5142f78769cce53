"""A switch: a way of showing things that is on or off."""

from typing import Any

import reflex as rx


def switch(word: str, on: Any, switched: Any, id: str) -> rx.Component:
    """A button that says whether it is on, and is `switched` when it is pressed."""
    return rx.el.button(
        rx.el.span(class_name="knob"),
        word,
        type="button",
        role="switch",
        on_click=switched,
        class_name="switch",
        id=id,
        custom_attrs={"aria-checked": rx.cond(on, "true", "false")},
    )
