"""Windows: which rows of indicators may be trusted, and how many bars stand behind each."""

from collections.abc import Sequence

import numpy as np

from app.bot.indicators import REACH, REACHES, WINDOW, Floats, Row, Series, indicators, rows_at, rows_of


def rows_and_counts(series: Series) -> tuple[list[Row | None], list[int]]:
    """For every bar its row of indicators, None where the window has too few bars or too many gaps, and how many bars
    stand behind it."""
    found = indicators(series)
    last = [] if found is None else rows_of(found)
    blank = min(series.close.shape[-1], WINDOW - 1)
    rows: list[Row | None] = [None] * blank
    rows += [row if row[REACHES] <= REACH else None for row in last]
    return rows, counts_of(series, rows)


def counts_of(series: Series, rows: Sequence[Row | None]) -> list[int]:
    """How many bars, up to WINDOW, lie within REACH intervals of each bar's own."""
    starts = np.searchsorted(series.at, series.at - (REACH - 1) * series.interval_s, side="left").tolist()
    return [
        WINDOW if row is not None else min(WINDOW - 1, index - start + 1)
        for index, (start, row) in enumerate(zip(starts, rows, strict=True))
    ]


def last_row(series: Series) -> Row | None:
    """The indicators of the last bar; None with too few bars or too many gaps."""
    return rows_and_counts(series)[0][-1] if series.close.shape[-1] else None


def rows_now(windows: Sequence[Series], prices: Sequence[float]) -> list[Row]:
    """For each full window its indicators as if the present price were the close of one more bar; all in one pass. Of
    that bar's volume nothing is known yet: it is taken to be the last one's."""
    if not windows:
        return []
    tables = [_with_present(series, price) for series, price in zip(windows, prices, strict=True)]
    columns = (np.stack(column) for column in zip(*tables, strict=True))
    found = indicators(Series(*columns, interval_s=windows[0].interval_s))
    assert found is not None
    return [rows_at(found, place)[-1] for place in range(len(windows))]


def _with_present(series: Series, price: float) -> tuple[Floats, ...]:
    last = series.close[-1]
    present = (series.at[-1] + series.interval_s, max(last, price), min(last, price), price, series.volume[-1])
    columns = (series.at, series.high, series.low, series.close, series.volume)
    return tuple(np.append(column[1 - WINDOW :], value) for column, value in zip(columns, present, strict=True))
