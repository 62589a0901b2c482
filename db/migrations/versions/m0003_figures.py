"""Live figures: calls are found by the moment at which they asked for a person."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Index the moment at which a call asked for a person, as `db.tables.calls.ASKED_AT` tells it."""
    op.create_index(
        "ix_calls_asked_at",
        "calls",
        [sa.text("coalesce(queued_at, started_at, first_offered_at, answered_at, ended_at, seen_at)")],
        unique=False,
    )
