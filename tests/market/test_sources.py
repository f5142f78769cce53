"""Which sources are built, in what order, and what all of them have in common."""

import pytest

from app.domain.registry import REGISTRY, on_chain
from app.domain.tokens import Token
from app.market.budget import per_hour, per_minute, per_second
from app.market.rpc import PUBLIC_NODES
from app.market.source import HistorySource, PriceSource
from app.market.sources import NAMES, Keys, build
from tests.market.answers import KEY

KEYED = Keys("geck0", "demo", KEY)
MAINNETS = (1, 10, 137, 8453, 42161)


def names(sources: tuple[PriceSource, ...]) -> list[str]:
    return [source.card.name for source in sources]


def all_sources(chain_id: int = 8453) -> tuple[PriceSource, ...]:
    return build((), {}, KEYED, chain_id, ("https://node/secret",))


def fifty(chain_id: int) -> list[Token]:
    """Fifty tokens of one chain: the curated ones and as many unknown ones as it takes."""
    known = on_chain(chain_id)
    made = [Token(chain_id, f"0x{n:040x}", f"T{n}", f"Token {n}", 18) for n in range(1, 51 - len(known))]
    return [*known, *made]


def test_all_sources_come_in_lead_order() -> None:
    sources = all_sources()
    assert names(sources) == list(NAMES)
    assert [source.card.rank for source in sources] == list(range(8))


def test_a_selection_sets_order_and_rank() -> None:
    sources = build(("kraken", "defillama", "kraken"), {}, KEYED, 8453, ())
    assert [(source.card.name, source.card.rank) for source in sources] == [("kraken", 0), ("defillama", 1)]


def test_what_cannot_be_used_is_left_out() -> None:
    assert names(build((), {}, Keys(), 8453, ())) == [name for name in NAMES if name != "alchemy"]
    assert "chainlink" not in names(build((), {}, KEYED, 56, ()))
    assert build(("alchemy",), {}, Keys(), 8453, ()) == ()


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="'binance' is not a price source"):
        build(("binance",), {}, Keys(), 8453, ())


def test_base_urls_can_be_replaced_and_nodes_default_to_public_ones() -> None:
    urls = {name: f"http://127.0.0.1:9/{name}/" for name in NAMES}
    for source in build((), urls, KEYED, 1, ()):
        name = source.card.name
        expected = PUBLIC_NODES[1] if name == "chainlink" else (f"http://127.0.0.1:9/{name}",)
        assert source.card.base_urls == expected


def test_a_key_makes_coingecko_keyed_and_none_keyless() -> None:
    def allowances(keys: Keys) -> object:
        return build(("coingecko",), {}, keys, 1, ())[0].card.allowances

    assert allowances(Keys("", "pro")) == (per_minute(5),)
    assert allowances(Keys("k", "pro")) != allowances(Keys("k", "demo")) != allowances(Keys())


def test_groups_and_budgets_are_as_ruled() -> None:
    cards = {source.card.name: source.card for source in all_sources()}
    assert {name: card.group for name, card in cards.items()} == {
        "dexscreener": "dex",
        "geckoterminal": "dex",
        "coinbase": "coinbase",
        "kraken": "kraken",
        "alchemy": "alchemy",
        "coingecko": "coingecko",
        "defillama": "coingecko",
        "chainlink": "chainlink",
    }
    assert [name for name, card in cards.items() if not card.leads] == ["chainlink"]
    assert {name: card.allowances for name, card in cards.items() if name != "coingecko"} == {
        "dexscreener": (per_minute(300),),
        "geckoterminal": (per_minute(30),),
        "coinbase": (per_second(5), per_minute(300)),
        "kraken": (per_second(1), per_minute(60)),
        "alchemy": (per_hour(300),),
        "defillama": (per_minute(200),),
        "chainlink": (per_minute(30),),
    }
    assert {name: int(card.cached_for.total_seconds()) for name, card in cards.items() if card.cached_for} == {
        "geckoterminal": 60,
        "coingecko": 60,
        "defillama": 300,
    }


@pytest.mark.parametrize("chain_id", MAINNETS)
def test_fifty_tokens_cost_a_source_at_most_two_calls(chain_id: int) -> None:
    tokens = fifty(chain_id)
    assert len(tokens) == 50
    for source in all_sources(chain_id):
        calls = source.plan(tokens)
        assert {token for call in calls for token in call.tokens} == {token for token in tokens if source.covers(token)}
        assert calls
        assert len(calls) <= 2 or source.card.name == "coinbase"
        assert source.plan([]) == []


def test_tokens_of_two_chains_are_never_mixed_in_one_call_that_names_a_chain() -> None:
    tokens = [REGISTRY[key] for key in REGISTRY if key.chain_id in (1, 8453)]
    for source in all_sources():
        if source.card.name in ("dexscreener", "geckoterminal"):
            assert all(len({token.chain_id for token in call.tokens}) == 1 for call in source.plan(tokens))


def test_no_secret_is_in_a_label_or_a_repr() -> None:
    for source in all_sources():
        for call in source.plan(fifty(8453)):
            for one in (call, call.otherwise) if call.otherwise else (call,):
                assert not any(secret in one.label for secret in (KEY, "k3y", "geck0", "secret"))
        assert not any(secret in repr(source) for secret in (KEY, "k3y", "geck0", "secret"))
    assert KEY not in repr(KEYED)


def test_these_know_the_past() -> None:
    past = [source.card.name for source in all_sources() if isinstance(source, HistorySource)]
    assert past == ["geckoterminal", "coinbase", "kraken", "coingecko", "defillama"]
