"""Bars and their series, the watchlist, and what budgets have used."""

import sqlalchemy as sa

from alembic import op

revision = "0001"
down_revision = None


def exact() -> sa.types.TypeEngine[object]:
    """A decimal, equal to the digit."""
    return sa.Text().with_variant(sa.Numeric(), "postgresql")


def moment() -> sa.types.TypeEngine[object]:
    """A time, to the millisecond."""
    return sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("market", sa.String(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("market", "chain_id", "address", name="uq_series_market_chain_id_address"),
    )
    op.create_table(
        "bars",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("open", exact(), nullable=False),
        sa.Column("high", exact(), nullable=False),
        sa.Column("low", exact(), nullable=False),
        sa.Column("close", exact(), nullable=False),
        sa.Column("volume", exact(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name="fk_bars_series_id"),
        sa.PrimaryKeyConstraint("series_id", "interval", "at", name="pk_bars"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "watched",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("market", sa.String(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("shown_address", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("coingecko_id", sa.String(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tradable", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("liquidity_usd", exact(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "market", "chain_id", "address", name="pk_watched"),
    )
    op.create_table(
        "spending",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("recent", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "month", name="pk_spending"),
    )


def downgrade() -> None:
    op.drop_table("spending")
    op.drop_table("watched")
    op.drop_table("bars")
    op.drop_table("series")
