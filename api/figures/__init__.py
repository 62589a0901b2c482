"""Figures of the hall: who waits, how many were answered how soon, and the connect rate 接通率."""
