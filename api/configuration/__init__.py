"""Wire 2: what the voice process routes by."""
