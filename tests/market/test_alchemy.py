"""Alchemy's answers: text prices in a list of items by network and address."""

from typing import Any

import pytest

from app.market.alchemy import Alchemy
from app.market.source import Fault, Garbled
from tests.market import answers as a

SOURCE = Alchemy(a.KEY)
PRICE = ("data", 0, "prices", 0)


def test_prices_are_read_with_their_time() -> None:
    readings = SOURCE.parse(a.ALCHEMY, SOURCE.plan([a.WETH, a.LINK])[0], a.AT).readings
    assert [(str(r.price), r.as_of, r.source) for r in readings] == [
        ("2087.8412345678", a.STATED, "alchemy"),
        ("14.2512", a.STATED, "alchemy"),
    ]


def test_the_call_posts_networks_and_lower_case_addresses() -> None:
    (call,) = SOURCE.plan([a.WETH])
    assert call.body == {"addresses": [{"network": "base-mainnet", "address": a.WETH.address.lower()}]}


def test_the_key_is_in_the_path_alone() -> None:
    (call,) = SOURCE.plan([a.WETH])
    assert call.path == "/k3y%2Fwith%3Fodd%23signs/tokens/by-address"
    assert call.label == "/tokens/by-address"
    assert a.KEY not in repr(SOURCE) + repr(SOURCE.card)


@pytest.mark.parametrize("bad", a.BAD_TEXTS)
def test_a_bad_price_is_rejected_and_the_others_stay(bad: Any) -> None:
    assert a.only_link_stands(SOURCE, a.changed(a.ALCHEMY, *PRICE, "value", to=bad))


@pytest.mark.parametrize("bad", [1779092258, "2026-05-28", "2026-05-28T04:04:11", "soon", {}])
def test_a_price_with_a_bad_time_is_rejected(bad: Any) -> None:
    assert a.only_link_stands(SOURCE, a.changed(a.ALCHEMY, *PRICE, "lastUpdatedAt", to=bad))


@pytest.mark.parametrize("bad", ["x", {}, [1], [None], [{"currency": 5, "value": "1"}]])
def test_prices_of_a_wrong_shape_are_rejected(bad: Any) -> None:
    assert a.only_link_stands(SOURCE, a.changed(a.ALCHEMY, "data", 0, "prices", to=bad))


@pytest.mark.parametrize("error", ["Token not found", {"message": "Token not found: x"}, None])
def test_an_item_without_prices_is_an_unknown_token(error: Any) -> None:
    payload = a.changed(a.changed(a.ALCHEMY, "data", 0, "prices", to=[]), "data", 0, "error", to=error)
    assert a.only_link_is_known(SOURCE, payload)


def test_null_and_missing_are_no_reading() -> None:
    assert a.only_link_is_known(SOURCE, a.changed(a.ALCHEMY, *PRICE, "value", to=None))
    assert a.only_link_is_known(SOURCE, a.without(a.ALCHEMY, *PRICE, "value"))
    assert a.only_link_is_known(SOURCE, a.without(a.ALCHEMY, "data", 0, "prices"))
    assert a.only_link_is_known(SOURCE, a.without(a.ALCHEMY, "data", 0))


@pytest.mark.parametrize("item", [None, "x", {}, {"network": 1, "address": 2}, []])
def test_an_item_that_names_no_token_is_passed_over(item: Any) -> None:
    assert a.only_link_is_known(SOURCE, a.changed(a.ALCHEMY, "data", 0, to=item))


def test_an_address_on_another_network_is_another_token() -> None:
    assert a.only_link_is_known(SOURCE, a.changed(a.ALCHEMY, "data", 0, "network", to="opt-mainnet"))


def test_case_of_address_and_currency_and_extra_keys_do_not_matter() -> None:
    payload = a.changed(a.ALCHEMY, "data", 0, "address", to=a.WETH.address.lower())
    payload = a.changed(a.changed(payload, *PRICE, "currency", to="USD"), "extra", to=1)
    assert a.prices(SOURCE, payload) == a.prices(SOURCE, a.ALCHEMY)


def test_only_dollars_count() -> None:
    assert a.only_link_is_known(SOURCE, a.changed(a.ALCHEMY, *PRICE, "currency", to="eur"))


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        ({"error": {"message": "Your app has exceeded its requests per hour."}}, Fault.RATE_LIMITED),
        ({"error": {"code": 429, "message": "no"}}, Fault.RATE_LIMITED),
        ({"error": {"message": "Must be authenticated!"}}, Fault.REFUSED),
        ({"data": None}, Fault.GARBLED),
        ({}, Fault.GARBLED),
        ([], Fault.GARBLED),
        (None, Fault.GARBLED),
    ],
)
def test_an_error_inside_an_answer_raises(payload: Any, fault: Fault) -> None:
    with pytest.raises(Garbled) as caught:
        SOURCE.parse(payload, a.CASES[1].call, a.AT)
    assert caught.value.fault is fault
