"""Menus as values: trees, their checks, and the interpreter that walks a call through them; nothing here does I/O."""
