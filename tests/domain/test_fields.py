"""Text from outside as one field of a log line: bare where it is one plain word, else between quotes."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.fields import as_field


@pytest.mark.parametrize(
    "text", ["WETH", "USDC.e", "bot-d12", "0x4200000000000000000000000000000000000006", "::1", "柴犬", "-"]
)
def test_one_plain_word_stands_bare(text: str) -> None:
    assert as_field(text) == text


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "''"),
        ("PEPE id=d1", "'PEPE id=d1'"),
        ("a=b", "'a=b'"),
        ("it's", '"it\'s"'),
        ("a\n[TRADE] id=s1", r"'a\n[TRADE] id=s1'"),
        ("WETH\n", r"'WETH\n'"),
        ("\x1b[31m\u202e", r"'\x1b[31m\u202e'"),
        ("$WIF", "'$WIF'"),
    ],
)
def test_whatever_else_stands_between_quotes(text: str, field: str) -> None:
    assert as_field(text) == field


@given(st.text())
def test_a_field_is_printable_and_says_the_text_and_nothing_else(text: str) -> None:
    field = as_field(text)
    assert field.isprintable()
    assert field == text or ast.literal_eval(field) == text
