"""No secret that a desk is given is found again in anything that it shows, writes, answers or hands out."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.browser.server import DRYDOCK, clean_environment
from tests.double import dead_port
from tests.ui.sockets import PlainDesk, sign_in, socket

# What is looked for is a part of each that no quoting changes.
MARKS = {name: f"{name}0f7c41" for name in ("password", "token", "gecko", "alchemy", "path", "query", "user", "hook")}
PAGES = ("/", "/trades", "/sessions", "/levels", "/decisions", "/feed", "/log", "/nothing")
HYDRATE = "reflex___state____state.hydrate_and_load"
WRONG = ("/api/prices/NOPE", "/api/trades?limit=x", "/api/sessions/none/export", "/api/nothing", "/api/orders/none")


def settings(port: int) -> dict[str, str]:
    """Everything secret, and no provider that answers at the port: what fails is what talks."""
    gone = f"127.0.0.1:{port}"
    named = ("COINGECKO", "ALCHEMY", "DEFILLAMA", "DEXSCREENER", "GECKOTERMINAL", "COINBASE", "KRAKEN", "KYBERSWAP")
    return {
        **{f"DRYDOCK_{name}_URL": f"http://{gone}" for name in (*named, "VELORA")},
        "DRYDOCK_MARKET": "auto",
        "DRYDOCK_PASSWORD": f"/+ %{MARKS['password']}",
        "DRYDOCK_API_TOKEN": f"{MARKS['token']}=&",
        "DRYDOCK_COINGECKO_API_KEY": MARKS["gecko"],
        "DRYDOCK_ALCHEMY_API_KEY": f"{MARKS['alchemy']}/",
        "DRYDOCK_RPC_URL_8453": f"http://{gone}/v2/{MARKS['path']},http://{gone}/?key={MARKS['query']}",
        "DRYDOCK_RPC_URL_1": f"http://name:{MARKS['user']}@{gone}",
        "DRYDOCK_WEBHOOK_URL": f"http://{gone}/hook/{MARKS['hook']}",
    }


def leaked(text: str) -> list[str]:
    return [name for name, mark in MARKS.items() if mark in text]


@pytest.fixture(scope="module")
def given() -> Iterator[dict[str, str]]:
    with dead_port() as port:
        made = settings(port)
        assert leaked(json.dumps(made)) == [*MARKS]
        yield made


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, given: dict[str, str]) -> Iterator[PlainDesk]:
    running = PlainDesk(tmp_path_factory.mktemp("secrets"), given)
    with running:
        yield running.until_said("[SESSION] id=")


@pytest.fixture(scope="module")
def client(desk: PlainDesk, given: dict[str, str]) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {given['DRYDOCK_API_TOKEN']}"}
    with httpx.Client(base_url=desk.url, headers=headers, timeout=30) as opened:
        yield opened


def test_no_page_is_told_a_secret(desk: PlainDesk, given: dict[str, str]) -> None:
    cookie = sign_in(desk.url, given["DRYDOCK_PASSWORD"])
    with socket(desk.url, cookie) as tab:
        tab.greet()
        for path in PAGES:
            tab.emit(HYDRATE, {"vars": {}, "hashes": []}, router_data={"pathname": path, "asPath": path})
            tab.until_told("is_hydrated")
            assert tab.answers()
        told = "\n".join(tab.frames)
    assert "health_rx_state_" in told
    assert leaked(told) == []
    assert cookie.partition("=")[2] not in told
    for path in PAGES:
        assert leaked(httpx.get(desk.url + path, headers={"cookie": cookie}).text) == []
    refused = httpx.post(f"{desk.url}/sign-in", data={"password": f"{given['DRYDOCK_PASSWORD']} "})
    assert (refused.status_code, leaked(refused.text)) == (401, [])


def test_no_answer_of_the_api_tells_a_secret(client: httpx.Client) -> None:
    known = client.get("/api/openapi.json")
    paths = [path for path, ways in known.json()["paths"].items() if "get" in ways and not path.endswith("/stream")]
    asked = [path.replace("{symbol}", "WETH").replace("{session_id}", "s1") for path in paths]
    assert {"/api/prices", "/api/health", "/api/sources"} <= set(asked)
    answers = [known, *(client.get(path) for path in (*asked, *WRONG, "/metrics", "/api/docs"))]
    assert [answer.url.path for answer in answers if answer.status_code >= 500 and answer.status_code != 503] == []
    assert sum(answer.status_code == 200 for answer in answers) > 10
    assert leaked(json.dumps([[answer.text, *answer.headers.multi_items()] for answer in answers])) == []
    with httpx.Client(base_url=client.base_url) as stranger:
        refused = stranger.get("/api/prices", headers={"authorization": "Bearer wrong"})
    assert (refused.status_code, leaked(refused.text + str(refused.headers))) == (401, [])


def test_no_command_prints_or_writes_a_secret(desk: PlainDesk, given: dict[str, str], tmp_path: Path) -> None:
    environment = clean_environment(given | {"DRYDOCK_DATA_DIR": str(desk.data)})

    def printed(*words: str) -> str:
        done = subprocess.run([DRYDOCK, *words], cwd=tmp_path, env=environment, capture_output=True, timeout=120)
        return (done.stdout + done.stderr).decode()

    with ThreadPoolExecutor(2) as pool:
        session, doctor = pool.map(lambda words: printed(*words), [("export", "session"), ("doctor",)])
    assert '"session"' in session
    assert len(doctor.splitlines()) > 3
    assert leaked(session + doctor) == []


def test_no_line_of_the_log_and_no_row_of_the_database_holds_a_secret(desk: PlainDesk) -> None:
    files = [path for path in desk.data.rglob("*") if path.is_file()]
    assert {"drydock.log", "drydock.db"} <= {path.name for path in files}
    assert leaked(desk.said) == []
    assert [path.name for path in files if leaked(path.read_bytes().decode("latin-1"))] == []
