"""The hall: what happens now, and what supervisors do about it."""
