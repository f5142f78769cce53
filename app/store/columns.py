"""Columns that keep what they are given: exact decimals, and times that sort."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Numeric, Text
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.domain.money import decimal_of, plain

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_COMPARISONS = {
    operators.eq,
    operators.ne,
    operators.in_op,
    operators.not_in_op,
    operators.is_,
    operators.is_not,
}


class NotInSql(TypeError):
    """SQL was asked to reckon with or to sort exact numbers: on SQLite they are text."""


class Exact(TypeDecorator[Decimal]):
    """A finite Decimal, equal to the digit when it is read back.

    Text without an exponent on SQLite (one spelling for equal numbers, so equality holds in SQL), NUMERIC
    without bounds on PostgreSQL. SQL may compare it for equality and nothing else: anything more raises
    NotInSql. Binding a float, a NaN or an infinity raises NotANumber, which SQLAlchemy wraps in a StatementError.
    """

    impl = Text
    cache_ok = True

    # SQLAlchemy looks for a class of this name, where its own is a property.
    class comparator_factory(  # noqa: N801  # pyright: ignore[reportIncompatibleVariableOverride]
        TypeDecorator.Comparator[Decimal]
    ):
        def operate(self, op: operators.OperatorType, *other: Any, **kwargs: Any) -> Any:
            if op not in _COMPARISONS:
                raise NotInSql(f"{op.__name__} on an exact column; do it in Python")
            return super().operate(op, *other, **kwargs)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Numeric() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        number = decimal_of(value)
        return number if dialect.name == "postgresql" else plain(number)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, to the millisecond (finer parts are cut off); it sorts and compares in SQL.

    Integer milliseconds since 1970 on SQLite, TIMESTAMP WITH TIME ZONE on PostgreSQL. Binding a time without a
    zone raises ValueError, which SQLAlchemy wraps in a StatementError.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == "postgresql" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is not stored")
        millis = (value - _EPOCH) // _MILLISECOND
        return _EPOCH + millis * _MILLISECOND if dialect.name == "postgresql" else millis

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else _EPOCH + value * _MILLISECOND
