"""Public numbers and what belongs to their lines: greeting, menu, queue, hours, statistics."""
