"""Rules of distribution: what queues ask for, what agents can do, the priority of a line."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns; everybody and everything begins without rules, and calls go as they went before."""
    op.add_column("queues", sa.Column("rules", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column("agents", sa.Column("skills", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column("agents", sa.Column("handicaps", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column("agents", sa.Column("county", sa.Text(), nullable=True))
    op.add_column("numbers", sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
