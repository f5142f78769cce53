"""The slider in a browser: it moves at once, tells little, and takes keys; one press starts or stops the bot."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Locator, WebSocket, WebSocketRoute, expect

from tests.browser.conftest import Slip
from tests.browser.dealings import anew, opened, order
from tests.browser.server import Desk
from tests.browser.tabs import DESKTOP, PHONE, Size, Tab, Tabs, until

pytestmark = pytest.mark.browser

BETWEEN: Size = (1000, 800)
# One for a move that came to rest, and one more where the machine stood still meanwhile.
FEW = 8

_FIFTY_MOVES = """async () => {
  const slider = document.getElementById('level');
  const put = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  for (let move = 0; move < 50; move++) {
    put.call(slider, move % 2 ? 9 : 2);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((done) => setTimeout(done, 20));
  }
}"""


@pytest.fixture(scope="module")
def thinking(launch: Slip) -> Desk:
    """A simulated desk whose bot thinks every second."""
    return opened(launch({"DRYDOCK_MARKET": "demo", "DRYDOCK_BOT_TICK_SECONDS": "1"}))


@pytest.fixture
def desk(thinking: Desk) -> Desk:
    """That desk with a session of the test's own, whose bot was never told anything."""
    return anew(thinking)


def bot(desk: Desk) -> tuple[str, int]:
    """State and level as the desk has them."""
    found = desk.get("/api/bot").json()
    return found["state"], found["level"]


def desk_of(desk: Desk, tabs: Tabs, size: Size = DESKTOP) -> Tab:
    """A tab that shows what every level thinks of WETH."""
    tab = tabs.open(desk.url, size=size).until_drawn()
    expect(cell(tab, 5)).to_have_attribute("data-verdict", re.compile("BUY|SELL|HOLD|SKIP"))
    expect(number(tab)).to_have_text("5")
    return tab


def number(tab: Tab) -> Locator:
    return tab.find(".level-number")


def cell(tab: Tab, level: int) -> Locator:
    return tab.find(f'.strip [data-cell="{level}"]')


def finger_of(tab: Tab) -> Callable[..., None]:
    """Touches the page as a finger does, scrolling included: kind, and where in pixels; where not, it lets go."""
    said = tab.page.context.new_cdp_session(tab.page)
    said.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def touch(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        said.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return touch


def at_level(tab: Tab, desk: Desk, level: int, name: str) -> None:
    """The page shows the level everywhere, and the desk has it."""
    expect(number(tab)).to_have_text(str(level))
    expect(tab.find(".level-name")).to_have_text(name)
    expect(tab.find("#level")).to_have_attribute("aria-valuetext", f"{level}, {name}")
    expect(tab.find('.strip [aria-pressed="true"]')).to_have_attribute("data-cell", str(level))
    expect(tab.find('.ledgers [data-mine="true"]')).to_have_attribute("data-ledger", str(level))
    until(lambda: bot(desk)[1] == level, "the level")


def test_fifty_moves_in_a_second_are_few_events_and_end_where_the_last_one_went(desk: Desk, tabs: Tabs) -> None:
    sent: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(str(frame)))

    tab = tabs.blank(desk.url)
    tab.page.on("websocket", listen)
    tab.goto("/").until_drawn()
    expect(number(tab)).to_have_text("5")
    tab.page.evaluate(_FIFTY_MOVES)
    at_level(tab, desk, 9, "Ultra bold")
    moves = [frame for frame in sent if "slider_state.move" in frame]
    assert 1 <= len(moves) <= FEW
    assert all(re.search(r'"clicked_ms":\d{13}', frame) for frame in moves)


def test_a_move_shows_at_once_and_reaches_the_other_tabs(desk: Desk, tabs: Tabs) -> None:
    tab, other = desk_of(desk, tabs), desk_of(desk, tabs)
    tab.find("#level").focus()
    tab.page.keyboard.press("ArrowRight")
    assert number(tab).inner_text() == "6"
    assert tab.find(".level-name").inner_text() == "Moderately bold"
    at_level(tab, desk, 6, "Moderately bold")
    at_level(other, desk, 6, "Moderately bold")
    cell(other, 2).click()
    at_level(tab, desk, 2, "Very cautious")


