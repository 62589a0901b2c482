"""The voice process: FastAGI sessions, the link to web processes, delivery, and the last-resort script.

Not here: who talks to whom (`acd`), what a menu does (`ivr`), any table.
"""
