"""Menus that a city edits: versions and publications, lines, sounds, incidents, ratings, the audit trail."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Build the tables of menus and of what they lean on; the menus so far become versions and publications."""
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_subject_at", "audit", ["subject", "at"], unique=False)
    op.create_table(
        "holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('holiday', 'workday')", name="ck_holidays_kind"),
        sa.PrimaryKeyConstraint("day", name="pk_holidays"),
    )
    op.create_table(
        "look_up_failures",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_look_up_failures"),
    )
    op.create_index("ix_look_up_failures_last_at", "look_up_failures", ["last_at"], unique=False)
    op.create_table(
        "menu_versions",
        sa.Column("menu", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tree", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'submitted', 'approved')", name="ck_menu_versions_state"),
        sa.PrimaryKeyConstraint("menu", "version", name="pk_menu_versions"),
    )
    op.create_table(
        "sounds",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="zh", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("loudness_db", sa.Float(), nullable=True),
        sa.Column("original_name", sa.Text(), nullable=True),
        sa.Column("original_format", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("source IN ('built_in', 'upload', 'speech')", name="ck_sounds_source"),
        sa.CheckConstraint("state IN ('new', 'approved', 'rejected')", name="ck_sounds_state"),
        sa.PrimaryKeyConstraint("name", name="pk_sounds"),
    )
    op.create_table(
        "transfer_targets",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("test_result", sa.Text(), nullable=True),
        sa.Column("tested_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('emergency', 'sub_centre', 'unit')", name="ck_transfer_targets_kind"),
        sa.PrimaryKeyConstraint("number", name="pk_transfer_targets"),
    )
    op.create_table(
        "trial_codes",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("menu", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tree", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name="pk_trial_codes"),
    )
    op.create_table(
        "menu_publications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("menu", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["menu", "version"],
            ["menu_versions.menu", "menu_versions.version"],
            name="fk_menu_publications_menu_version_menu_versions",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_menu_publications"),
    )
    op.create_index(
        "ix_menu_publications_menu_effective_at", "menu_publications", ["menu", "effective_at"], unique=False
    )
    op.create_table(
        "menu_visits",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("visit_no", sa.Integer(), nullable=False),
        sa.Column("menu", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("entered_ms", sa.Integer(), nullable=False),
        sa.Column("spent_ms", sa.Integer(), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_menu_visits_call_id_calls"),
        sa.PrimaryKeyConstraint("call_id", "visit_no", name="pk_menu_visits"),
    )
    op.create_index("ix_menu_visits_menu_version", "menu_visits", ["menu", "version"], unique=False)
    op.create_table(
        "ratings",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason IN ('pressed', 'silent', 'hung_up')", name="ck_ratings_reason"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_ratings_call_id_calls"),
        sa.PrimaryKeyConstraint("call_id", name="pk_ratings"),
    )
    op.create_index("ix_ratings_agent_id", "ratings", ["agent_id"], unique=False)
    op.create_table(
        "incidents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sounds", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("numbers", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("areas", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("switched_on_by", sa.Text(), nullable=False),
        sa.Column("switched_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("switched_off_by", sa.Text(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name="ck_incidents_ends_after_start"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_incidents_case_id_cases"),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index("ix_incidents_ends_at", "incidents", ["ends_at"], unique=False)
    op.create_table(
        "incident_callers",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_incident_callers_call_id_calls"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_incident_callers_incident_id_incidents"),
        sa.PrimaryKeyConstraint("incident_id", "call_id", name="pk_incident_callers"),
    )
    op.create_index("ix_incident_callers_call_id", "incident_callers", ["call_id"], unique=False)
    op.execute(
        "INSERT INTO menu_versions (menu, version, tree, state, created_at, changed_at, approved_at) "
        "SELECT name, version, tree, CASE WHEN published_at IS NULL THEN 'draft' ELSE 'approved' END, "
        "created_at, created_at, published_at FROM menus"
    )
    op.execute(
        "INSERT INTO menu_publications (menu, version, effective_at, decided_at) "
        "SELECT name, version, published_at, published_at FROM menus WHERE published_at IS NOT NULL ORDER BY version"
    )
    op.drop_table("menus")
    op.add_column("calls", sa.Column("menu_end", sa.Text(), nullable=True))
    op.add_column("calls", sa.Column("menu_node", sa.Text(), nullable=True))
    op.add_column("calls", sa.Column("menu_ms", sa.BigInteger(), nullable=True))
    op.add_column("calls", sa.Column("skill", sa.Text(), nullable=True))
    op.add_column("calls", sa.Column("transferred_to", sa.Text(), nullable=True))
    op.add_column(
        "cases",
        sa.Column(
            "query_code",
            sa.Text(),
            server_default=sa.text("lpad((floor(random() * 1000000))::bigint::text, 6, '0')"),
            nullable=False,
        ),
    )
    op.alter_column("cases", "call_id", existing_type=sa.TEXT(), nullable=True)
    op.add_column("numbers", sa.Column("area", sa.Text(), server_default="", nullable=False))
    op.add_column("numbers", sa.Column("greeting", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column("numbers", sa.Column("hours", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column("return_calls", sa.Column("incident_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_return_calls_incident_id_incidents", "return_calls", "incidents", ["incident_id"], ["id"])
