"""Queues: what citizens wait in."""
