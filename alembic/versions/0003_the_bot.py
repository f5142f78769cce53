"""The bot's orders, holdings and memory, and the log of its decisions."""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"

_INDEXES = (
    ("time", "at", "seq"),
    ("address", "address", "at", "seq", "verdict", "level", "first_failed"),
    ("verdict", "verdict", "at", "seq", "level", "first_failed"),
    ("level", "level", "at", "seq", "verdict", "first_failed"),
    ("failed", "first_failed", "at", "seq", "verdict", "level"),
)


def exact() -> sa.types.TypeEngine[object]:
    """A decimal, equal to the digit."""
    return sa.Text().with_variant(sa.Numeric(), "postgresql")


def moment() -> sa.types.TypeEngine[object]:
    """A time, to the millisecond."""
    return sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "bots",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("limits", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_bots_session_id"),
        sa.PrimaryKeyConstraint("session_id", name="pk_bots"),
    )
    op.create_table(
        "holdings",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("asset", sa.String(), nullable=False),
        sa.Column("quantity", exact(), nullable=False),
        sa.Column("cost", exact(), nullable=False),
        sa.Column("opened_at", moment(), nullable=False),
        sa.Column("stop", exact(), nullable=False),
        sa.Column("highest", exact(), nullable=False),
        sa.Column("rungs", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "asset", name="pk_holdings"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bot_memory",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("memory", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_bot_memory"),
    )
    op.create_table(
        "decisions",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("bar_at", moment(), nullable=True),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("chain_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("shown_address", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("coingecko_id", sa.String(), nullable=True),
        sa.Column("price", exact(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("age_s", sa.Float(), nullable=True),
        sa.Column("bot", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("first_failed", sa.String(), nullable=True),
        sa.Column("acted", sa.Boolean(), nullable=False),
        sa.Column("trade_id", sa.String(), nullable=True),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("verdicts", sa.String(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_decisions"),
        sqlite_autoincrement=True,
    )
    for name, *columns in _INDEXES:
        op.create_index(f"ix_decisions_{name}", "decisions", ["session_id", *columns])
    op.create_table(
        "decision_counts",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("first_failed", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "session_id", "day", "address", "level", "verdict", "first_failed", name="pk_decision_counts"
        ),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("decision_counts")
    op.drop_table("decisions")
    op.drop_table("bot_memory")
    op.drop_table("holdings")
    op.drop_table("bots")
