"""Sounds that menus, lines and incidents play: uploaded, spoken, approved by a second person, heard in the browser."""
