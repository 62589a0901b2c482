"""How citizens rated their talks."""
