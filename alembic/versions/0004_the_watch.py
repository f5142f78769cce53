"""Alerts, and who is signed in."""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"


def moment() -> sa.types.TypeEngine[object]:
    """A time, to the millisecond."""
    return sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("recovery", sa.String(), nullable=False),
        sa.Column("raised_at", moment(), nullable=False),
        sa.Column("recovered_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_alerts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_standing", "alerts", ["recovered_at"])
    op.create_table(
        "sign_ins",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("password_digest", sa.String(), nullable=False),
        sa.Column("since", moment(), nullable=False),
        sa.Column("until", moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sign_ins"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("sign_ins")
    op.drop_table("alerts")
