"""Sessions and their accounts, the ledger, orders, trades, closed positions and equity."""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"


def exact() -> sa.types.TypeEngine[object]:
    """A decimal, equal to the digit."""
    return sa.Text().with_variant(sa.Numeric(), "postgresql")


def moment() -> sa.types.TypeEngine[object]:
    """A time, to the millisecond."""
    return sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("market", sa.String(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("starting_balance", exact(), nullable=False),
        sa.Column("started_at", moment(), nullable=False),
        sa.Column("ended_at", moment(), nullable=True),
        sa.Column("settings", sa.String(), nullable=False),
        sa.Column("hold", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("seq", name="uq_sessions_seq"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("ended_at", moment(), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_accounts_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
    )
    op.create_index("ix_accounts_session_id", "accounts", ["session_id"])
    op.create_table(
        "entries",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("postings", sa.String(), nullable=False),
        sa.Column("fee_usd", exact(), nullable=False),
        sa.Column("impact_usd", exact(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "number", name="pk_entries"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "orders",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("shown_address", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("coingecko_id", sa.String(), nullable=True),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("size_unit", sa.String(), nullable=False),
        sa.Column("size_amount", exact(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("limit_price", exact(), nullable=True),
        sa.Column("stop_price", exact(), nullable=True),
        sa.Column("trail_pct", exact(), nullable=True),
        sa.Column("slippage_bps", exact(), nullable=False),
        sa.Column("expires_at", moment(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("gets_out", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("trade_id", sa.String(), nullable=True),
        sa.Column("oco_id", sa.String(), nullable=True),
        sa.Column("highest", exact(), nullable=True),
        sa.Column("ended_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_orders"),
        sa.UniqueConstraint("order_id", name="uq_orders_order_id"),
    )
    op.create_index("ix_orders_account_id_seq", "orders", ["account_id", "seq"])
    op.create_index("ix_orders_account_id_state", "orders", ["account_id", "state"])
    op.create_table(
        "trades",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("shown_address", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("coingecko_id", sa.String(), nullable=True),
        sa.Column("quantity", exact(), nullable=False),
        sa.Column("price", exact(), nullable=False),
        sa.Column("mid_price", exact(), nullable=False),
        sa.Column("value", exact(), nullable=False),
        sa.Column("gas_usd", exact(), nullable=False),
        sa.Column("fee_usd", exact(), nullable=False),
        sa.Column("impact_usd", exact(), nullable=False),
        sa.Column("slippage_bps", exact(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("quote_source", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("order_type", sa.String(), nullable=False),
        sa.Column("realized_pnl", exact(), nullable=True),
        sa.Column("pay", exact(), nullable=False),
        sa.Column("receive", exact(), nullable=False),
        sa.Column("rate", exact(), nullable=False),
        sa.Column("fill_error_bps", exact(), nullable=True),
        sa.Column("fill_error_30s_bps", exact(), nullable=True),
        sa.Column("decision_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "number", name="pk_trades"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_trades_account_id_address_number", "trades", ["account_id", "address", "number"])
    op.create_index("ix_trades_asked", "trades", ["account_id", "number", "at", "side", "status", "origin", "address"])
    op.create_table(
        "closed",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asset", sa.String(), nullable=False),
        sa.Column("bought", exact(), nullable=False),
        sa.Column("paid", exact(), nullable=False),
        sa.Column("realized", exact(), nullable=False),
        sa.Column("opened_at", moment(), nullable=False),
        sa.Column("closed_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "number", name="pk_closed"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "equity",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("equity", exact(), nullable=False),
        sa.Column("cash", exact(), nullable=False),
        sa.Column("hold", exact(), nullable=True),
        sa.Column("highest", exact(), nullable=True),
        sa.Column("deepest_pct", exact(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "at", name="pk_equity"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "flattens",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("orders", sa.String(), nullable=False),
        sa.Column("refusals", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name="pk_flattens"),
    )


def downgrade() -> None:
    op.drop_table("flattens")
    op.drop_table("equity")
    op.drop_table("closed")
    op.drop_table("trades")
    op.drop_table("orders")
    op.drop_table("entries")
    op.drop_table("accounts")
    op.drop_table("sessions")
