"""Sign-in: passwords, tokens, roles."""
