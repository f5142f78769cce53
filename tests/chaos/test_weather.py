"""Twenty minutes of bad weather over every price source: no crash, no wrong price, no budget exceeded, and soon over.

Ten hours of it are `python -m tests.chaos.weather --hours 10`.
"""

from pathlib import Path

from tests.chaos.readings import busiest
from tests.chaos.weather import weathered

SEED = 31
SECONDS = 1200


def test_the_busiest_window_is_found() -> None:
    assert busiest([0, 1, 2, 3, 59.9, 70], 60) == 5
    assert busiest([0, 60, 120], 60) == 1
    assert busiest([], 60) == 0


async def test_in_bad_weather_nothing_crashes_no_price_is_wrong_and_no_budget_is_exceeded(tmp_path: Path) -> None:
    records = await weathered(tmp_path, SECONDS, SEED)
    assert records.findings == []
    assert records.shown["live"] > 0.8 * sum(records.shown.values())
    # It did rain: or all of this would be true of a desk that nothing happens to.
    assert len(records.figures["spells by kind"]) > 15
    assert records.shown["delayed"]
    assert sum(map(len, records.of_sources.values())) > 20
    assert records.entries["entries"]
