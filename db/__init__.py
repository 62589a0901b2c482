"""The table edge: engines, sessions, tables, migrations and seeds; no rule of the hotline lives here."""
