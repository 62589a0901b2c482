"""Wires 3 and 4: the link to the voice process and the agents' screens."""
