"""The settings: parsed once, and refused with one sentence that names the variable."""

import re
from pathlib import Path

import pytest
from argon2 import PasswordHasher, Type

from app.runtime.settings import BadSetting, Settings, load, unknown

SECRETS = ("DRYDOCK_PASSWORD", "DRYDOCK_API_TOKEN", "DRYDOCK_COINGECKO_API_KEY", "DRYDOCK_ALCHEMY_API_KEY")


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as caught:
        load()
    return str(caught.value)


def test_without_any_setting_the_contract_s_defaults_hold() -> None:
    settings = load()
    assert (settings.host, settings.port, settings.market, settings.chain_id) == ("127.0.0.1", 8000, "auto", 8453)
    assert settings.refresh_seconds == 15
    assert settings.store_url.endswith("/.data/drydock.db")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DRYDOCK_PORT", "eighty"),
        ("DRYDOCK_PORT", "70000"),
        ("DRYDOCK_CHAIN_ID", "5"),
        ("DRYDOCK_MARKET", "moon"),
        ("DRYDOCK_MARKET", "replay:"),
        ("DRYDOCK_REPLAY_SPEED", "0"),
        ("DRYDOCK_REPLAY_SPEED", "NaN"),
        ("DRYDOCK_REPLAY_SPEED", "fast"),
        ("DRYDOCK_STARTING_BALANCE", "-1"),
        ("DRYDOCK_STARTING_BALANCE", "0.5"),
        ("DRYDOCK_STARTING_BALANCE", "1000000000001"),
        ("DRYDOCK_SOURCES", "coingecko,binance"),
        ("DRYDOCK_SOURCES", "kraken,kraken"),
        ("DRYDOCK_COINGECKO_URL", "not a url"),
        ("DRYDOCK_KRAKEN_URL", "file:///etc/passwd"),
        ("DRYDOCK_RPC_URL_8453", "http://good.example,ftp://bad.example"),
        ("DRYDOCK_REFRESH_SECONDS", "0"),
        ("DRYDOCK_LOG_FORMAT", "xml"),
        ("DRYDOCK_COINGECKO_PLAN", "gold"),
        ("DRYDOCK_HOST", "0.0.0.0"),
        ("DRYDOCK_SOURCES", "chainlink"),
        ("DRYDOCK_SOURCES", "alchemy,chainlink"),
        ("DRYDOCK_WATCHLIST", "WETH,NOSUCH"),
        ("DRYDOCK_PASSWORD", "demo"),
        ("DRYDOCK_PASSWORD", "sevenäö"),
        ("DRYDOCK_API_TOKEN", "tok"),
        ("DRYDOCK_PASSWORD", "$argon2id$nothing"),
        ("DRYDOCK_PASSWORD", "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ"),
        ("DRYDOCK_PASSWORD", "$argon2id$v=19$m=65536,t=3$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG"),
        ("DRYDOCK_PASSWORD", "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG "),
        ("DRYDOCK_PASSWORD", "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$Rdesc"),
        ("DRYDOCK_ALLOWED_ORIGINS", "example.com"),
        ("DRYDOCK_ALLOWED_ORIGINS", "https://example.com/path"),
        *((name, " token-token") for name in SECRETS),
        *((name, "token-token\t") for name in SECRETS),
        *((name, "token\ntoken") for name in SECRETS),
        *((name, "token\udcfftoken") for name in SECRETS),
        ("DRYDOCK_PASSWORD", "x" * 501),
        ("DRYDOCK_API_TOKEN", "x" * 501),
        ("DRYDOCK_COINGECKO_API_KEY", "tökentöken"),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    sentence = refusal(monkeypatch, **{name: value})
    assert sentence.startswith(f"{name}: ")
    assert not (name in SECRETS and value.strip() in sentence)
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", ["WEBHOOK_URL", "KRAKEN_URL", "VELORA_URL", "RPC_URL_8453", "ALLOWED_ORIGINS"])
@pytest.mark.parametrize(
    "url",
    [
        *("http://sesame:open-pw@", "https://sesame:open-pw@:443", "http://sesame:open-pw@host:port"),
        *("http://sesame:open-pw@[::1", "http://sesame:open-pw@exa\u2100mple", "http://sesame:open-pw@exa mple"),
        *("http://sesame:open-pw@host:99999", "http://sesame:open-pw@ho\x01st", "//sesame:open-pw@host"),
    ],
)
def test_an_address_that_names_no_host_is_refused_without_a_word_of_what_it_holds(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    sentence = refusal(monkeypatch, **{f"DRYDOCK_{name}": url})
    assert sentence.startswith(f"DRYDOCK_{name}: ")
    assert not any(word in sentence for word in ("sesame", "open-pw"))


def test_words_of_any_tongue_and_spaces_between_them_are_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRYDOCK_PASSWORD", "Öffne dich, Sesam 開け")
    password = load().password
    assert password is not None and password.get_secret_value() == "Öffne dich, Sesam 開け"


def test_another_host_than_loopback_needs_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRYDOCK_HOST", "0.0.0.0")
    monkeypatch.setenv("DRYDOCK_PASSWORD", "a long one")
    assert load().host == "0.0.0.0"


def test_lists_are_split_at_commas_and_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRYDOCK_SOURCES", "kraken, coingecko")
    monkeypatch.setenv("DRYDOCK_RPC_URL_8453", "http://a.example/,http://b.example")
    settings = load()
    assert settings.sources == ("kraken", "coingecko")
    assert settings.rpc_urls(8453) == ("http://a.example/", "http://b.example")


def test_the_aggregators_addresses_are_known_by_name_and_only_where_they_are_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DRYDOCK_KYBERSWAP_URL", "http://a.example/kyber/")
    monkeypatch.setenv("DRYDOCK_KRAKEN_URL", "http://b.example")
    assert load().aggregator_urls == {"kyberswap": "http://a.example/kyber"}
    monkeypatch.setenv("DRYDOCK_VELORA_URL", "nowhere")
    assert refusal(monkeypatch).startswith("DRYDOCK_VELORA_URL: ")


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRYDOCK_PORT", "9000")
    assert load(port=9001).port == 9001
    assert load(port=None).port == 9000


def test_no_secret_shows_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COINGECKO_API_KEY", "ALCHEMY_API_KEY", "PASSWORD", "API_TOKEN"):
        monkeypatch.setenv(f"DRYDOCK_{name}", "sesame-open")
    monkeypatch.setenv("DRYDOCK_RPC_URL_1", "https://node.example/v2/sesame-open")
    monkeypatch.setenv("DRYDOCK_DATABASE_URL", "postgresql+psycopg://me:sesame-open@db/desk")
    settings = load()
    assert "sesame" not in repr(settings) + str(settings) + repr(settings.keys)
    assert settings.keys.alchemy_key == "sesame-open"


def test_a_variable_that_is_no_setting_is_known_by_its_name_and_never_by_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unknown() == []
    for name in ("DRYDOCK_PORTT", "DRYDOCK_RPC_URL_5", "DRYDOCK_PORT", "DRYDOCK_RPC_URL_10", "OTHER_PORT"):
        monkeypatch.setenv(name, "1")
    lines = ("DRYDOCK_HOTS=sesame-open", "DRYDOCK_API_TOKEN:sesame-open", "DRYDOCK_HOST=localhost", "PORT=2")
    (tmp_path / ".env").write_text("\n".join(lines))
    assert unknown() == ["DRYDOCK_HOTS", "DRYDOCK_PORTT", "DRYDOCK_RPC_URL_5"]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1  # pyright: ignore[reportAttributeAccessIssue] # that is the point


def test_every_setting_that_the_documents_name_is_known() -> None:
    text = Path(__file__).resolve().parents[2].joinpath("docs", "settings.md").read_text()
    names = {name.lower() for name in re.findall(r"`DRYDOCK_([A-Z_0-9]+)`", text)}
    assert len(names) > 20
    assert names <= set(Settings.model_fields)


@pytest.mark.parametrize("kind", [Type.I, Type.D, Type.ID])
def test_a_password_may_be_given_as_any_hash_that_argon2_makes(monkeypatch: pytest.MonkeyPatch, kind: Type) -> None:
    for salt, length in ((8, 4), (16, 32), (17, 33)):
        made = PasswordHasher(1, 8, 1, hash_len=length, salt_len=salt, type=kind).hash("word")
        monkeypatch.setenv("DRYDOCK_PASSWORD", made)
        assert load().keys is not None
