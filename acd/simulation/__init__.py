"""The staffing simulator: a virtual clock drives the real rules of `acd.rules`; pure, its shell is `acd.__main__`."""
