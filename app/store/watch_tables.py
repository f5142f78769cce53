"""The tables of who keeps watch: alerts, and who is signed in.

Whoever compares tables takes METADATA from here: it then knows those of all four modules.
"""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from app.store.bot_tables import METADATA
from app.store.columns import Moment
from app.store.tables import Row


class AlertRow(Row, table=True):
    """As the domain's Alert; the newest have the highest `seq`."""

    # SQLModel declares the name as text and as a function; text is what its own manual uses.
    __tablename__ = "alerts"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = (Index("ix_alerts_standing", "recovered_at"), {"sqlite_autoincrement": True})

    seq: int | None = Field(default=None, primary_key=True)
    session_id: str
    kind: str
    about: str
    sentence: str
    recovery: str
    raised_at: datetime = Field(sa_type=Moment)
    recovered_at: datetime | None = Field(default=None, sa_type=Moment)


class SignInRow(Row, table=True):
    """A browser that is signed in: `digest` is the SHA-256 of what its cookie holds, in hex, so that nobody who reads
    this can sign in."""

    __tablename__ = "sign_ins"  # pyright: ignore[reportIncompatibleVariableOverride, reportAssignmentType]
    __table_args__ = ({"sqlite_with_rowid": False},)

    digest: str = Field(primary_key=True)
    # Of the password that it was made with: whoever changes that signs everybody out.
    password_digest: str
    since: datetime = Field(sa_type=Moment)
    until: datetime = Field(sa_type=Moment)


ALERTS = METADATA.tables["alerts"]
SIGN_INS = METADATA.tables["sign_ins"]
