"""The command replay: the ten levels over a recorded file, with no desk, no database and no data folder."""

import re
import time
from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.domain.money import NotANumber, digits_of, usd_of
from app.runtime.loglines import escaped

if TYPE_CHECKING:
    from app.market.recording import Recording
    from app.runtime.rehearsing import Replayed, Terms

_NUMBER = r"(10|[1-9])"
_LEVELS = re.compile(rf"{_NUMBER}(-{_NUMBER}|(,{_NUMBER})*)", re.ASCII)
_LONGEST_SYMBOL = 20
# Dollars are kept to the trillionth.
_MOST_DECIMALS = 12


def replay(
    file: Annotated[Path, typer.Argument(help="A CSV of bars, or a session that was exported as JSON.")],
    symbol: Annotated[str, typer.Option(help="The token that the file records.")],
    levels: Annotated[str, typer.Option(help="One level, a range or a list: 3, 1-10 or 1,4,7.")] = "1-10",
    balance: Annotated[str, typer.Option(help="What each level starts with, in US dollars.")] = "10000",
    depth_usd: Annotated[
        str, typer.Option(help="The worth of both sides of the pool in US dollars, where the file does not say.")
    ] = "20000000",
    fee_bps: Annotated[str, typer.Option(help="The pool's fee in basis points.")] = "5",
    gas_usd: Annotated[str, typer.Option(help="The gas of one swap in US dollars.")] = "0.02",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    trades: Annotated[Path | None, typer.Option(help="A CSV file to write every trade to.")] = None,
) -> None:
    """Play a recorded market to the ten levels of the bot, by the very rules that run live, after costs."""
    from app.market.recording import Unreadable, read_recording
    from app.market.replay_quoter import Assumptions
    from app.runtime.rehearsing import Terms, trades_csv
    from app.runtime.replay_report import shown
    from app.runtime.whole_file import Unwritable, WholeFile

    began = time.perf_counter()
    assumed = Assumptions(_depth(depth_usd), _fee(fee_bps), _amount(gas_usd, "--gas-usd"))
    terms = Terms(_levels(levels), _balance(balance), assumed)
    _check(symbol, file, trades)
    try:
        with ExitStack() as stack:
            recording = read_recording(file, symbol)
            out = stack.enter_context(WholeFile(trades)) if trades else None
            found = _played(recording, terms)
            if out:
                out.write(line.encode() for line in trades_csv(found))
            shown(found.told(time.perf_counter() - began), as_json=as_json)
    except (Unreadable, Unwritable) as error:
        typer.echo(escaped(str(error)), err=True)
        raise typer.Exit(1) from None


def _played(recording: "Recording", terms: "Terms") -> "Replayed":
    """Play it; the file's report and the progress are told on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from app.runtime.rehearsing import replayed

    typer.echo(escaped(f"{recording.report()}."), err=True)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Replaying", total=len(recording.bars))
        return replayed(recording, terms, lambda done: progress.update(task, completed=done))


def _levels(text: str) -> tuple[int, ...]:
    """The levels that are asked for, in order."""
    if not _LEVELS.fullmatch(text):
        raise typer.BadParameter("write 3, 1-10 or 1,4,7, with levels from 1 to 10.", param_hint="--levels")
    first, _, last = text.partition("-")
    if not last:
        return tuple(sorted({int(number) for number in text.split(",")}))
    if int(first) > int(last):
        raise typer.BadParameter("a range begins with the lower level.", param_hint="--levels")
    return tuple(range(int(first), int(last) + 1))


def _amount(text: str, option: str) -> Decimal:
    try:
        amount = usd_of(text)
    except NotANumber as error:
        raise typer.BadParameter(f"{error}; it is a number, zero or more.", param_hint=option) from None
    if digits_of(amount) > _MOST_DECIMALS:
        raise typer.BadParameter(f"at most {_MOST_DECIMALS} decimals are kept.", param_hint=option)
    return amount


def _balance(text: str) -> Decimal:
    balance = _amount(text, "--balance")
    if balance < 1:
        raise typer.BadParameter("a level needs at least 1 dollar.", param_hint="--balance")
    return balance


def _depth(text: str) -> Decimal:
    depth = _amount(text, "--depth-usd")
    if not depth:
        raise typer.BadParameter("an empty pool trades nothing; it is above zero.", param_hint="--depth-usd")
    return depth


def _fee(text: str) -> Decimal:
    fee = _amount(text, "--fee-bps")
    if fee >= 10_000:
        raise typer.BadParameter("a fee of 10,000 basis points takes everything; it is less.", param_hint="--fee-bps")
    return fee


def _check(symbol: str, file: Path, trades: Path | None) -> None:
    if not symbol.isprintable() or not 0 < len(symbol.strip()) <= _LONGEST_SYMBOL:
        raise typer.BadParameter(f"a symbol has 1 to {_LONGEST_SYMBOL} letters.", param_hint="--symbol")
    if symbol.upper() == "USDC":
        raise typer.BadParameter("USDC is what tokens are traded against.", param_hint="--symbol")
    # Whatever else is wrong with either of them is said when it is opened.
    with suppress(OSError, ValueError):
        if trades and trades.samefile(file):
            raise typer.BadParameter("the trades would be written over the recording.", param_hint="--trades")