def test_a_drag_that_ends_is_told(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    box = tab.find("#level").bounding_box()
    assert box is not None
    mouse, y = tab.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"] * 4 / 9, y)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.7, y, steps=5)
    mouse.move(box["x"] + box["width"], y, steps=5)
    mouse.up()
    at_level(tab, desk, 10, "Autonomous")


def test_a_finger_that_scrolls_sets_no_level_one_that_slides_sets_it_when_it_lets_go(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs, PHONE)
    box = tab.find("#level").bounding_box()
    assert box is not None
    finger, y = finger_of(tab), box["y"] + box["height"] / 2
    middle, right = (box["x"] + box["width"] * share for share in (0.5, 0.95))
    finger("touchStart", middle, y)
    for aside in range(16, 128, 16):
        finger("touchMove", middle + aside, y)
    expect(number(tab)).to_have_text(re.compile("[89]"))
    # Longer than a move of the mouse may rest before it is told.
    tab.page.wait_for_timeout(400)
    assert bot(desk)[1] == 5
    slid = number(tab).inner_text()
    finger("touchEnd")
    until(lambda: bot(desk)[1] == int(slid), "the level")
    finger("touchStart", right, y)
    expect(number(tab)).to_have_text("10")
    for up in range(8, 200, 16):
        finger("touchMove", right, y - up)
    expect(number(tab)).to_have_text(slid)
    finger("touchEnd")
    tab.page.wait_for_timeout(400)
    assert bot(desk)[1] == int(slid)
    assert tab.page.evaluate("scrollY") > 0


def test_digits_set_the_level_but_not_while_somebody_types_or_holds_a_modifier(desk: Desk, tabs: Tabs) -> None:
    tab, before = desk_of(desk, tabs), len(desk.said)
    keys = tab.page.keyboard
    keys.press("8")
    at_level(tab, desk, 8, "Very bold")
    keys.press("0")
    at_level(tab, desk, 10, "Autonomous")
    tab.find("#ticket-amount").fill("")
    keys.type("3")
    expect(tab.find("#ticket-amount")).to_have_value("3")
    tab.find("#ticket-amount").blur()
    for held in ("Control", "Alt", "Shift"):
        keys.press(f"{held}+4")
    keys.press("?")
    expect(tab.find("dialog.keys")).to_contain_text("The intel level")
    keys.press("5")
    keys.press("Escape")
    # Had any of them counted, the slider would have told it before this one.
    tab.find("#level").focus()
    keys.press("9")
    at_level(tab, desk, 9, "Ultra bold")
    said = desk.said[before:]
    assert said.count("level=") > 0
    assert not re.search(r"bot=stopped level=[345]\b", said)


def test_one_press_starts_the_bot_a_double_click_does_not_pause_it_and_stop_is_in_reach(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    state, go, stop = tab.find("#bot-state"), tab.find("#bot-go"), tab.find("#bot-stop")
    expect(state).to_have_text("Bot stopped")
    expect(stop).to_be_disabled()
    expect(tab.find("#bot-stance")).to_have_text("The bot is stopped: it only thinks.")
    go.dblclick()
    expect(state).to_have_text("Bot running")
    expect(go).to_have_text("Pause")
    expect(tab.find("#bot-stance")).to_have_count(0)
    tab.page.wait_for_timeout(800)
    assert bot(desk)[0] == "running"
    go.click()
    expect(state).to_have_text("Bot paused")
    stop.click()
    expect(state).to_have_text("Bot stopped")
    assert bot(desk)[0] == "stopped"


def test_a_move_made_while_the_desk_was_away_is_not_made_later(desk: Desk, tabs: Tabs) -> None:
    tab = tabs.open(desk.url, leaves=True).until_drawn()
    expect(number(tab)).to_have_text("5")
    desk.kill()
    expect(tab.find("#level")).to_be_disabled()
    expect(cell(tab, 9)).to_be_disabled()
    expect(tab.find("#bot-state")).to_have_text("Bot: not known")
    expect(tab.find(".stance")).to_have_text("")
    tab.page.keyboard.press("9")
    desk.start()
    expect(tab.find("#level")).to_be_enabled()
    expect(number(tab)).to_have_text("5")
    assert bot(opened(desk)) == ("stopped", 5)


def test_another_token_has_other_reasons_and_a_cell_says_what_its_level_would_do(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    expect(tab.find(".why-panel .card-note")).to_have_text(re.compile(r"^WETH · \d\d:\d\d:\d\d$"))
    expect(tab.find("#gates li").first).to_contain_text("Price is live")
    expect(tab.find("#told")).to_contain_text("WETH")
    tab.row("LINK").click()
    expect(tab.find(".why-panel .card-note")).to_have_text(re.compile("^LINK"))
    expect(tab.find("#told")).to_contain_text("LINK")
    expect(tab.find(".slider-panel")).to_contain_text("What each level's own ledger would do with LINK now")
    expect(cell(tab, 1)).to_have_attribute("aria-label", re.compile(r"^Level 1, Ultra cautious: (BUY|SELL|HOLD|SKIP)"))


def test_gates_that_were_unfolded_stay_so_while_the_bot_thinks_on(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    expect(tab.find("#why-whose")).to_have_text("your account, level 5")
    expect(tab.find(".more-gates summary")).to_have_text(re.compile(r"^\d+ more pass(es)?$"))
    expect(tab.find("#gates-more li").first).not_to_be_visible()
    tab.find(".more-gates summary").click()
    before = tab.find(".why-panel .card-note").inner_text()
    expect(tab.find(".why-panel .card-note")).not_to_have_text(before)
    expect(tab.find("#gates-more li").first).to_be_visible()


def test_the_panel_has_the_last_decisions_and_the_curve(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    tab.page.get_by_role("tab", name="Decisions").click()
    expect(tab.find("#last-decisions tbody tr").first).to_contain_text("ago")
    expect(tab.find("#book").get_by_role("link", name="All decisions")).to_have_attribute("href", "/decisions")
    tab.page.get_by_role("tab", name="Equity").click()
    expect(tab.find("#book")).to_contain_text(re.compile("No curve yet|Holding the watchlist"))


@pytest.mark.parametrize("size", [DESKTOP, BETWEEN, PHONE], ids=["desktop", "between", "phone"])
def test_the_bot_is_in_reach_and_nothing_scrolls_sideways(desk: Desk, tabs: Tabs, size: Size) -> None:
    order(desk, "buy", "WETH", amount_usd="100")
    tab = desk_of(desk, tabs, size)
    for way in ("#bot-go", "#bot-stop", "#flatten", "#slider"):
        expect(tab.find(way)).to_be_in_viewport(ratio=1)
    assert tab.width() <= size[0]
    tab.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    for way in ("#bot-go", "#bot-stop", "#flatten"):
        expect(tab.find(way)).to_be_in_viewport(ratio=1)


def test_on_a_phone_the_slider_comes_first_and_the_bar_leads_to_the_levels(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs, PHONE)
    slider, chart = tab.find(".slider-panel").bounding_box(), tab.find(".chart-panel").bounding_box()
    assert slider is not None and chart is not None
    assert slider["y"] + slider["height"] <= chart["y"]
    names = tab.find(".tabbar > *").all_inner_texts()
    assert names == ["Desk", "Trade", "Levels", "Trades", "Feed", "More"]
    cell(tab, 7).click()
    at_level(tab, desk, 7, "Bold")


def test_a_level_set_by_a_program_is_shown(desk: Desk, tabs: Tabs) -> None:
    tab = desk_of(desk, tabs)
    httpx.put(f"{desk.url}/api/bot/level", json={"level": 1}, timeout=10)
    at_level(tab, desk, 1, "Ultra cautious")


def test_a_move_that_the_desk_never_confirms_is_taken_back(desk: Desk, tabs: Tabs) -> None:
    tab = tabs.blank(desk.url)

    def lose(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        route.on_message(lambda frame: None if "slider_state.move" in str(frame) else server.send(frame))

    tab.page.route_web_socket(re.compile("/_event"), lose)
    tab.goto("/").until_drawn()
    expect(number(tab)).to_have_text("5")
    cell(tab, 9).click()
    assert number(tab).inner_text() == "9"
    expect(number(tab)).to_have_text("5")
    assert bot(desk)[1] == 5
