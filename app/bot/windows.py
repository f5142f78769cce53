"""Windows: which rows of indicators may be trusted, and how many bars stand behind each."""

from collections.abc import Sequence

import numpy as np

from app.bot.indicators import REACH, REACHES, WINDOW, Row, Series, indicators, rows_of


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
