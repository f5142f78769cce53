"""The fixed parts of the charts, and the candle chart's bookkeeping as the browser runs it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.ui.charts import candle_base

ROOT = Path(__file__).resolve().parents[2]
BARS = ROOT / "app/ui/components/candle_bars.js"
NODE = Path(sys.executable).parent / "node"
HOUR = 3_600_000


def history(key: str, first: int, count: int, price: float = 100.0) -> dict[str, Any]:
    lists = {field: [price] * count for field in "ohlcv"}
    return {"key": key, "t": [(first + i) * HOUR for i in range(count)], **lists, "step": HOUR}


def run(*steps: list[Any]) -> dict[str, Any]:
    """The bars after `steps`, each ["load", history] or ["push", tick], as the browser's own code makes them."""
    program = f"""
        import {{ makeBars }} from {json.dumps(BARS.as_uri())};
        const bars = makeBars();
        const pushed = [];
        for (const [step, value] of {json.dumps(steps)}) {{
          const changed = bars[step](value);
          if (step === "push") pushed.push(changed);
        }}
        console.log(JSON.stringify({{ ...bars, pushed }}));
    """
    return json.loads(node(program))


def node(program: str) -> str:
    command = [str(NODE), "--no-warnings", "--input-type=module", "-"]
    return subprocess.run(command, input=program, capture_output=True, text=True, check=True).stdout


def tick(key: str, hour: int, close: float, volume: float = 5.0) -> list[Any]:
    return [key, hour * HOUR, 100.0, max(100.0, close), min(100.0, close), close, volume]


def test_the_base_is_json_and_brings_no_plotly_template() -> None:
    base = candle_base()
    assert json.loads(json.dumps(base)) == base
    assert "template" not in json.dumps(base)
    assert len(json.dumps(base)) < 1500


def test_the_base_has_no_range_slider_no_mode_bar_and_the_price_on_the_right() -> None:
    base = candle_base()
    assert base["layout"]["xaxis"]["rangeslider"] == {"visible": False}
    assert base["layout"]["yaxis"]["side"] == "right"
    assert base["config"] == {"staticPlot": True, "displayModeBar": False, "displaylogo": False}


def test_volume_lies_under_the_candles_and_never_over_them() -> None:
    layout = candle_base()["layout"]
    assert candle_base()["volume"]["yaxis"] == "y2"
    assert layout["yaxis2"]["domain"][1] < layout["yaxis"]["domain"][0]


def test_one_callers_change_of_the_base_is_not_seen_by_the_next() -> None:
    candle_base()["layout"]["xaxis"]["type"] = "linear"
    assert candle_base()["layout"]["xaxis"]["type"] == "date"


def test_importing_the_charts_or_a_component_does_not_load_plotly_or_touch_the_disk(tmp_path: Path) -> None:
    program = (
        "import sys, app.ui.charts, app.ui.components.candles, app.ui.components.age; print('plotly' in sys.modules)"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path)}
    seen = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == "False"
    assert not (tmp_path / "assets").exists()


def test_a_tick_of_the_last_bars_time_replaces_it() -> None:
    bars = run(["load", history("WETH|1h", 0, 3)], ["push", tick("WETH|1h", 2, 101.5)])
    assert bars["t"] == [0, HOUR, 2 * HOUR]
    assert bars["c"] == [100, 100, 101.5]


def test_a_tick_of_several_bars_corrects_the_closed_ones_and_appends_the_new() -> None:
    several = [*tick("K", 2, 101.5), *tick("K", 3, 102.0)[1:], *tick("K", 4, 103.0)[1:]]
    bars = run(
        ["load", history("K", 0, 3)], ["push", several], ["push", [*tick("K", 1, 99.0), *tick("K", 5, 98.0)[1:]]]
    )
    assert bars["t"] == [hour * HOUR for hour in range(6)]
    assert bars["c"] == [100, 99, 101.5, 102, 103, 98]
    assert run(["load", history("K", 0, 3)], ["push", several[:-1]])["pushed"] == [False]


def test_a_later_tick_is_appended_even_after_a_gap() -> None:
    bars = run(["load", history("WETH|1h", 0, 3)], ["push", tick("WETH|1h", 9, 99.0, 7.0)])
    assert bars["t"] == [0, HOUR, 2 * HOUR, 9 * HOUR]
    assert (bars["l"][-1], bars["v"][-1]) == (99, 7)


def test_a_tick_that_is_older_or_of_another_key_or_empty_or_no_number_is_ignored() -> None:
    lines = [tick("WETH|1h", 1, 1.0), tick("AERO|1h", 3, 1.0), [], None, ["WETH|1h", 3 * HOUR, None, 1, 1, 1, 1]]
    bars = run(["load", history("WETH|1h", 0, 3)], *[["push", line] for line in lines])
    assert bars["pushed"] == [False] * 5
    assert bars["c"] == [100, 100, 100]


def test_another_key_replaces_every_bar() -> None:
    bars = run(["load", history("WETH|1h", 0, 5)], ["load", history("AERO|1h", 3, 2, 1.25)])
    assert bars["key"] == "AERO|1h"
    assert (bars["t"], bars["c"]) == ([3 * HOUR, 4 * HOUR], [1.25, 1.25])


def test_the_same_history_sent_again_does_not_take_back_newer_ticks() -> None:
    old = history("WETH|1h", 0, 3)
    bars = run(["load", old], ["push", tick("WETH|1h", 2, 102.0)], ["push", tick("WETH|1h", 3, 103.0)], ["load", old])
    assert bars["t"] == [0, HOUR, 2 * HOUR, 3 * HOUR]
    assert bars["c"] == [100, 100, 102, 103]


def test_a_history_sent_again_fills_the_bars_missed_while_away() -> None:
    bars = run(["load", history("WETH|1h", 0, 3)], ["load", history("WETH|1h", 0, 6, 110.0)])
    assert bars["t"] == [hour * HOUR for hour in range(6)]
    assert bars["c"] == [110] * 6


def test_an_old_history_keeps_its_last_bar_where_the_next_tick_is_later() -> None:
    short = history("WETH|1h", 0, 2)
    bars = run(["load", short], ["push", tick("WETH|1h", 5, 105.0)], ["load", history("WETH|1h", 0, 4)])
    assert bars["t"] == [0, HOUR, 2 * HOUR, 3 * HOUR, 5 * HOUR]


def test_bars_do_not_grow_without_end() -> None:
    steps = [["load", history("K", 0, 4999)], *[["push", tick("K", 4999 + i, 100.0)] for i in range(4)]]
    bars = run(*steps)
    assert [len(bars[field]) for field in "tohlcv"] == [5000] * 6
    assert bars["t"][-1] == 5002 * HOUR
