"""The chart of equity curves: its fixed parts, and the bookkeeping of its points as the browser runs it."""

import json
from typing import Any

import pytest

from app.ui.charts import curve_base
from tests.ui.test_charts import ROOT, node

LINES = ROOT / "app/ui/components/curve_lines.js"
SECOND = 1000


def run(expression: str) -> Any:
    """What the browser's own code makes of it."""
    program = f"""
        import {{ makeLines, rangeOf, spread }} from {json.dumps(LINES.as_uri())};
        console.log(JSON.stringify({expression}));
    """
    return json.loads(node(program))


def lines(*steps: list[Any]) -> dict[str, Any]:
    """The lines after `steps`, each ["load", history] or ["push", tip]."""
    return run(
        f"(() => {{ const lines = makeLines(); const pushed = []; for (const [step, value] of {json.dumps(steps)}) "
        f"{{ const done = lines[step](value); if (step === 'push') pushed.push(done); }} "
        f"return {{ ...lines, pushed }}; }})()"
    )


def history(key: str, *seconds: int) -> list[Any]:
    return [
        "load",
        {"key": key, "t": [at * SECOND for at in seconds], "of": [[at / 10 for at in seconds], [0] * len(seconds)]},
    ]


def tip(key: str, second: float, value: float) -> list[Any]:
    return ["push", [key, second * SECOND, value, 0]]


def test_the_fixed_parts_are_json_without_plotlys_template() -> None:
    base = curve_base()
    assert json.loads(json.dumps(base)) == base
    assert '"template"' not in json.dumps(base)
    assert base["config"]["displayModeBar"] is False
    assert base["layout"]["hovermode"] == "closest"
    # With a sign before every number nought would be '+0 %'.
    assert not base["layout"]["yaxis"]["tickformat"].startswith("+")


def test_a_tip_lengthens_every_line() -> None:
    found = lines(history("s1", 0, 100), tip("s1", 200, 2.5))
    assert found["t"] == [0, 100 * SECOND, 200 * SECOND]
    assert found["of"] == [[0, 10, 2.5], [0, 0, 0]]


def test_the_end_goes_along_with_the_present_until_it_is_far_enough() -> None:
    found = lines(
        history("s1", 0, 4000), tip("s1", 4001, 1), tip("s1", 4002, 2), tip("s1", 4020, 3), tip("s1", 4021, 4)
    )
    assert found["t"] == [at * SECOND for at in (0, 4000, 4020, 4021)]
    assert found["of"][0] == [0, 400, 3, 4]


def test_the_tip_of_another_session_or_an_older_one_or_none_is_ignored() -> None:
    found = lines(
        history("s1", 0, 100),
        tip("s2", 200, 1),
        tip("s1", 99, 1),
        ["push", []],
        ["push", None],
        ["push", ["s1", 200, 1]],
    )
    assert found["pushed"] == [False] * 5
    assert found["t"] == [0, 100 * SECOND]


def test_another_history_replaces_every_point() -> None:
    found = lines(history("s1", 0, 100), tip("s1", 200, 1), history("s2", 500))
    assert (found["key"], found["t"], found["of"]) == ("s2", [500 * SECOND], [[50], [0]])


def test_lines_do_not_grow_without_end_and_keep_their_last_point() -> None:
    found = lines(history("s1", *range(800)), *[tip("s1", 800 + 10 * place, place) for place in range(30)])
    assert len(found["t"]) < 500
    assert (found["t"][-1], found["of"][0][-1]) == ((800 + 290) * SECOND, 29)
    assert {len(line) for line in found["of"]} == {len(found["t"])}
    assert found["t"] == sorted(found["t"])


def test_labels_that_would_cover_each_other_stand_apart_and_within() -> None:
    assert run("spread([50, 51, 10], 12, 0, 100)") == [50, 62, 10]
    assert run("spread([99, 99, 99], 12, 0, 100)") == [76, 88, 100]
    crowded = run("spread(Array(12).fill(30), 12, 0, 100)")
    assert (min(crowded), max(crowded)) == (pytest.approx(0, abs=1e-9), 100)


def test_the_range_holds_nought_and_every_known_value_with_room() -> None:
    low, high = run("rangeOf([[1, null, 5], [-3, 2]])")
    assert low < -3 and high > 5
    assert run("rangeOf([[null], []])") == [-0.5, 0.5]
