"""Calls that the hotline makes: their direction, what they are about, and what came of them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Every call so far came in."""
    op.add_column("calls", sa.Column("direction", sa.Text(), server_default="inbound", nullable=False))
    op.add_column("calls", sa.Column("about_case", sa.Text(), nullable=True))
    op.add_column("calls", sa.Column("about_call", sa.Text(), nullable=True))
    op.add_column("calls", sa.Column("return_call_id", sa.BigInteger(), nullable=True))
    op.create_table(
        "callback_results",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=True),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("result IN ('reached', 'not_reached')", name="ck_callback_results_result"),
        sa.PrimaryKeyConstraint("call_id", name="pk_callback_results"),
    )
    op.create_index("ix_callback_results_case_no", "callback_results", ["case_no"], unique=False)
