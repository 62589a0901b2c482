"""Alembic's folder; `db.migrate` runs it."""
