"""Every line that Drydock logs has one of the eight tags and then key=value, in the code and from a house at work."""

import ast
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.orders import Origin
from app.domain.prices import Consensus, PriceState
from app.domain.tickets import Asked
from app.runtime import journal
from app.runtime.listing import list_token
from app.runtime.logbook import Logbook
from app.runtime.loglines import TAGS, fields_of
from app.trading import blotter
from tests.clock import FakeClock
from tests.runtime.desk import settings_of
from tests.runtime.houses import go_on, opened_house
from tests.store.drawn import TOKEN, a_trade
from tests.store.drawn_decisions import a_decision

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


def foreign() -> Iterator[tuple[str, str]]:
    """Where symbols and orders' ids are told in a line of the log, with whatever is to keep them in their field."""
    for path in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_line = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_log.")
            if is_line or (isinstance(node, ast.FunctionDef) and node.name == "told"):
                for part in ast.walk(node):
                    if isinstance(part, ast.Call | ast.FormattedValue):
                        for inner in ast.iter_child_nodes(part):
                            if isinstance(inner, ast.Attribute) and inner.attr in ("symbol", "order_id"):
                                yield f"{path.relative_to(APP).as_posix()}:{inner.lineno}", ast.unparse(part)


def test_every_line_in_the_code_has_one_tag_and_then_key_and_value() -> None:
    found = list(templates())
    assert len(found) > 40
    assert [one for one in found if not TEMPLATE.fullmatch(one[1])] == []


def test_symbols_and_the_ids_of_orders_are_fields_of_their_own_in_every_line() -> None:
    found = list(foreign())
    assert len(found) > 12
    assert [one for one in found if not one[1].startswith("as_field(")] == []


HOSTILE = st.one_of(
    st.sampled_from(["q id=s9-9 order=other", "PEPE' id=d1 token='WETH", "a\n[TRADE] id=s1"]), st.text()
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_a_trade_and_a_decision_are_told_with_whole_symbols_and_ids_whatever_stands_in_them(
    symbol: str, order_id: str, source: str
) -> None:
    token = replace(TOKEN, symbol=symbol)
    trade = replace(a_trade("s1", 1), order_id=order_id, token=token, reason=source, decision_id="d1")
    market = Consensus(token.key, PriceState.LIVE, source=source)
    fields = fields_of(blotter.told(trade, market, 5))
    assert (fields["id"], fields["order"], fields["token"]) == (trade.id, order_id, symbol)
    assert (fields["price_source"], fields["reason"]) == (source or "-", source)
    line = f"id=d1 {journal.told(replace(a_decision('s1', token=token), source=source))}"
    fields = fields_of(line)
    assert (fields["id"], fields["token"], fields["source"], fields["level"]) == ("d1", symbol, source or "-", "5")
    assert LINE.fullmatch(line)


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
            Asked("q id=s9-9 order=other", "buy", amount_usd="20"),
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
    orders = [line.fields["order"] for line in lines if "order" in line.fields]
    assert "q id=s9-9 order=other" in orders and "other" not in orders
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
