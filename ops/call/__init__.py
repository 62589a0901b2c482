"""Places real calls through a running system: citizens, agents' phones and agents' screens.

Nothing of the product imports this package; it uses only what a citizen, a phone or a browser could use too.
"""
