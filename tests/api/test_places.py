"""A place in the stream goes into an event's id and comes back out of it, and out of nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.places import Place, place_in

numbers = st.integers(0, 10**9 - 1)


@given(st.sampled_from(["0123abcd", "ffffffff", "00000000"]), numbers, numbers, numbers, numbers, numbers)
def test_an_id_says_the_place_that_it_was_made_of(
    boot: str, seq: int, session: int, trade: int, decision: int, newest: int
) -> None:
    place = Place(boot, seq, session, trade, decision, newest)
    assert place_in(str(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "0123abcd-1-s1-1-1", "0123ABCD-1-s1-1-1-1", "0123abcd-1-1-1-1-1"),
        *("0123abcd-1-s1-1-1-1\n", "0123abcd--1-s1-1-1-1"),
    ],
)
def test_what_is_no_id_says_no_place(text: str) -> None:
    assert place_in(text) is None


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    found = place_in(text)
    assert found is None or place_in(str(found)) == found
