"""Counties: their trunks, seats that are ordinary telephones, and which county a call belongs to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Counties that are named already get a row; every seat begins as a phone, and calls find their county again."""
    op.create_table(
        "counties",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("trunk_host", sa.Text(), nullable=True),
        sa.Column("trunk_port", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counties")),
    )
    op.execute(
        """
        INSERT INTO counties (id, name)
        SELECT named.id, coalesce(queues.name, named.id)
        FROM (SELECT county AS id FROM agents UNION SELECT rules->>'county' FROM queues UNION SELECT area FROM numbers)
             AS named
        LEFT JOIN queues ON queues.id = named.id
        WHERE coalesce(named.id, '') <> ''
        """
    )
    op.add_column("agents", sa.Column("seat", sa.Text(), server_default="phone", nullable=False))
    op.add_column("agents", sa.Column("phone_number", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_agents_seat"), "agents", "seat IN ('phone', 'line')")
    op.create_check_constraint(
        op.f("ck_agents_line"), "agents", "seat <> 'line' OR (phone_number IS NOT NULL AND county IS NOT NULL)"
    )
    line = sa.text("seat = 'line'")
    op.create_index("uq_agents_line", "agents", ["county", "phone_number"], unique=True, postgresql_where=line)
    op.add_column("calls", sa.Column("county", sa.Text(), server_default="", nullable=False))
    op.execute(
        """
        UPDATE calls SET county = found.county
        FROM (
            SELECT call_id, coalesce(nullif(queues.rules->>'county', ''), numbers.area, '') AS county
            FROM calls LEFT JOIN queues ON queues.id = calls.queue LEFT JOIN numbers ON numbers.number = calls.dialled
        ) AS found
        WHERE found.call_id = calls.call_id AND found.county <> ''
        """
    )
    op.create_index("ix_calls_county_started_at", "calls", ["county", sa.text("started_at DESC")])
