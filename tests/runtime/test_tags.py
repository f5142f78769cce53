"""Every line that Drydock logs has one of the eight tags and then key=value, in the code and from a house at work."""

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.orders import Origin
from app.domain.tickets import Asked
from app.runtime.listing import list_token
from app.runtime.logbook import Logbook
from app.runtime.loglines import TAGS
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import go_on, opened_house

APP = Path(__file__).resolve().parents[2] / "app"
CALLS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
VALUE = r"(?:'[^']*'|[^\s=']+|)"
# A last %s stands for fields that are put together elsewhere; the house at work shows what they are.
TEMPLATE = re.compile(rf"\[({'|'.join(TAGS)})\](?: [a-z_]+={VALUE})*(?: %s)?")
QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s'"]*)"""
LINE = re.compile(rf"(?:[A-Za-z_][\w.]*={QUOTED}(?: |$))+")


def templates() -> Iterator[tuple[str, str]]:
    """Every text that is logged in the app, with where it stands."""
    for path in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS:
                by = node.func.value
                if isinstance(by, ast.Name) and by.id in ("_log", "logger", "logging"):
                    text = node.args[1 if node.func.attr == "log" else 0]
                    said = str(text.value) if isinstance(text, ast.Constant) else ast.unparse(text)
                    yield f"{path.relative_to(APP).as_posix()}:{node.lineno}", said


def test_every_line_in_the_code_has_one_tag_and_then_key_and_value() -> None:
    found = list(templates())
    assert len(found) > 40
    assert [one for one in found if not TEMPLATE.fullmatch(one[1])] == []


def test_loggers_are_named_after_the_desk_or_their_lines_would_be_taken_for_others() -> None:
    text = "".join(path.read_text("utf-8") for path in APP.rglob("*.py"))
    # A logger that is only told to be silent writes nothing.
    names = re.findall(r"getLogger\(([^)]*)\)(?!\.setLevel)", text)
    assert [name for name in names if not name.startswith('"drydock') and name not in ("", "name")] == []


@pytest.mark.parametrize("line", ["pruned=5", "why='a b=c' token=WETH", 'why="it\'s"', "empty= a.b=1"])
def test_what_is_key_and_value_is_known_as_such(line: str) -> None:
    assert LINE.fullmatch(line)
    assert not LINE.fullmatch(f"{line} and more")
    assert not LINE.fullmatch(f"so {line}")


@pytest.mark.asyncio
async def test_every_line_of_a_house_at_work_has_one_tag_and_then_key_and_value(
    tmp_path: Path, clock: FakeClock, book: Logbook
) -> None:
    async with opened_house(settings_of(tmp_path, market="demo", watchlist="WETH,LINK"), clock) as house:
        pit = house.pit
        assert pit is not None
        for asked in (
            Asked("buy-1", "buy", amount_usd="500"),
            Asked("stop-1", "sell", share_pct="100", type="stop_loss", stop_price="1"),
            Asked("huge-1", "buy", amount_usd="999999"),
        ):
            await pit.desk.place(asked, "WETH", Origin.HAND)
        await pit.bot.set_level(8)
        await pit.bot.command("start")
        for _ in range(3):
            await go_on(house, clock, 15)
            await house.think()
        await house.measure()
        await list_token(house, "0x" + "1" * 40)
        await house.write_down()
        await house.alarms.look()
        await house.prune()
    lines = book.lines()
    assert {"DECISION", "TRADE", "SESSION", "PRICE"} <= {line.tag for line in lines}
    assert [line.said for line in lines if not line.tag or not LINE.fullmatch(line.message)] == []
    assert [line.said for line in lines if any(f"[{tag}]" in line.message for tag in TAGS)] == []


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def book() -> Iterator[Logbook]:
    """A logbook of all that Drydock's own loggers say, debug lines too."""
    book, log = Logbook(), logging.getLogger("drydock")
    level = log.level
    log.addHandler(book)
    log.setLevel(logging.DEBUG)
    yield book
    log.setLevel(level)
    log.removeHandler(book)
