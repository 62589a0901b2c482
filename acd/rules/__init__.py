"""Pure rules of the call distribution: no I/O, no clock; `now` is always an argument."""
