"""Guest sessions and their seats."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add both tables."""
    _create_guest_sessions()
    _create_guest_seats()


def _create_guest_sessions() -> None:
    op.create_table(
        "guest_sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("numbers", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("overflow_to", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('mayor', 'deputies', 'members')", name="ck_guest_sessions_kind"),
        sa.CheckConstraint("starts_at <= ends_at", name="ck_guest_sessions_time"),
        sa.ForeignKeyConstraint(["overflow_to"], ["queues.id"], name="fk_guest_sessions_overflow_to_queues"),
        sa.PrimaryKeyConstraint("id", name="pk_guest_sessions"),
    )
    op.create_index("ix_guest_sessions_ends_at", "guest_sessions", ["ends_at"])


def _create_guest_seats() -> None:
    op.create_table(
        "guest_seats",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["guest_sessions.id"], name="fk_guest_seats_session_id_guest_sessions"),
        sa.PrimaryKeyConstraint("id", name="pk_guest_seats"),
        sa.UniqueConstraint("session_id", "extension", name="uq_guest_seats_session_id_extension"),
    )
