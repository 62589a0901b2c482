"""Calls: their history, recordings, drafts and outcomes."""
