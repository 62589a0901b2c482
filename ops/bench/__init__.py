"""`make bench`: the engine against Asterisk's own queue, dialplan and process AGI, in one run with the order alternated."""
