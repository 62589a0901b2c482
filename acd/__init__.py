"""Automatic call distribution: who talks to whom. Pure rules in `rules/`; the shells keep state, journal and AMI.

Not here: HTTP, AGI commands, database tables.
"""
