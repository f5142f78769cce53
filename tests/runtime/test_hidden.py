"""What of an address is a secret: keys in its path, logins, queries; not where it is."""

from pathlib import Path

import pytest

from app.runtime import hidden
from tests.runtime.desk import settings_of

KEY = "0f7c41a0f7c41a0f7c41"


@pytest.mark.parametrize(
    "url",
    [
        *("", "http://a.example", "https://a.example/api/v3", "https://a.example/simple-price-history/current"),
        *("http://127.0.0.1:8000/", "https://api.a.example/defi/token-prices"),
    ],
)
def test_where_a_provider_is_is_no_secret(url: str) -> None:
    assert list(hidden.of_url(url)) == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://a.example/v2/{KEY}", KEY),
        (f"https://a.example/v2/{KEY}/more", f"/v2/{KEY}/x"),
        (f"https://me:{KEY}@a.example", f"password {KEY}"),
        (f"https://{KEY}@a.example", f"user {KEY}"),
        ("https://me:pw@a.example", "https://me:pw@a.example/prices"),
        ("https://me:one%2Ftwo%2Fthree@a.example", "one/two/three"),
        (f"https://a.example/?x=1&key={KEY}%3D", f"{KEY}="),
        ("https://a.example/?k=v", "https://a.example/?k=v"),
        (f"https://[{KEY}", f"https://[{KEY}"),
    ],
)
def test_what_lets_in_at_a_provider_is_secret_however_it_is_spelled(tmp_path: Path, url: str, shown: str) -> None:
    found = [*hidden.of_url(url)]
    for secret in found:
        shown = shown.replace(secret, "***")
    assert "***" in shown
    assert KEY not in shown
    # No part of it is so short that it would stand in other words.
    assert all(len(secret) >= 8 or secret.endswith("@") or secret.startswith("?") for secret in found)


@pytest.mark.parametrize(
    "url",
    [
        *("postgresql://me:p%2Fw-1@db/desk", "postgresql://db/desk?user=me&password=p%2Fw-1&sslmode=require"),
        *("redis://:p%2Fw-1@cache", "postgresql://db/desk?sslpassword=p%2Fw-1"),
    ],
)
def test_the_password_of_a_database_is_secret_as_it_is_spelled_and_as_it_is_meant(url: str) -> None:
    assert {*hidden.of_database(url)} == {"p%2Fw-1", "p/w-1"}


def test_the_settings_know_and_do_not_show_what_their_addresses_hide(tmp_path: Path) -> None:
    for name in ("coingecko", "kraken", "velora", "webhook"):
        settings = settings_of(tmp_path, **{f"{name}_url": f"https://a.example/v2/{KEY}"})
        assert KEY in settings.secrets
        assert KEY not in repr(settings) + str(settings)
    database = settings_of(tmp_path, database_url="postgresql://[me:one-two@db", redis_url="redis://:p%2Fw@cache")
    assert {"postgresql://[me:one-two@db", "p/w"} <= {*database.secrets}
