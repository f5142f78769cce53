"""Log lines: to the terminal and a file, as text or JSON, one line each, and never a secret in them."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from engineio import AsyncServer

from app.runtime.logbook import BOOK
from app.runtime.loglines import escaped
from app.runtime.logs import set_up
from tests.runtime.desk import settings_of

SECRETS = {
    "coingecko_api_key": "gecko-sesame",
    "alchemy_api_key": 'al/che%my "sesame"',
    "password": "päss-sesame",
    "api_token": "token-sesame",
}


@pytest.fixture(autouse=True)
def root() -> Iterator[logging.Logger]:
    """The root logger, left as it was found."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    names = ("httpx", "httpcore", "socketio", "engineio", "apscheduler", "uvicorn.access")
    levels = {name: logging.getLogger(name).level for name in names}
    yield root
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def lines(folder: Path) -> list[str]:
    return (folder / "drydock.log").read_text("utf-8").splitlines()


def fail(words: str) -> None:
    raise RuntimeError(words)


def test_a_line_is_written_as_it_was_logged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    set_up(settings_of(tmp_path))
    logging.getLogger("drydock.price").info("[PRICE] source=%s used=%d%%", "kraken", 5)
    (line,) = lines(tmp_path)
    assert line.endswith("INFO    [PRICE] source=kraken used=5%")
    assert capsys.readouterr().err.rstrip("\n") == line


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_in_any_line_whoever_wrote_it_and_however(
    tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(settings_of(tmp_path, log_format=form, **SECRETS))
    for name in ("drydock", "uvicorn.error", "anything"):
        log = logging.getLogger(name)
        for secret in SECRETS.values():
            log.warning("plain %s", secret)
            log.warning(f"in the text {secret} twice {secret}")
            log.warning("in a dict %s", {"key": secret})
            try:
                fail(f"https://node.example/v2/{secret}?x=1")
            except RuntimeError:
                log.exception("failed with %s", secret)
    written = "\n".join(lines(tmp_path)) + capsys.readouterr().err
    assert "sesame" not in written
    assert written.count("***") > 100


def test_in_json_every_line_is_one_object(tmp_path: Path) -> None:
    set_up(settings_of(tmp_path, log_format="json"))
    log = logging.getLogger("drydock")
    log.info('two\nlines and "quotes" and ünïcode and \x00')
    log.warning("100%% of %s", "it")
    try:
        fail("why")
    except RuntimeError:
        log.exception("[SESSION] market=%s why=%r", "demo", "it failed")
    objects = [json.loads(line) for line in lines(tmp_path)]
    always = {"at", "level", "tag", "message", "fields", "logger"}
    assert [set(entry) for entry in objects] == [always, always, always | {"trace"}]
    assert [entry["tag"] for entry in objects] == ["", "", "SESSION"]
    assert [entry["fields"] for entry in objects] == [{}, {}, {"market": "demo", "why": "it failed"}]
    assert objects[0]["message"] == 'two\nlines and "quotes" and ünïcode and \x00'
    assert [entry["level"] for entry in objects] == ["info", "warning", "error"]
    assert "RuntimeError: why" in objects[2]["trace"]
    assert objects[0]["at"].endswith("+00:00")


def test_a_line_that_fits_its_arguments_badly_harms_nobody_and_tells_no_secret(tmp_path: Path) -> None:
    set_up(settings_of(tmp_path, **SECRETS))
    # What pytest listens with would raise where real programs do not.
    log = logging.getLogger("drydock")
    log.propagate, own = False, [handler for handler in logging.getLogger().handlers if handler.filters]
    for handler in own:
        log.addHandler(handler)
    try:
        log.warning("%d of %s", "token-sesame")
        log.warning("%d", "token-sesame")
    finally:
        log.propagate = True
        for handler in own:
            log.removeHandler(handler)
    assert [line.partition("WARNING ")[2] for line in lines(tmp_path)] == ["%d of %s", "%d"]


def test_a_trace_is_in_the_text_too(tmp_path: Path) -> None:
    set_up(settings_of(tmp_path))
    try:
        fail("why")
    except RuntimeError:
        logging.getLogger("drydock").exception("[SESSION] it failed")
    assert lines(tmp_path)[0].endswith("[SESSION] it failed")
    assert lines(tmp_path)[1] == "    Traceback (most recent call last):"
    assert lines(tmp_path)[-1] == "    RuntimeError: why"


def test_a_line_of_the_text_is_one_line_and_says_its_time_in_utc(tmp_path: Path) -> None:
    set_up(settings_of(tmp_path))
    logging.getLogger("drydock").warning("[PRICE] source=%s", "a\nb\x1b[31m\u2028\u202ec")
    (line,) = lines(tmp_path)
    assert line.endswith(r"WARNING [PRICE] source=a\nb\x1b[31m\u2028\u202ec")
    assert escaped("\ud800") == r"\ud800"
    assert abs(datetime.fromisoformat(line[:24]) - datetime.now(UTC)) < timedelta(minutes=5)


def test_no_secret_is_in_the_logbook_however_it_is_spelled_or_one_within_another(tmp_path: Path) -> None:
    short, long, quoted = "sesame-1", "sesame-1-and-more", 'it\'s \\ a "päss" sesame-'
    set_up(settings_of(tmp_path, api_token=short, password=long, alchemy_api_key=quoted))
    book, before = BOOK, BOOK.newest
    for secret in (short, long, quoted):
        for words in ("key=%s", "key=%r", "key=%a", "key='%s'"):
            logging.getLogger("drydock").warning(f"[PRICE] {words}", secret)
            logging.getLogger("elsewhere").warning(words, secret)
    found = book.lines(after=before)
    assert len(found) == 24
    told = " ".join(f"{line.said} {line.fields}" for line in found) + "".join(lines(tmp_path))
    for word in ("sesame", "more", "päss", "p\\xe4ss"):
        assert word not in told


def test_what_prints_addresses_and_payloads_is_silent(tmp_path: Path) -> None:
    set_up(settings_of(tmp_path))
    for name in ("httpx", "httpcore", "socketio", "engineio", "apscheduler.scheduler", "uvicorn.access"):
        logging.getLogger(name).info("GET https://node.example/v2/a-key")
    logging.getLogger("drydock").debug("details")
    assert not (tmp_path / "drydock.log").exists()
    logging.getLogger("httpx").warning("loud")
    assert len(lines(tmp_path)) == 1


def test_a_log_file_is_turned_over_before_it_fills_the_disk(tmp_path: Path) -> None:
    set_up(settings_of(tmp_path))
    for _ in range(26):
        logging.getLogger("drydock").info("x" * 1_000_000)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["drydock.log", "drydock.log.1", "drydock.log.2", "drydock.log.3"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 21_000_000


@pytest.mark.parametrize("full", [False, True])
def test_a_file_that_cannot_be_written_is_said_once_and_costs_no_line_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], full: bool
) -> None:
    file, before = tmp_path / "drydock.log", BOOK.newest
    file.symlink_to("/dev/full") if full else file.mkdir()
    set_up(settings_of(tmp_path))
    for number in range(3):
        logging.getLogger("drydock").info("[PRICE] n=%d", number)
    said = [line.message for line in reversed(BOOK.lines(after=before))]
    why = "No space left on device" if full else "Is a directory"
    assert sorted(said) == ["log=unwritable why=" + repr(why), "n=0", "n=1", "n=2"]
    assert capsys.readouterr().err.count("\n") == 4


def test_a_file_that_can_be_written_again_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "drydock.log"
    file.mkdir()
    set_up(settings_of(tmp_path))
    logging.getLogger("drydock").info("[PRICE] n=1")
    file.rmdir()
    for number in (2, 3):
        logging.getLogger("drydock").info("[PRICE] n=%d", number)
    found = [line.partition("] ")[2] for line in lines(tmp_path)]
    assert found == ["n=2", "log=written_again", "n=3"]


def test_what_strangers_ask_the_server_of_sockets_is_not_said_but_what_it_fails_at_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(settings_of(tmp_path))
    AsyncServer(async_mode="asgi").logger.error("Invalid transport (further occurrences will be logged with INFO)")
    assert (capsys.readouterr().err, (tmp_path / "drydock.log").exists()) == ("", False)
    try:
        fail("why")
    except RuntimeError:
        logging.getLogger("engineio.server").exception("handler error")
    assert "handler error" in lines(tmp_path)[0]
