"""Asterisk's side of the project: its installer, its configuration files and its prompts; nothing here runs a call."""
