"""Acts in the hall in the audit trail, each once."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the key of an entry that may be handed in twice."""
    op.add_column("audit", sa.Column("origin", sa.Text(), nullable=True))
    op.create_unique_constraint("uq_audit_origin", "audit", ["origin"])
