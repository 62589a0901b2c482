"""The rota, how many a queue needs at least, and the priority of an incident."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Create the tables of the rota; incidents that there are get no priority."""
    op.create_table(
        "shifts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('duty', 'leave')", name=op.f("ck_shifts_kind")),
        sa.CheckConstraint("ends > starts", name=op.f("ck_shifts_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_shifts_agent_id_agents"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index("ix_shifts_agent_id_starts", "shifts", ["agent_id", "starts"], unique=False)
    op.create_index("ix_shifts_starts_ends", "shifts", ["starts", "ends"], unique=False)
    op.create_table(
        "cover_minimums",
        sa.Column("queue_id", sa.Text(), nullable=False),
        sa.Column("agents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("agents BETWEEN 0 AND 1000", name=op.f("ck_cover_minimums_agents")),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queues.id"], name=op.f("fk_cover_minimums_queue_id_queues"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("queue_id", name=op.f("pk_cover_minimums")),
    )
    op.add_column("incidents", sa.Column("priority", sa.BigInteger(), server_default="0", nullable=False))
