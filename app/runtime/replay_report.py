"""What a replay shows at its end: one JSON object for programs, or a table for people."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

# Where nobody looks at it in a terminal, a table is this wide.
_WIDTH = 110
# Two lines each, so that the table fits a terminal of eighty columns.
_COLUMNS = (
    "level", "equity\n$", "return\n%", "no skill\n%", "deepest\nfall %", "worst\nmonth %", "exposure\n%", "trades",
    "costs\n$",
)  # fmt: skip


def shown(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the result to standard output."""
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=_WIDTH)
    console.print(_table(found))
    for line in _ending(found):
        console.print(line, soft_wrap=True)


def rows_of(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The figures as people read them, a row for each level and the last for holding, in the order of the columns."""
    rows = [_row(line) for line in found["levels"]]
    kept = (found["hold_return_pct"], found["hold_max_drawdown_pct"], found["hold_worst_month_pct"])
    held, fall, month = (Decimal(text) for text in kept)
    start = Decimal(found["assumptions"]["balance"])
    end = f"{start * (1 + held / 100):,.2f}"
    return [*rows, ("hold", end, f"{held:+.2f} %", "", f"{fall:.2f} %", f"{month:+.2f} %", "100.00 %", "", "")]


def _row(line: Mapping[str, Any]) -> tuple[str, ...]:
    costs = sum((Decimal(part) for part in line["costs"].values()), Decimal(0))
    return (
        str(line["level"]),
        f"{Decimal(line['equity']):,.2f}",
        f"{Decimal(line['return_pct']):+.2f} %",
        f"{Decimal(line['skill_less_return_pct']):+.2f} %",
        f"{Decimal(line['max_drawdown_pct']):.2f} %",
        f"{Decimal(line['worst_month_pct']):+.2f} %",
        f"{Decimal(line['exposure_pct']):.2f} %",
        f"{line['trades']:,}",
        f"{costs:,.2f}",
    )


def _table(found: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows_of(found):
        table.add_row(*(cell.removesuffix(" %") for cell in row))
    return table


def _ending(found: Mapping[str, Any]) -> tuple[str, ...]:
    assumed = found["assumptions"]
    return (
        "",
        "'no skill' is what the same average exposure, held all the time at no cost, would have returned.",
        f"{found['bars']:,} bars of {assumed['symbol']}, a fee of {assumed['fee_bps']} bp, gas of "
        f"${assumed['gas_usd']}, {_depth(found)}; {found['seconds']:.1f} s.",
        f"hash {found['hash']}",
    )


def _depth(found: Mapping[str, Any]) -> str:
    stated, bars = found["assumptions"]["bars_with_depth"], found["bars"]
    assumed = f"a pool of ${Decimal(found['assumptions']['depth_usd']):,f}"
    if not stated:
        return assumed
    return "the file's own depth" if stated == bars else f"the file's own depth where it is stated, else {assumed}"
