"""`make bench`: the engine beside Asterisk's own queue, dialplan and process AGI, in one run, the order alternating."""
