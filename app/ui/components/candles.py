"""The candle chart: a history once, one small tick after another, zoom and pan kept."""

from functools import cache
from typing import Any

import reflex as rx

from app.ui.charts import candle_base


@cache
def _script() -> str:
    # Called when a page is built, not at import: it links the files into the assets folder.
    for part in ("candle_bars.js", "candle_hand.js", "candle_marks.js"):
        rx.asset(part, shared=True)
    return rx.asset("candles.jsx", shared=True).importable_path


class Candles(rx.Component):
    """See `candles`."""

    tag = "Candles"
    lib_dependencies: list[str] = ["plotly.js-finance-dist-min@3.7.0"]
    history: rx.Var[dict[str, Any]]
    tick: rx.Var[list[Any]]
    marks: rx.Var[dict[str, Any]]
    decimals: rx.Var[int]
    scheme: rx.Var[str]
    label: rx.Var[str]
    base: rx.Var[dict[str, Any]]


def candles(
    history: rx.Var[Any] | dict[str, Any],
    tick: rx.Var[Any] | list[Any],
    decimals: rx.Var[Any] | int = 2,
    scheme: rx.Var[Any] | str | None = None,
    label: rx.Var[Any] | str = "Price",
    marks: rx.Var[Any] | dict[str, Any] | None = None,
    **props,
) -> rx.Component:
    """Candles with volume beneath, in US dollars and UTC; it fills its parent, which gives the height.

    `history` is {"key", "t", "o", "h", "l", "c", "v", "step"}: equally long lists of numbers, times (the bars'
    beginnings, Unix ms, growing) in "t", the bars' length in ms in "step". A new "key" replaces everything and
    resets the zoom; other lists under the same key are merged and keep it. With no bars nothing is drawn.
    `tick` is [key, then t, o, h, l, c, v of one or more bars, oldest first]: the newest replaces the last bar or is
    appended where it is later, those before it correct what is there; of another key, older, or empty, it is ignored.
    `marks` are fills to point at: {"t": [ms], "side": ["buy" | "sell"], "text": [what is said of each]}.
    `decimals` are the digits after the point of a price. `scheme` ("dark", "light"; the page's own by default)
    only says when to read the colours --up --down --warn --muted --grid --panel --accent again.
    The element carries data-key, data-bars, data-last (the last close), data-marks (the fills on
    its bars) and data-view ("from,to" in ms).
    """
    props.setdefault("width", "100%")
    props.setdefault("height", "100%")
    return Candles.create(
        library=_script(),
        history=history,
        tick=tick,
        marks=marks if marks is not None else {},
        decimals=decimals,
        scheme=scheme if scheme is not None else rx.color_mode,
        label=label,
        base=candle_base(),
        **props,
    )
