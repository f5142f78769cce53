"""The fixed parts of the charts, built with plotly and handed on as plain dicts."""

import copy
from functools import cache
from typing import Any


def candle_base() -> dict[str, Any]:
    """What never changes in the candle chart: `candle`, `volume`, `marks` (traces), `layout` and `config`.

    Colours, ranges, ticks and data are the browser's to fill in. Only JSON types, no plotly template (it would
    add 7 KB). Plotly is loaded at the first call, not at import; each call returns a copy of its own.
    """
    return copy.deepcopy(_candle_base())


@cache
def _candle_base() -> dict[str, Any]:
    import plotly.graph_objects as go

    candle = go.Candlestick(whiskerwidth=0, hoverinfo="none", showlegend=False)
    volume = go.Bar(yaxis="y2", opacity=0.3, hoverinfo="none", showlegend=False, marker_line_width=0)
    marks = go.Scatter(mode="markers", hoverinfo="none", showlegend=False, marker_size=10)
    # A Figure would bring its default template along even with template=None; a bare Layout does not.
    layout = go.Layout(
        autosize=False,
        boxgap=0.3,
        dragmode=False,
        hovermode=False,
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={
            "type": "date",
            "anchor": "y2",
            "showgrid": False,
            "zeroline": False,
            "tickmode": "array",
            "rangeslider_visible": False,
        },
        yaxis={"domain": [0.2, 1], "side": "right", "zeroline": False, "tickmode": "array"},
        yaxis2={"domain": [0, 0.15], "visible": False, "fixedrange": True},
    )
    return {
        "candle": _plain(candle),
        "volume": _plain(volume),
        "marks": _plain(marks),
        "layout": _plain(layout),
        "config": {"staticPlot": True, "displayModeBar": False, "displaylogo": False},
    }


def curve_base() -> dict[str, Any]:
    """What never changes in the chart of equity curves: `line` (a trace), `layout` and `config`.

    As with the candles, colours, ranges, labels and data are the browser's to fill in.
    """
    return copy.deepcopy(_curve_base())


@cache
def _curve_base() -> dict[str, Any]:
    import plotly.graph_objects as go

    said = "<b>%{fullData.name}</b> %{text}<br>%{x|%-d %b %H:%M} UTC<extra></extra>"
    line = go.Scatter(mode="lines", showlegend=False, hovertemplate=said, connectgaps=False)
    layout = go.Layout(
        autosize=False,
        dragmode=False,
        hovermode="closest",
        hoverdistance=60,
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={
            "type": "date",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "tickformatstops": [
                {"dtickrange": [None, 59_999], "value": "%H:%M:%S\n%-d %b"},
                {"dtickrange": [60_000, 86_399_999], "value": "%H:%M\n%-d %b"},
                {"dtickrange": [86_400_000, None], "value": "%-d %b"},
            ],
        },
        yaxis={"zeroline": False, "fixedrange": True, "tickformat": "~r", "ticksuffix": " %"},
    )
    config = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False, "doubleClick": False}
    return {"line": _plain(line), "layout": _plain(layout), "config": config}


def _plain(part: Any) -> dict[str, Any]:
    return part.to_plotly_json()
