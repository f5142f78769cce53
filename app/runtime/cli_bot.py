"""`drydock bot`: the bot with no browser, its decisions on the terminal."""

import asyncio
import logging
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from app.domain.decisions import Verdict
from app.domain.refusal import Refusal
from app.runtime.settings import Settings

if TYPE_CHECKING:
    from app.runtime.pit import Pit

_TOLD = ("[DECISION]", "[TRADE]")


def run_bot(settings: Settings, level: int, minutes: float | None) -> str | Refusal:
    """Run the bot at a level until it is interrupted, or for so many minutes; what it came to, for people. The data
    folder's lock is the caller's."""
    from app.runtime.logs import set_up

    # What this command says is decisions and trades; everything is in the log file.
    terminal = logging.StreamHandler(sys.stdout)
    terminal.addFilter(lambda record: record.getMessage().startswith(_TOLD) or record.levelno >= logging.ERROR)
    set_up(settings, terminal)
    return asyncio.run(_ran(settings, level, minutes))


async def _ran(settings: Settings, level: int, minutes: float | None) -> str | Refusal:
    from app.runtime.lifespan import open_house

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, ended.set)
    async with open_house(settings) as house:
        await house.opened()
        if house.pit is None:
            return Refusal("not_open", house.trouble or "The market could not be opened.")
        return await _traded(house.pit, level, ended, None if minutes is None else minutes * 60)


async def _traded(pit: "Pit", level: int, ended: asyncio.Event, seconds: float | None) -> str | Refusal:
    """Let it trade, and leave the session's bot as it was found."""
    bot, before = pit.bot, pit.bot.record
    refusal = await bot.set_level(level) or await bot.command("start")
    if refusal:
        return refusal
    with suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), seconds)
    account = pit.account
    said = ", ".join(f"{verdict.value} {bot.journal.own[verdict]}" for verdict in Verdict)
    await bot.restore(before)
    return f"Level {level}: equity ${bot.equity:,.2f}; {account.version - 1} trades in this session; logged: {said}."


Level = Annotated[int, typer.Option(help="The level of nerve, 1 to 10.", min=1, max=10)]
Minutes = Annotated[float | None, typer.Option(help="Stop after so many minutes; by itself it goes on.", min=0.01)]
