"""Wire 1: call events become calls, cases and return calls, each exactly once."""
