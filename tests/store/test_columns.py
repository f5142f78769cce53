"""Exact numbers and moments, at the edge of the database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from app.domain.money import NotANumber
from app.store.columns import Exact, Moment, NotInSql
from app.store.tables import BARS

SQLITE = sqlite.dialect()
POSTGRESQL = postgresql.dialect()


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1e30"), max_value=Decimal("1e30")))
def test_any_finite_decimal_comes_back_equal(number: Decimal) -> None:
    for dialect in (SQLITE, POSTGRESQL):
        stored = Exact().process_bind_param(number, dialect)
        assert Exact().process_result_value(stored, dialect) == number


def test_equal_numbers_are_stored_as_equal_text() -> None:
    spellings = [Decimal("1.10"), Decimal("1.1"), Decimal("11e-1"), Decimal("1.1000")]
    assert {Exact().process_bind_param(number, SQLITE) for number in spellings} == {"1.1"}


@pytest.mark.parametrize("value", [0.1, True, Decimal("NaN"), Decimal("Infinity")])
def test_what_is_not_exact_is_not_stored(value: Any) -> None:
    with pytest.raises(NotANumber):
        Exact().process_bind_param(value, SQLITE)


@pytest.mark.parametrize(
    "ask",
    [
        lambda column: column < Decimal(1),
        lambda column: column >= Decimal(1),
        lambda column: column + 1,
        lambda column: column * column,
        lambda column: column.desc(),
        lambda column: column.between(1, 2),
    ],
)
def test_sql_neither_reckons_with_exact_numbers_nor_sorts_them(ask: Callable[[Any], Any]) -> None:
    with pytest.raises(NotInSql):
        ask(BARS.c.close)


def test_sql_may_compare_exact_numbers_for_equality() -> None:
    assert "bars.close = " in str((BARS.c.close == Decimal(1)).compile(dialect=SQLITE))
    assert "IS NOT NULL" in str(BARS.c.close.is_not(None).compile(dialect=SQLITE))


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_times_are_stored_in_their_order_to_the_millisecond(one: datetime, other: datetime) -> None:
    stored = [Moment().process_bind_param(at, SQLITE) for at in (one, other)]
    read = [Moment().process_result_value(value, SQLITE) for value in stored]
    wanted = [at.replace(microsecond=at.microsecond // 1000 * 1000) for at in (one, other)]
    assert read == wanted
    assert (stored[0] < stored[1]) == (wanted[0] < wanted[1])
    assert [Moment().process_bind_param(at, POSTGRESQL) for at in (one, other)] == wanted


def test_a_time_of_another_zone_is_stored_as_utc() -> None:
    at = datetime(2026, 11, 22, 14, tzinfo=timezone(timedelta(hours=2)))
    read = Moment().process_result_value(Moment().process_bind_param(at, SQLITE), SQLITE)
    assert read == at
    assert read is not None
    assert read.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_not_stored() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        Moment().process_bind_param(datetime(2026, 11, 22), SQLITE)  # noqa: DTZ001 - the mistake in question


def test_nothing_stays_nothing() -> None:
    for dialect in (SQLITE, POSTGRESQL):
        for column in (Exact(), Moment()):
            assert column.process_bind_param(None, dialect) is None
            assert column.process_result_value(None, dialect) is None
