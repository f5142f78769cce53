"""The double as a thing to hold: its prices, its counts, its life and its control desk."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from tests.double import Double, Mischief, Request, dead_port
from tests.double.asked import PRICED, WETH, asked, fetched, multicall, price_in, results_of, round_of, rpc_body
from tests.double.tally import over_budget
from tests.double.tape import Tape, UnknownAsset

NEW = "0x00000000000000000000000000000000000B0b01"
OTHER = "0x00000000000000000000000000000000000B0b02"
NOW = datetime(2026, 3, 4, 15, 7, 30, tzinfo=UTC)


@pytest.fixture
def double() -> Generator[Double]:
    with Double() as running:
        yield running


def test_a_price_that_is_set_moves_every_source(double: Double) -> None:
    double.set_price("weth", "1999.95")
    assert {price_in(source, asked(double, source)) for source in PRICED} == {Decimal("1999.95")}


def test_a_skew_moves_one_source_only(double: Double) -> None:
    double.skew("coinbase", "weth", "1.1")
    assert price_in("coinbase", asked(double, "coinbase")) == Decimal("2763.640")
    assert price_in("kraken", asked(double, "kraken")) == Decimal("2512.40")
    double.skew("coinbase", "weth", 1)
    assert price_in("coinbase", asked(double, "coinbase")) == Decimal("2512.40")


def test_an_unknown_asset_cannot_be_priced(double: Double) -> None:
    with pytest.raises(UnknownAsset):
        double.set_price("wethh", "1")


def test_history_is_the_same_for_two_tapes_and_ends_in_the_opening_price() -> None:
    one, other = Tape(lambda: NOW), Tape(lambda: NOW)
    hours = [NOW - timedelta(hours=back) for back in range(48)]
    assert [one.price("weth", at) for at in hours] == [other.price("weth", at) for at in hours]
    assert one.price("weth", NOW) == Decimal("2512.40")
    assert len({one.price("weth", at) for at in hours}) == 48


def test_a_move_leaves_the_past_alone_and_a_listing_rewrites_it() -> None:
    clock = [NOW]
    tape = Tape(lambda: clock[0])
    before = tape.price("weth", NOW - timedelta(hours=1))
    clock[0] = NOW + timedelta(minutes=5)
    tape.move("weth", Decimal(3000))
    assert tape.price("weth") == 3000
    assert tape.price("weth", NOW + timedelta(minutes=4)) == Decimal("2512.40")
    assert tape.price("weth", NOW - timedelta(hours=1)) == before
    tape.list("weth", Decimal(3000))
    assert abs(tape.price("weth", NOW - timedelta(hours=1)) - 3000) < 100


def test_ether_and_its_wrapped_form_are_one_asset(double: Double) -> None:
    double.set_price("ethereum", "2000")
    assert double.price("weth") == 2000


def test_the_environment_points_every_source_and_chain_at_the_double(double: Double) -> None:
    environment = double.environment()
    assert len([name for name in environment if name.startswith("DRYDOCK_RPC_URL_")]) == 7
    assert environment["DRYDOCK_COINGECKO_URL"] == f"http://127.0.0.1:{double.port}/coingecko"
    assert all(f"127.0.0.1:{double.port}/" in url for url in environment.values())


def test_requests_are_counted_for_every_source_they_concern(double: Double) -> None:
    asked(double, "coinbase")
    asked(double, "chainlink")
    fetched(double.url("rpc/1"), rpc_body("eth_blockNumber"))
    assert [request.path for request in double.requests("coinbase")] == ["/products/ETH-USD/ticker"]
    assert [len(double.requests(name)) for name in ("rpc", "rpc/8453", "rpc/1", "chainlink")] == [2, 1, 1, 1]
    times = [request.at for request in double.requests()]
    assert times == sorted(times)
    double.forget_requests()
    assert double.requests() == []


def test_a_misbehaving_source_counts_its_calls_too(double: Double) -> None:
    double.misbehave("kraken", Mischief.RATE_LIMITED)
    asked(double, "kraken")
    assert len(double.requests("kraken")) == 1


def calls(source: str, *seconds: float, keyed: bool = False) -> list[Request]:
    return [Request((source,), "GET", "/", "", at, keyed) for at in seconds]


@pytest.mark.parametrize(
    ("requests", "over"),
    [
        (calls("kraken", 0, 1, 2, 3), []),
        (calls("kraken", 0, 1, 1.5), ["kraken"]),
        (calls("coingecko", 0, 10, 20, 30, 40, 60), []),
        (calls("coingecko", 0, 10, 20, 30, 40, 50), ["coingecko"]),
        (calls("coingecko", 0, 10, 20, 30, 40, 50, keyed=True), []),
        (calls("geckoterminal", *range(31)), ["geckoterminal"]),
        (calls("alchemy", *range(0, 3000, 10)), []),
        (calls("alchemy", *range(0, 3010, 10)), ["alchemy"]),
        (calls("rpc", *[0.0] * 500), []),
    ],
)
def test_a_source_is_over_budget_when_any_window_holds_too_many_calls(requests: list[Request], over: list[str]) -> None:
    assert over_budget(requests) == over


def test_a_deployed_token_has_an_identity_and_a_market(double: Double) -> None:
    asset = double.deploy(8453, NEW, "BOB", "Bob's Token", 9, liquidity_usd=50_000, price="0.25")
    body = multicall((NEW, "0x313ce567"), (NEW, "0x95d89b41"))
    answer = fetched(double.url("rpc/8453"), body).json()
    decimals, symbol = results_of(answer)
    assert int.from_bytes(decimals[1]) == 9
    assert b"BOB" in symbol[1]
    assert len(symbol[1]) == 96
    (pair,) = fetched(double.url("dexscreener") + f"/tokens/v1/base/{NEW}").json()
    assert (pair["priceUsd"], pair["liquidity"]["usd"]) == ("0.25", 50000)
    double.set_price(asset, "0.5")
    item = fetched(double.url("geckoterminal") + f"/networks/base/tokens/multi/{NEW}").json()
    assert item["data"][0]["attributes"]["price_usd"] == "0.5"
    llama = fetched(double.url("defillama") + f"/prices/current/base:{NEW}").json()
    assert llama == {"coins": {}}


def test_a_deployed_token_may_have_no_market_and_old_text(double: Double) -> None:
    double.deploy(1, NEW, "MKR", "Maker", 18, bytes32=True)
    body = rpc_body("eth_call", {"to": NEW, "data": "0x95d89b41"}, "latest")
    symbol = fetched(double.url("rpc/1"), body).json()["result"]
    assert bytes.fromhex(symbol[2:]) == b"MKR".ljust(32, b"\0")
    assert fetched(double.url("dexscreener") + f"/tokens/v1/ethereum/{NEW}").json() == []


def test_a_contract_that_is_no_token_reverts_every_call(double: Double) -> None:
    double.deploy_contract(8453, OTHER)
    code = fetched(double.url("rpc/8453"), rpc_body("eth_getCode", OTHER, "latest")).json()
    assert code["result"] != "0x"
    call = rpc_body("eth_call", {"to": OTHER, "data": "0x313ce567"}, "latest")
    answer = fetched(double.url("rpc/8453"), call).json()
    assert (answer["error"]["code"], answer["error"]["data"]) == (3, "0x")


def test_a_delisted_pair_is_unknown_to_its_exchange_only(double: Double) -> None:
    double.delist("XETHZUSD")
    assert asked(double, "kraken").json() == {"error": ["EQuery:Unknown asset pair"]}
    everything = fetched(double.url("kraken") + "/Ticker").json()["result"]
    assert "XETHZUSD" not in everything
    assert "LINKUSD" in everything
    assert asked(double, "coinbase").status_code == 200
    double.delist("ETH-USD")
    assert asked(double, "coinbase").status_code == 404


def test_a_sequencer_can_go_down_and_come_back(double: Double) -> None:
    feed = "0xBCF85224fc0756B9Fa45aA7892530B47e10b6433"

    def is_down() -> int:
        body = rpc_body("eth_call", {"to": feed, "data": "0xfeaf968c"}, "latest")
        answer = fetched(double.url("rpc/8453"), body).json()
        return round_of(bytes.fromhex(answer["result"][2:]))[1]

    said = [is_down()]
    for up in (False, True):
        double.sequencer(8453, up=up)
        said.append(is_down())
    assert said == [0, 1, 0]


def test_stopping_cuts_calls_that_hang_and_leaves_no_thread() -> None:
    ends: list[BaseException] = []

    def hang(double: Double) -> None:
        try:
            asked(double, "coinbase", timeout_s=30)
        except httpx.HTTPError as error:
            ends.append(error)

    double = Double()
    double.start()
    double.misbehave("coinbase", Mischief.TIMEOUT)
    waiting = threading.Thread(target=hang, args=(double,))
    waiting.start()
    while not double.requests("coinbase"):
        waiting.join(0.01)
        assert waiting.is_alive()
    double.stop()
    waiting.join(10)
    assert [type(error) for error in ends] == [httpx.RemoteProtocolError]
    assert "double" not in [thread.name for thread in threading.enumerate()]


def test_an_outage_ends_on_the_same_port_with_everything_remembered(double: Double) -> None:
    double.set_price("weth", "1800")
    before = double.environment()
    double.stop()
    with pytest.raises(httpx.ConnectError):
        asked(double, "coinbase")
    double.restart()
    assert double.environment() == before
    assert price_in("coinbase", asked(double, "coinbase")) == 1800
    double.restart(port=0)
    assert asked(double, "coinbase").status_code == 200


def test_a_dead_port_refuses_connections() -> None:
    with dead_port() as port, pytest.raises(httpx.ConnectError):
        fetched(f"http://127.0.0.1:{port}/")


def test_the_control_desk_steers_from_another_process(double: Double) -> None:
    with httpx.Client(base_url=double.url("control") + "/", trust_env=False, verify=False) as desk:
        desk.post("price", json={"asset": "weth", "price": "1500"})
        desk.post("misbehave", json={"source": "kraken", "mischief": "zero", "asset": "weth"})
        assert price_in("coinbase", asked(double, "coinbase")) == 1500
        assert price_in("kraken", asked(double, "kraken")) == 0
        desk.post("behave", json={"source": "kraken"})
        assert price_in("kraken", asked(double, "kraken")) == 1500
        (first, *_) = desk.get("requests", params={"source": "kraken"}).json()
        assert first["path"] == "/Ticker"
        refused = desk.post("misbehave", json={"source": "kraken", "mischief": "no such"})
        assert refused.status_code == 422
        listed = desk.post("deploy", json={"chain_id": 8453, "address": NEW, "symbol": "BOB", "liquidity_usd": 20000})
        assert listed.json() == {"asset": f"8453:{NEW.lower()}"}
        assert desk.get("prices").json()["weth"] == "1500"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_in_the_foreground_it_serves_until_a_signal_and_ends_well(number: signal.Signals) -> None:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tests.double", "--port", "0", "--jitter"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name, _, url = process.stdout.readline().strip().removeprefix("export ").partition("=")
        assert name == "DRYDOCK_COINGECKO_URL"
        assert fetched(f"{url}/ping").status_code == 200
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


def test_the_jitter_is_the_same_walk_for_the_same_seed() -> None:
    walks = []
    for _ in range(2):
        tape = Tape(lambda: NOW)
        dice = random.Random(7)
        for _ in range(20):
            tape.walk(dice)
        walks.append([tape.price(asset) for asset in tape.assets])
    assert walks[0] == walks[1]
    assert walks[0][0] != Decimal("2512.40")


def test_the_tokens_address_may_be_sent_in_any_case(double: Double) -> None:
    url = double.url("geckoterminal") + f"/networks/base/tokens/multi/{WETH.upper().replace('0X', '0x')}"
    assert len(fetched(url).json()["data"]) == 1
