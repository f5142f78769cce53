"""The file stays small: what is kept, times what it weighs."""

from datetime import timedelta
from pathlib import Path
from random import Random

from app.domain.bars import Interval
from app.store.bars import counts, write_bars
from app.store.database import migrate, open_store
from tests.store.year import BEGIN, DAY, TOKENS, day_of_bars, rows_a_token

LIMIT_MB = 150
EVERY_LENGTH = list(Interval)


def bytes_a_row(folder: Path) -> float:
    """Measured on two days of all tokens, written in the order in which the bars close."""
    file = folder / "desk.db"
    url = f"sqlite:///{file}"
    migrate(url)
    store = open_store(url)
    for day in (BEGIN, BEGIN + DAY):
        write_bars(store, day_of_bars(day, EVERY_LENGTH, Random(1)))
    rows = sum(counts(store).values())
    store.close()
    return file.stat().st_size / rows


def test_what_is_kept_of_a_token_has_an_upper_limit_but_for_the_days() -> None:
    after_two_years, after_three = rows_a_token(2 * 365 + 1), rows_a_token(3 * 365 + 1)
    assert after_three - after_two_years == 365
    assert rows_a_token(1) == sum(timedelta(days=1) // length.length for length in EVERY_LENGTH)


def test_twenty_tokens_fit_the_limit_however_long_the_desk_runs(tmp_path: Path) -> None:
    ten_years_of_rows = rows_a_token(3650) * TOKENS
    assert ten_years_of_rows * bytes_a_row(tmp_path) < LIMIT_MB * 1e6
